"""Graphs that are written in another way: nodes without names, constants as inputs, as nodes."""

from __future__ import annotations

import numpy as np
from onnx import numpy_helper

from models.graph import Graph


def unnamed_nodes():
    g = Graph("unnamed_nodes")
    g.input("x", [1, 3, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 3, 3, 3]), g.weight("b0", [4])], "c0", name="")
    g.node("Relu", "c0", "r0", name="")
    g.node("Flatten", "r0", "f", name="")
    g.node("MatMul", ["f", g.weight("m0", [64, 8])], "m", name="")
    g.node("MatMul", ["f", g.weight("m1", [64, 8])], "n", name="")
    g.node("Add", ["m", "n"], "s", name="")
    g.node("Gemm", ["s", g.weight("g0", [5, 8]), g.weight("h0", [5])], "y", name="", transB=1)
    g.output("y", [1, 5])
    return g.model()


def initializers_as_inputs():
    """IR 3 style: each initializer is a graph input too; opset 11 forms of the operators."""
    g = Graph("initializers_as_inputs", opset=11, ir_version=3)
    g.input("x", [1, 3, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 3, 3, 3]), g.weight("b0", [4])], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Split", "r0", ["s0", "s1"], axis=1, split=[2, 2])
    g.node("Concat", ["s1", "s0"], "cc", axis=1)
    g.node("Unsqueeze", "cc", "un", axes=[0])
    g.node("Squeeze", "un", "sq", axes=[0])
    g.node("Flatten", "sq", "f")
    g.node("MatMul", ["f", g.weight("m", [64, 5])], "mm")
    g.node("Softmax", "mm", "y", axis=1)
    g.output("y", [1, 5])
    return g.model(inputs_of_initializers=True)


def constant_nodes():
    """Weights that come from Constant nodes, as Paddle's exporter writes them."""
    g = Graph("constant_nodes")
    g.input("x", [1, 3, 6, 6])
    for name, shape in (("w0", [4, 3, 3, 3]), ("b0", [4]), ("m", [64, 5])):
        values = g.random.randn(*shape).astype(np.float32)
        g.node("Constant", [], name, value=numpy_helper.from_array(values, name))
    g.node("Conv", ["x", "w0", "b0"], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Flatten", "r0", "f")
    g.node("MatMul", ["f", "m"], "mm")
    g.node("Add", ["mm", g.weight("k", [5])], "y")
    g.output("y", [1, 5])
    return g.model()
