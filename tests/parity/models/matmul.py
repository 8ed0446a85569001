"""MatMul and Gemm in all their forms."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from models.graph import Graph


def matmul():
    """Constant B, and two activations."""
    g = Graph("matmul")
    g.input("x", ["batch", 4, 16])
    g.node("MatMul", ["x", g.weight("w1", [16, 12])], "h1")
    g.node("MatMul", ["h1", g.weight("w2", [12, 10], offset=0.2)], "h2")
    g.node("Transpose", "h2", "t", perm=[0, 2, 1])
    g.node("MatMul", ["h2", "t"], "scores")
    g.output("scores", ["batch", 4, 4])
    return g.model()


def matmul_const_a():
    """The constant on the left."""
    g = Graph("matmul_const_a")
    g.input("x", [4, 6])
    g.node("MatMul", [g.weight("a", [3, 4]), "x"], "y")
    g.output("y", [3, 6])
    return g.model()


def matmul_rank3():
    """Constant B of rank 3: one matrix per batch, and one matrix under a leading 1."""
    g = Graph("matmul_rank3")
    g.input("x", [3, 4, 8])
    g.node("MatMul", ["x", g.weight("w0", [3, 8, 6])], "h")
    g.node("MatMul", ["h", g.weight("w1", [1, 6, 5], offset=0.2)], "y")
    g.output("y", [3, 4, 5])
    return g.model()


def matmul_blocks(dtype=np.float32, name="matmul_blocks"):
    """Weights of several blocks, with rows and columns that fill neither a block nor a byte and a block of zeros."""
    g = Graph(name, opset=21, ir_version=10)
    half = dtype == np.float16
    g.input("x", ["batch", 3, 133], TensorProto.FLOAT16 if half else TensorProto.FLOAT)

    def weight(name, rows, columns, offset=0.0):
        values = (g.random.randn(rows, columns) * 0.5 + offset).astype(dtype)
        values[:16, 0] = 0
        values[-1, -1] = 4
        return g.constant(name, values)

    g.node("MatMul", ["x", weight("w1", 133, 65)], "h1")
    g.node("MatMul", ["h1", weight("w2", 65, 34, 0.7)], "h2")
    g.node("MatMul", ["h2", weight("w3", 34, 34, -0.9)], "h3")
    g.node("MatMul", ["h3", weight("w4", 34, 7)], "y")
    g.output("y", ["batch", 3, 7], TensorProto.FLOAT16 if half else TensorProto.FLOAT)
    return g.model()


def half_matmul_blocks():
    """The same in float16."""
    return matmul_blocks(np.float16, "half_matmul_blocks")


def gemm():
    """Gemm with transB, alpha, transA, without C."""
    g = Graph("gemm")
    g.input("x", [5, 8])
    g.node("Gemm", ["x", g.weight("b0", [8, 7]), g.weight("c0", [7])], "y0")
    g.node("Gemm", ["y0", g.weight("b1", [6, 7]), g.weight("c1", [6])], "y1", transB=1)
    g.node("Gemm", ["y1", g.weight("b2", [6, 6])], "y2")
    g.node("Gemm", ["y2", g.weight("b3", [6, 6], offset=0.3), g.weight("c3", [6])], "y3")
    g.node("Gemm", ["y3", g.weight("b4", [6, 5]), g.weight("c4", [5])], "y4", alpha=0.5)
    g.node("Gemm", ["y4", g.weight("b5", [5, 9]), g.weight("c5", [9])], "y5", transA=1)
    g.node("Gemm", ["y5", "y4", g.weight("c6", [5])], "y6", transA=1)
    g.output("y6", [9, 5])
    return g.model()


def gemm_beta():
    """Gemm that scales C."""
    g = Graph("gemm_beta")
    g.input("x", [4, 6])
    g.node("Gemm", ["x", g.weight("b0", [6, 5]), g.weight("c0", [5])], "y0", beta=2.0)
    g.node("Gemm", ["y0", g.weight("b1", [5, 3]), g.weight("c1", [3])], "y1", beta=-0.5)
    g.output("y1", [4, 3])
    return g.model()


def gemm_bias_shapes():
    """C of one row, of one column, of one element."""
    g = Graph("gemm_bias_shapes")
    g.input("x", [4, 6])
    g.node("Gemm", ["x", g.weight("b0", [6, 5]), g.weight("c0", [1, 5])], "y0")
    g.node("Gemm", ["y0", g.weight("b1", [5, 5]), g.weight("c1", [4, 1])], "y1")
    g.node("Gemm", ["y1", g.weight("b2", [5, 3]), g.weight("c2", [1])], "y2")
    g.output("y2", [4, 3])
    return g.model()


def gemm_computed():
    """Gemm whose B or C is computed, with and without transB."""
    g = Graph("gemm_computed")
    g.input("x", [4, 6])
    g.input("b", [6, 6])
    g.node("Gemm", ["x", "b", g.weight("c0", [6])], "y0")
    g.node("Gemm", ["y0", "b", g.weight("c1", [6])], "y1", transB=1)
    g.node("Gemm", ["y1", g.weight("b2", [6, 6]), "x"], "y2")
    g.output("y2", [4, 6])
    return g.model()
