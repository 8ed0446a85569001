"""Weights and ranges that put the formulas to the test."""

from __future__ import annotations

import numpy as np

from models.graph import Graph


def bias_overflow():
    """Weights so small, in whole or in some channels, that the bias would not fit in int32."""
    g = Graph("bias_overflow")
    g.input("x", [1, 2, 5, 5])
    weights = g.random.randn(4, 2, 3, 3).astype(np.float32)
    weights[1] *= np.float32(1e-9)
    weights[3] *= np.float32(1e-12)
    g.constant("w0", weights)
    g.constant("b0", np.array([0.5, 40.0, -0.25, -900.0], np.float32))
    g.node("Conv", ["x", "w0", "b0"], "c0")
    g.constant("w1", g.random.randn(3, 4, 1, 1).astype(np.float32) * np.float32(1e-10))
    g.constant("b1", np.array([1.0, -2.0, 3000.0], np.float32))
    g.node("Conv", ["c0", "w1", "b1"], "c1")
    g.constant("w2", g.random.randn(27, 4).astype(np.float32) * np.float32(1e-11))
    g.constant("b2", np.array([1.0, -2.0, 3000.0, 0.0], np.float32))
    g.node("Flatten", "c1", "f")
    g.node("Gemm", ["f", "w2", "b2"], "y")
    g.output("y", [1, 4])
    return g.model()


def degenerate():
    """Weights without a range, with one sign, with one value, too small to divide by, empty channels; a zero activation."""
    g = Graph("degenerate")
    g.input("x", [2, 6])
    g.constant("zeros", np.zeros((6, 6), np.float32))
    g.constant("positive", np.abs(g.random.randn(6, 6)).astype(np.float32) + np.float32(0.25))
    g.constant("negative", -np.abs(g.random.randn(6, 6)).astype(np.float32))
    g.constant("same", np.full((6, 6), 0.3, np.float32))
    g.constant("tiny", np.full((6, 6), 1e-39, np.float32))
    mixed = g.random.randn(6, 6).astype(np.float32)
    mixed[:, 2] = 0
    mixed[:, 4] = np.float32(7)
    mixed[0, :] = np.float32(-0.0)
    g.constant("mixed", mixed)
    halves = (np.arange(36).reshape(6, 6) - 18).astype(np.float32) * np.float32(0.5)
    halves[0, 0] = np.float32(-127)
    halves[5, 5] = np.float32(127)
    g.constant("halves", halves)
    value = "x"
    for name in ("mixed", "halves", "positive", "negative", "same", "tiny", "zeros", "mixed"):
        value = g.node("MatMul", [value, name], f"y{len(g.nodes)}")
    g.output(value, [2, 6])
    return g.model()


def range_rounding():
    """Lopsided ranges whose width is not a float32: subtracting in float32 or in float64 gives different scales."""
    g = Graph("range_rounding")
    g.input("x", [2, 16])
    value = "x"
    for i in range(6):
        value = g.node("MatMul", [value, g.weight(f"w{i}", [16, 16], scale=0.3, offset=0.05 * i)], f"y{i}")
    g.output(value, [2, 16])
    return g.model()
