"""Recurrent layers."""

from __future__ import annotations

import numpy as np

from models.graph import Graph


def lstm():
    """Forward with bias, and bidirectional with an initial state; then a MatMul."""
    g = Graph("lstm")
    g.input("x", [7, 2, 5])
    g.weight("w0", [1, 16, 5])
    g.weight("r0", [1, 16, 4])
    g.weight("b0", [1, 32])
    g.node("LSTM", ["x", "w0", "r0", "b0"], ["s0", "h0"], hidden_size=4)
    g.constant("first", np.array([1], np.int64))
    g.node("Squeeze", ["s0", "first"], "q0")
    g.weight("w1", [2, 12, 4])
    g.weight("r1", [2, 12, 3])
    g.weight("i1", [2, 2, 3])
    g.node("LSTM", ["q0", "w1", "r1", "", "", "i1"], ["", "h1", "c1"], hidden_size=3, direction="bidirectional")
    g.node("MatMul", ["h1", g.weight("w", [3, 6])], "y")
    g.output("y", [2, 2, 6])
    g.output("c1", [2, 2, 3])
    return g.model()
