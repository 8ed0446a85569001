"""Weights, biases and activations that several nodes, or the graph's outputs, read."""

from __future__ import annotations

import numpy as np

from models.graph import I64, Graph


def gather():
    """Embedding look-up, a Gather of computed data, GatherElements of a constant table."""
    g = Graph("gather")
    g.input("ids", ["batch", 5], I64)
    g.node("Gather", [g.weight("table", [20, 8]), "ids"], "e")
    g.node("MatMul", ["e", g.weight("w", [8, 8])], "h")
    g.constant("last", np.array([4, 0], np.int64))
    g.node("Gather", ["h", "last"], "picked", axis=1)
    g.constant("which", np.array([[0, 1, 2], [2, 1, 0]], np.int64))
    g.node("GatherElements", [g.weight("grid", [3, 3]), "which"], "elements")
    g.output("picked", ["batch", 2, 8])
    g.output("elements", [2, 3])
    return g.model()


def shared_weights():
    """One weight in two MatMuls, one in two Convs, one bias in two Convs."""
    g = Graph("shared_weights")
    g.input("x", [1, 4, 8, 8])
    g.weight("w", [4, 4, 3, 3])
    g.weight("b", [4])
    g.node("Conv", ["x", "w", "b"], "c0", pads=[1] * 4)
    g.node("Relu", "c0", "r0")
    g.node("Conv", ["r0", "w", "b"], "c1", pads=[1] * 4)
    g.node("Conv", ["c1", g.weight("w2", [4, 4, 1, 1]), "b"], "c2")
    g.weight("m", [8, 8])
    g.node("MatMul", ["c2", "m"], "m0")
    g.node("MatMul", ["m0", "m"], "y")
    g.output("y", [1, 4, 8, 8])
    return g.model()


def tied_embedding():
    """The table of the look-up is, transposed, the last MatMul's weight."""
    g = Graph("tied_embedding")
    g.input("ids", ["batch", 6], I64)
    g.weight("table", [24, 8])
    g.node("Gather", ["table", "ids"], "e")
    g.node("MatMul", ["e", g.weight("w", [8, 8])], "h")
    g.node("Transpose", "table", "head", perm=[1, 0])
    g.node("MatMul", ["h", "head"], "logits")
    g.output("logits", ["batch", 6, 24])
    return g.model()


def shared_gemm_weight():
    """One square transB weight in two Gemms: ONNX Runtime transposes it once per Gemm."""
    g = Graph("shared_gemm_weight")
    g.input("x", [3, 6])
    g.weight("w", [6, 6])
    g.node("Gemm", ["x", "w", g.weight("c0", [6])], "y0", transB=1)
    g.node("Gemm", ["y0", "w", g.weight("c1", [6])], "y1", transB=1)
    g.output("y1", [3, 6])
    return g.model()


def branches():
    """A small residual network with an exclusion in the middle: weights and activations shared with excluded nodes."""
    g = Graph("branches")
    g.input("x", [1, 4, 6, 6])
    g.weight("w0", [4, 4, 3, 3])
    g.weight("b0", [4])
    g.node("Conv", ["x", "w0", "b0"], "c0", name="stem", pads=[1] * 4)
    g.node("Relu", "c0", "r0", name="stem_relu")
    g.node("Conv", ["r0", "w0", "b0"], "c1", name="left", pads=[1] * 4)
    g.node("Conv", ["r0", g.weight("w2", [4, 4, 1, 1])], "c2", name="right")
    g.node("Add", ["c1", "c2"], "s", name="join")
    g.node("GlobalAveragePool", "s", "p", name="pool")
    g.node("Flatten", "p", "f", name="flat")
    g.node("Gemm", ["f", g.weight("g0", [5, 4]), g.weight("h0", [5])], "logits", name="head", transB=1)
    g.node("Softmax", "logits", "y", name="soft")
    g.output("y", [1, 5])
    return g.model()


def outputs():
    """Graph outputs that are also consumed, or come straight from an input."""
    g = Graph("outputs")
    g.input("x", [1, 3, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 3, 3, 3]), g.weight("b0", [4])], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Conv", ["r0", g.weight("w1", [4, 4, 3, 3])], "c1")
    g.node("MaxPool", "r0", "p0", kernel_shape=[2, 2])
    g.node("Identity", "c1", "id")
    g.output("c1", [1, 4, 2, 2])
    g.output("r0", [1, 4, 4, 4])
    g.output("p0", [1, 4, 3, 3])
    g.output("id", [1, 4, 2, 2])
    return g.model()


def shared_bias():
    """One bias in three Convs and a Gemm whose products have different scales; the nodes have no names."""
    g = Graph("shared_bias")
    g.input("x", [1, 4, 6, 6])
    g.weight("b", [4], offset=1.0)
    g.node("Conv", ["x", g.weight("w0", [4, 4, 1, 1], scale=2.0), "b"], "c0", name="")
    g.node("Conv", ["c0", g.weight("w1", [4, 4, 3, 3], scale=0.05), "b"], "c1", name="")
    g.node("Conv", ["c1", g.weight("w2", [4, 4, 1, 1]), "b"], "c2", name="")
    g.node("GlobalAveragePool", "c2", "p", name="")
    g.node("Flatten", "p", "f", name="")
    g.node("Gemm", ["f", g.weight("w3", [4, 4]), "b"], "y", name="")
    g.output("y", [1, 4])
    return g.model()


def bias_elsewhere():
    """A bias that a Reshape reads too, whose result is added."""
    g = Graph("bias_elsewhere")
    g.input("x", [1, 3, 6, 6])
    g.weight("b", [4])
    g.node("Conv", ["x", g.weight("w", [4, 3, 3, 3]), "b"], "c")
    g.node("Reshape", ["b", g.constant("shape", np.array([1, 4, 1, 1], np.int64))], "rb")
    g.node("Add", ["c", "rb"], "y")
    g.output("y", [1, 4, 4, 4])
    return g.model()
