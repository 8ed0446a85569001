"""Operators that move data, and the order of nodes."""

from __future__ import annotations

import numpy as np

from models.graph import I64, Graph


def shape_ops():
    """Operators that move data: their outputs share their input's scale, or not."""
    g = Graph("shape_ops")
    g.input("x", [1, 4, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 4, 3, 3]), g.weight("b0", [4])], "c0", pads=[1] * 4)
    g.constant("pads", np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64))
    g.constant("half", np.float32(0.5))
    g.constant("zero", np.float32(0))
    g.node("Pad", ["c0", "pads", "half"], "p0")
    g.node("Pad", ["p0", "pads"], "p1", mode="reflect")
    g.node("Pad", ["p1", "pads", "zero"], "p2")
    g.node("Pad", ["p2", "pads"], "p3")
    g.constant("starts", np.array([1, 1], np.int64))
    g.constant("ends", np.array([9, 9], np.int64))
    g.constant("axes", np.array([2, 3], np.int64))
    g.node("Slice", ["p3", "starts", "ends", "axes"], "sl")
    g.constant("scales", np.array([1, 1, 2, 2], np.float32))
    g.node("Resize", ["sl", "", "scales"], "rs", mode="nearest")
    g.constant("two", np.array([2, 2], np.int64))
    g.node("Split", ["rs", "two"], ["s0", "s1"], axis=1)
    g.node("Concat", ["s1", "s0"], "cc", axis=1)
    g.node("Transpose", "cc", "tr", perm=[0, 2, 3, 1])
    g.constant("first", np.array([0], np.int64))
    g.node("Squeeze", ["tr", "first"], "sq")
    g.node("Unsqueeze", ["sq", "first"], "un")
    g.constant("shape", np.array([1, 4, 256], np.int64))
    g.node("Reshape", ["un", "shape"], "re")
    g.node("Flatten", "re", "fl")
    g.node("Gemm", ["fl", g.weight("g0", [1024, 3], scale=0.05), g.weight("h0", [3])], "y")
    g.output("y", [1, 3])
    return g.model()


def sorting():
    """TopK, CumSum, and outputs out of order, so that the final node order is not the first one."""
    g = Graph("sorting", opset=21, ir_version=10)
    g.input("zz", [2, 8])
    g.input("aa", [2, 8])
    g.node("MatMul", ["zz", g.weight("w9", [8, 8])], "z1")
    g.node("MatMul", ["aa", g.weight("w1", [8, 8])], "a1")
    g.node("Add", ["z1", "a1"], "s")
    g.constant("k", np.array([3], np.int64))
    g.node("TopK", ["s", "k"], ["values", "indices"])
    g.constant("axis", np.array(1, np.int64))
    g.node("CumSum", ["values", "axis"], "sum")
    g.output("sum", [2, 3])
    g.output("indices", [2, 3], I64)
    return g.model()
