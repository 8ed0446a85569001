"""Convolutions, pooling, and the activations after them."""

from __future__ import annotations

import numpy as np

from models.graph import Graph


def conv():
    """Conv with and without bias, strided, dilated, depthwise, grouped, pointwise; Relu and Clip between."""
    g = Graph("conv")
    g.input("x", [1, 3, 10, 10])
    g.node("Conv", ["x", g.weight("w0", [8, 3, 3, 3]), g.weight("b0", [8])], "c0", pads=[1, 1, 1, 1])
    g.node("Relu", "c0", "r0")
    g.node("Conv", ["r0", g.weight("w1", [8, 1, 3, 3]), g.weight("b1", [8])], "c1", group=8, strides=[2, 2], pads=[1] * 4)
    g.constant("zero", np.float32(0))
    g.constant("six", np.float32(6))
    g.node("Clip", ["c1", "zero", "six"], "r1")
    g.node("Conv", ["r1", g.weight("w2", [6, 4, 3, 3], offset=0.1)], "c2", group=2, dilations=[2, 2], pads=[2] * 4)
    g.node("Conv", ["c2", g.weight("w3", [4, 6, 1, 1]), g.weight("b3", [4])], "y", auto_pad="SAME_UPPER")
    g.output("y", [1, 4, 5, 5])
    return g.model()


def conv1d_3d():
    """Conv over one and over three spatial axes."""
    g = Graph("conv1d_3d")
    g.input("x", [2, 4, 18])
    g.node("Conv", ["x", g.weight("w0", [6, 4, 3]), g.weight("b0", [6])], "c0", pads=[1, 1])
    g.node("LeakyRelu", "c0", "r0", alpha=0.1)
    g.node("Conv", ["r0", g.weight("w1", [6, 1, 5])], "c1", group=6, pads=[2, 2])
    g.constant("shape", np.array([2, 6, 2, 3, 3], np.int64))
    g.node("Reshape", ["c1", "shape"], "v")
    g.node("Conv", ["v", g.weight("w2", [3, 6, 2, 2, 2]), g.weight("b2", [3])], "y")
    g.output("y", [2, 3, 1, 2, 2])
    return g.model()


def conv_transpose():
    g = Graph("conv_transpose")
    g.input("x", [1, 4, 5, 5])
    g.node("ConvTranspose", ["x", g.weight("w0", [4, 6, 2, 2]), g.weight("b0", [6])], "t0", strides=[2, 2])
    g.node("Relu", "t0", "r0")
    g.node("ConvTranspose", ["r0", g.weight("w1", [6, 3, 3, 3], offset=0.2)], "y", pads=[1] * 4)
    g.output("y", [1, 3, 10, 10])
    return g.model()


def pools():
    g = Graph("pools")
    g.input("x", [1, 3, 8, 8])
    g.node("MaxPool", "x", "p0", kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4)
    g.node("Conv", ["p0", g.weight("w0", [4, 3, 3, 3]), g.weight("b0", [4])], "c0")
    g.node("AveragePool", "c0", "p1", kernel_shape=[2, 2], strides=[2, 2])
    g.node("Conv", ["p1", g.weight("w1", [6, 4, 1, 1])], "c1")
    g.node("MaxPool", "c1", "p2", kernel_shape=[2, 2])
    g.node("GlobalAveragePool", "p2", "y")
    g.output("y", [1, 6, 1, 1])
    return g.model()


def relu_fusion():
    """Relu and Clip that may be removed, and the reasons why they may not."""
    g = Graph("relu_fusion")
    g.input("x", [1, 3, 6, 6])
    g.constant("zero", np.float32(0))
    g.constant("six", np.float32(6))
    g.constant("low", np.float32(-0.5))
    g.constant("high", np.float32(0.75))
    g.node("Relu", "x", "rx")
    g.node("Conv", ["rx", g.weight("w0", [4, 3, 1, 1])], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Conv", ["r0", g.weight("w1", [4, 4, 1, 1])], "c1")
    g.node("Relu", "c1", "r1")
    g.node("Add", ["c1", "r1"], "s")
    g.node("Conv", ["s", g.weight("w2", [4, 4, 1, 1])], "c2")
    g.node("Clip", ["c2", "low", "high"], "k2")
    g.node("Conv", ["k2", g.weight("w3", [4, 4, 1, 1])], "c3")
    g.node("Clip", ["c3", "zero", "six"], "k3")
    g.node("Clip", ["k3", "", "high"], "k4")
    g.node("MaxPool", "k4", "p", kernel_shape=[2, 2], strides=[2, 2])
    g.node("Relu", "p", "y")
    g.output("y", [1, 4, 3, 3])
    g.output("c3", [1, 4, 6, 6])
    return g.model()


def conv_transpose_grouped():
    """Groups: the weight's output axis holds one group's channels, the bias all of them."""
    g = Graph("conv_transpose_grouped")
    g.input("x", [1, 4, 5, 5])
    g.node("ConvTranspose", ["x", g.weight("w0", [4, 3, 2, 2]), g.weight("b0", [6])], "t0", strides=[2, 2], group=2)
    g.node("Relu", "t0", "r0")
    g.node("ConvTranspose", ["r0", g.weight("w1", [6, 1, 3, 3])], "y", pads=[1] * 4, group=6)
    g.output("y", [1, 6, 10, 10])
    return g.model()
