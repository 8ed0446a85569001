"""The same networks in other operator sets."""

from __future__ import annotations

from models.networks import block, cnn


def cnn_opset11():
    return cnn("cnn_opset11", 11)


def cnn_opset13():
    return cnn("cnn_opset13", 13)


def cnn_opset19():
    return cnn("cnn_opset19", 19)


def cnn_opset21():
    return cnn("cnn_opset21", 21)


def block_opset12():
    return block("block_opset12", 12)


def block_opset21():
    return block("block_opset21", 21)
