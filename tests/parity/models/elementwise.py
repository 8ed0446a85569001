"""Operators without a rule of their own, and normalizations."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from models.graph import I64, Graph


def elementwise():
    """Operators without a rule of their own, with activations and with initializers."""
    g = Graph("elementwise")
    g.input("x", [2, 6])
    g.input("m", [2, 6], TensorProto.BOOL)
    g.node("MatMul", ["x", g.weight("w0", [6, 6])], "h")
    g.node("Add", ["h", g.weight("bias", [6])], "a")
    g.node("Mul", ["a", g.weight("gain", [6], offset=1.0)], "b")
    g.node("Sigmoid", "b", "s")
    g.node("Mul", ["b", "s"], "silu")
    g.node("LeakyRelu", "silu", "l", alpha=0.2)
    g.node("Sub", ["l", "a"], "d")
    g.node("Tanh", "d", "t")
    g.node("Where", ["m", "t", "s"], "w")
    g.node("Add", ["w", "t"], "e")
    g.node("Softmax", "e", "p", axis=-1)
    g.node("ArgMax", "p", "top", axis=1, keepdims=0)
    g.output("p", [2, 6])
    g.output("top", [2], I64)
    return g.model()


def norms():
    g = Graph("norms")
    g.input("x", [2, 4, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 4, 1, 1])], "c0")
    g.node("InstanceNormalization", ["c0", g.weight("is", [4], offset=1.0), g.weight("ib", [4])], "i")
    g.node("Conv", ["i", g.weight("w1", [4, 4, 1, 1])], "c1")
    g.constant("mean", g.random.randn(4).astype(np.float32) * np.float32(0.1))
    g.constant("variance", np.abs(g.random.randn(4)).astype(np.float32) + np.float32(0.5))
    g.node("BatchNormalization", ["c1", g.weight("bs", [4], offset=1.0), g.weight("bb", [4]), "mean", "variance"], "n")
    g.node("LayerNormalization", ["n", g.weight("ls", [6], offset=1.0), g.weight("lb", [6])], "y", axis=-1)
    g.output("y", [2, 4, 6, 6])
    return g.model()
