"""Small networks of the usual kinds: what a user brings, in a few kilobytes."""

from __future__ import annotations

import numpy as np
import onnx

from models.graph import I64, Graph


def batch_norm(g: Graph, x: str, out: str, channels: int) -> str:
    names = [g.weight(f"{out}_gain", [channels], scale=0.1, offset=1.0), g.weight(f"{out}_shift", [channels], scale=0.1)]
    names.append(g.weight(f"{out}_mean", [channels], scale=0.1))
    names.append(g.constant(f"{out}_variance", np.abs(g.random.randn(channels)).astype(np.float32) + np.float32(0.5)))
    return g.node("BatchNormalization", [x, *names], out)


def cnn(name: str, opset: int) -> onnx.ModelProto:
    """A classifier: pooled, normalized, depthwise, residual; Clip, Relu and Softmax."""
    g = Graph(name, opset=opset, ir_version=min(10, max(6, opset - 9)))
    g.input("x", [1, 3, 12, 12])
    g.node("Conv", ["x", g.weight("w0", [8, 3, 3, 3], scale=0.3), g.weight("b0", [8])], "c0", pads=[1] * 4)
    g.node("Relu", "c0", "r0")
    g.node("MaxPool", "r0", "p0", kernel_shape=[2, 2], strides=[2, 2])
    g.node("Conv", ["p0", g.weight("w1", [8, 8, 1, 1], scale=0.3)], "c1")
    batch_norm(g, "c1", "n1", 8)
    g.constant("zero", np.float32(0))
    g.constant("six", np.float32(6))
    g.node("Clip", ["n1", "zero", "six"], "k1")
    g.node("Conv", ["k1", g.weight("w2", [8, 1, 3, 3]), g.weight("b2", [8])], "c2", group=8, pads=[1] * 4)
    g.node("Add", ["c2", "p0"], "s2")
    g.node("Relu", "s2", "r2")
    g.node("GlobalAveragePool", "r2", "gap")
    g.node("Flatten", "gap", "f")
    g.node("Gemm", ["f", g.weight("w3", [10, 8]), g.weight("b3", [10])], "logits", transB=1)
    g.node("Softmax", "logits", "y", axis=1)
    g.output("y", [1, 10])
    return g.model()


def small_cnn():
    return cnn("small_cnn", 17)


def layer_norm(g: Graph, x: str, out: str, size: int) -> str:
    """LayerNormalization, spelled out where the opset does not have it."""
    gain, shift = g.weight(f"{out}_gain", [size], scale=0.1, offset=1.0), g.weight(f"{out}_shift", [size], scale=0.1)
    if g.opset >= 17:
        return g.node("LayerNormalization", [x, gain, shift], out, axis=-1)
    mean = g.node("ReduceMean", x, f"{out}_mean", axes=[-1])
    centred = g.node("Sub", [x, mean], f"{out}_centred")
    square = g.node("Mul", [centred, centred], f"{out}_square")
    variance = g.node("ReduceMean", square, f"{out}_variance", axes=[-1])
    g.node("Add", [variance, g.constant(f"{out}_epsilon", np.float32(1e-5))], f"{out}_sum")
    deviation = g.node("Sqrt", f"{out}_sum", f"{out}_deviation")
    scaled = g.node("Mul", [g.node("Div", [centred, deviation], f"{out}_unit"), gain], f"{out}_scaled")
    return g.node("Add", [scaled, shift], out)


def attention(g: Graph, x: str, out: str, size: int, heads: int) -> str:
    """Self-attention with separate projections, over [batch, length, size]."""
    g.constant(f"{out}_heads", np.array([0, 0, heads, size // heads], np.int64))
    g.constant(f"{out}_flat", np.array([0, 0, size], np.int64))
    parts = []
    for part, perm in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        product = g.node("MatMul", [x, g.weight(f"{out}_w{part}", [size, size], scale=0.3)], f"{out}_{part}m")
        biased = g.node("Add", [g.weight(f"{out}_b{part}", [size], scale=0.1), product], f"{out}_{part}b")
        split = g.node("Reshape", [biased, f"{out}_heads"], f"{out}_{part}h")
        parts.append(g.node("Transpose", split, f"{out}_{part}", perm=perm))
    scores = g.node("MatMul", parts[:2], f"{out}_scores")
    scaled = g.node("Div", [scores, g.constant(f"{out}_root", np.float32(np.sqrt(size / heads)))], f"{out}_scaled")
    weights = g.node("Softmax", scaled, f"{out}_weights", axis=-1)
    mixed = g.node("MatMul", [weights, parts[2]], f"{out}_mixed")
    merged = g.node("Transpose", mixed, f"{out}_merged", perm=[0, 2, 1, 3])
    flat = g.node("Reshape", [merged, f"{out}_flat"], f"{out}_joined")
    projected = g.node("MatMul", [flat, g.weight(f"{out}_wo", [size, size], scale=0.3)], f"{out}_om")
    return g.node("Add", [g.weight(f"{out}_bo", [size], scale=0.1), projected], out)


def gelu(g: Graph, x: str, out: str) -> str:
    scaled = g.node("Div", [x, g.constant(f"{out}_root", np.float32(1.4142135))], f"{out}_scaled")
    erf = g.node("Erf", scaled, f"{out}_erf")
    plus = g.node("Add", [erf, g.constant(f"{out}_one", np.float32(1))], f"{out}_plus")
    gated = g.node("Mul", [x, plus], f"{out}_gated")
    return g.node("Mul", [gated, g.constant(f"{out}_half", np.float32(0.5))], out)


def block(name: str, opset: int) -> onnx.ModelProto:
    """A transformer block: attention, a feed-forward part with GELU, residuals and normalizations."""
    g = Graph(name, opset=opset, ir_version=min(10, max(6, opset - 9)))
    g.input("x", ["batch", 5, 16])
    n0 = layer_norm(g, "x", "n0", 16)
    r0 = g.node("Add", ["x", attention(g, n0, "a", 16, 2)], "r0")
    n1 = layer_norm(g, r0, "n1", 16)
    up = g.node("MatMul", [n1, g.weight("w_up", [16, 24], scale=0.3)], "up")
    biased = g.node("Add", [up, g.weight("b_up", [24])], "up_b")
    down = g.node("MatMul", [gelu(g, biased, "act"), g.weight("w_down", [24, 16], scale=0.3)], "down")
    g.node("Add", [r0, g.node("Add", [down, g.weight("b_down", [16])], "down_b")], "y")
    g.output("y", ["batch", 5, 16])
    return g.model()


def transformer_block():
    return block("transformer_block", 17)


def language_model():
    """Token and position tables, one attention, and a head that is the token table again (transB)."""
    g = Graph("language_model")
    g.input("ids", ["batch", 6], I64)
    g.weight("table", [24, 16], scale=0.3)
    g.node("Gather", ["table", "ids"], "tokens")
    g.node("Add", ["tokens", g.weight("positions", [6, 16], scale=0.1)], "e")
    n0 = layer_norm(g, "e", "n0", 16)
    g.node("Add", ["e", attention(g, n0, "a", 16, 4)], "r0")
    n1 = layer_norm(g, "r0", "n1", 16)
    g.node("Reshape", [n1, g.constant("rows", np.array([-1, 16], np.int64))], "flat")
    g.node("Gemm", ["flat", "table"], "logits", transB=1)
    g.output("logits", ["rows", 24])
    return g.model()


def tagger():
    """Embeddings, a bidirectional LSTM, and a label for each token."""
    g = Graph("tagger")
    g.input("ids", [7, 2], I64)
    g.node("Gather", [g.weight("table", [20, 8]), "ids"], "e")
    g.weight("w", [2, 24, 8], scale=0.3)
    g.weight("r", [2, 24, 6], scale=0.3)
    g.weight("b", [2, 48], scale=0.1)
    g.node("LSTM", ["e", "w", "r", "b"], ["s", "h", "c"], hidden_size=6, direction="bidirectional")
    g.node("Transpose", "s", "t", perm=[0, 2, 1, 3])
    g.node("Reshape", ["t", g.constant("shape", np.array([0, 0, 12], np.int64))], "f")
    g.node("MatMul", ["f", g.weight("m", [12, 5])], "z")
    g.node("Add", ["z", g.weight("k", [5])], "logits")
    g.node("Softmax", "logits", "y", axis=-1)
    g.output("y", [7, 2, 5])
    return g.model()


def detection_head():
    """Two scales joined, boxes and scores, and NonMaxSuppression."""
    g = Graph("detection_head")
    g.input("x", [1, 6, 8, 8])
    g.node("Conv", ["x", g.weight("w0", [8, 6, 3, 3], scale=0.3), g.weight("b0", [8])], "c0", pads=[1] * 4)
    g.node("LeakyRelu", "c0", "l0", alpha=0.1)
    g.node("Conv", ["l0", g.weight("w1", [8, 8, 3, 3], scale=0.2), g.weight("b1", [8])], "c1", pads=[1] * 4, strides=[2, 2])
    g.node("Sigmoid", "c1", "g1")
    g.node("Mul", ["c1", "g1"], "l1")
    g.node("Resize", ["l1", "", g.constant("twice", np.array([1, 1, 2, 2], np.float32))], "up", mode="nearest")
    g.node("Concat", ["up", "l0"], "joined", axis=1)
    g.node("Conv", ["joined", g.weight("w2", [7, 16, 1, 1], scale=0.3), g.weight("b2", [7])], "head")
    g.node("Split", ["head", g.constant("parts", np.array([4, 3], np.int64))], ["box_map", "score_map"], axis=1)
    g.node("Reshape", ["box_map", g.constant("box_shape", np.array([1, 4, 64], np.int64))], "box_rows")
    g.node("Transpose", "box_rows", "boxes", perm=[0, 2, 1])
    g.node("Sigmoid", "score_map", "probabilities")
    g.node("Reshape", ["probabilities", g.constant("score_shape", np.array([1, 3, 64], np.int64))], "scores")
    for name, value in (("most", np.int64(5)), ("overlap", np.float32(0.5)), ("least", np.float32(0.4))):
        g.constant(name, np.array([value]))
    g.node("NonMaxSuppression", ["boxes", "scores", "most", "overlap", "least"], "picked")
    g.output("boxes", [1, 64, 4])
    g.output("scores", [1, 3, 64])
    g.output("picked", ["n", 3], I64)
    return g.model()


def unet():
    """Down, up by a transposed convolution, joined with what was before; InstanceNormalization and Tanh."""
    g = Graph("unet")
    g.input("x", [1, 3, 8, 8])
    g.node("Conv", ["x", g.weight("w0", [6, 3, 3, 3], scale=0.3), g.weight("b0", [6])], "c0", pads=[1] * 4)
    g.node("InstanceNormalization", ["c0", g.weight("gain", [6], scale=0.1, offset=1.0), g.weight("shift", [6])], "n0")
    g.node("Relu", "n0", "r0")
    g.node("AveragePool", "r0", "p0", kernel_shape=[2, 2], strides=[2, 2])
    g.node("Conv", ["p0", g.weight("w1", [8, 6, 3, 3], scale=0.2), g.weight("b1", [8])], "c1", pads=[1] * 4)
    g.node("Relu", "c1", "r1")
    g.node("ConvTranspose", ["r1", g.weight("w2", [8, 6, 2, 2], scale=0.3), g.weight("b2", [6])], "t2", strides=[2, 2])
    g.node("Concat", ["t2", "r0"], "joined", axis=1)
    g.node("Conv", ["joined", g.weight("w3", [3, 12, 1, 1], scale=0.3), g.weight("b3", [3])], "c3")
    g.node("Tanh", "c3", "y")
    g.output("y", [1, 3, 8, 8])
    return g.model()


def mixer():
    """Gemms and MatMuls over both axes of a table, as in a mixer of tabular data."""
    g = Graph("mixer")
    g.input("x", [6, 8])
    g.node("Gemm", ["x", g.weight("w0", [8, 12], scale=0.3), g.weight("b0", [12])], "h0")
    g.node("Relu", "h0", "r0")
    g.node("Gemm", ["r0", g.weight("w1", [8, 12], scale=0.3), g.weight("b1", [8])], "h1", transB=1)
    g.node("Add", ["x", "h1"], "s1")
    g.node("Transpose", "s1", "t1", perm=[1, 0])
    g.node("MatMul", ["t1", g.weight("w2", [6, 6], scale=0.3)], "h2")
    g.node("Sigmoid", "h2", "g2")
    g.node("Mul", ["t1", "g2"], "s2")
    g.node("Slice", ["s2", *(g.constant(n, np.array([v], np.int64)) for n, v in (("from", 0), ("to", 4), ("along", 0)))], "cut")
    g.node("Gemm", ["cut", g.weight("w3", [6, 3])], "y")
    g.output("y", [4, 3])
    return g.model()
