"""Trains the digit classifier on the UCI optical digits of scikit-learn and writes the files of this folder.

    python3 examples/digits/train.py

digits.onnx          the classifier, opset 17: image [batch, 1, 8, 8] in 0..1 → logits [batch, 10]
calibration.npy      [300, 1, 8, 8] float32: training images, for static quantization
heldout.npy          [400, 1, 8, 8] float32: images never trained on
heldout_labels.npy   [400] uint8: their digits

The seed fixes the split, the initial weights and the order of the samples. On one machine a second run gives the same bytes;
another BLAS may round differently, so its weights differ in the last bits.
"""

from __future__ import annotations

import os

# One thread adds in one order; set before numpy loads its BLAS.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from pathlib import Path

import numpy as np
import onnx
from layers import BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool, Relu, Residual
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

HERE = Path(__file__).resolve().parent
SEED = 20
EPOCHS = 60
BATCH = 32
HELDOUT = 400
CALIBRATION = 300


def network(random):
    return [
        Conv(random, 1, 32, 3), BatchNorm(32), Relu(),
        Conv(random, 32, 32, 3, depthwise=True), BatchNorm(32), Relu(),
        Conv(random, 32, 64, 1), BatchNorm(64), Relu(),
        MaxPool(),
        Residual(Conv(random, 64, 64, 3), BatchNorm(64)), Relu(),
        Flatten(), Dropout(random, 0.3),
        Dense(random, 1024, 64), Relu(), Dropout(random, 0.3),
        Dense(random, 64, 10),
    ]  # fmt: skip


def forward(layers, x, training=False):
    for layer in layers:
        x = layer.forward(x, training)
    return x


def accuracy(layers, images, labels):
    return float((forward(layers, images).argmax(1) == labels).mean())


def shifted(random, images):
    """Each image moved by up to one pixel in both directions: the augmentation."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    offsets = random.integers(0, 3, (len(images), 2))
    return np.stack([image[:, i : i + 8, j : j + 8] for image, (i, j) in zip(padded, offsets, strict=True)])


def train(layers, random, images, labels):
    """Adam (Kingma and Ba, 2015) on the cross-entropy, the rate falling as a half cosine; weight decay 1e-4."""
    pairs = [pair for layer in layers for pair in layer.parameters()]
    first = [np.zeros_like(values) for values, _ in pairs]
    second = [np.zeros_like(values) for values, _ in pairs]
    step, steps = 0, EPOCHS * (len(images) // BATCH)
    for epoch in range(EPOCHS):
        order = random.permutation(len(images))
        for start in range(0, len(images) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            logits = forward(layers, shifted(random, images[chosen]), training=True)
            odds = np.exp(logits - logits.max(1, keepdims=True))
            gradient = odds / odds.sum(1, keepdims=True)
            gradient[np.arange(BATCH), labels[chosen]] -= 1
            gradient /= BATCH
            for layer in reversed(layers):
                gradient = layer.backward(gradient)
            rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * step / steps))
            step += 1
            for (values, slope), m, v in zip(pairs, first, second, strict=True):
                slope = slope + np.float32(1e-4) * values
                m += np.float32(0.1) * (slope - m)
                v += np.float32(0.001) * (slope * slope - v)
                correction = np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
                values -= np.float32(rate * correction) * m / (np.sqrt(v) + np.float32(1e-8))
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1:3}  training accuracy {accuracy(layers, images, labels):.4f}", flush=True)


def export(layers) -> onnx.ModelProto:
    """The graph, with every batch normalization folded into its convolution."""
    stem, stem_norm, _, depthwise, depthwise_norm, _, pointwise, pointwise_norm, _, _, residual, _, _, _, hidden, _, _, last = layers
    block, block_norm = residual.inner
    initializers = []

    def constants(name, weight, bias):
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(weight), f"{name}.weight"))
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(bias), f"{name}.bias"))
        return [f"{name}.weight", f"{name}.bias"]

    nodes = []

    def node(op, name, inputs, **attributes):
        nodes.append(helper.make_node(op, inputs, [f"{name}_out"], name=name, **attributes))
        return f"{name}_out"

    def conv(name, x, layer, norm, **attributes):
        pad = layer.kernel // 2
        weights = constants(name, *norm.folded(layer.weight))
        return node("Conv", name, [x, *weights], kernel_shape=[layer.kernel] * 2, pads=[pad] * 4, **attributes)

    x = node("Relu", "stem_relu", [conv("stem", "image", stem, stem_norm)])
    x = node("Relu", "depthwise_relu", [conv("depthwise", x, depthwise, depthwise_norm, group=32)])
    x = node("Relu", "pointwise_relu", [conv("pointwise", x, pointwise, pointwise_norm)])
    pooled = node("MaxPool", "pool", [x], kernel_shape=[2, 2], strides=[2, 2])
    x = node("Add", "join", [conv("block", pooled, block, block_norm), pooled])
    x = node("Relu", "block_relu", [x])
    x = node("Flatten", "flatten", [x])
    x = node("Gemm", "hidden", [x, *constants("hidden", hidden.weight, hidden.bias)], transB=1)
    x = node("Relu", "hidden_relu", [x])
    node("Gemm", "digits", [x, *constants("digits", last.weight, last.bias)], transB=1)
    nodes[-1].output[0] = "logits"

    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])
    graph = helper.make_graph(nodes, "digits", [image], [logits], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="quantab-example-digits")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[:, None]
    labels = digits.target.astype(np.uint8)
    random = np.random.Generator(np.random.PCG64(SEED))
    order = random.permutation(len(images))
    held, rest = order[:HELDOUT], order[HELDOUT:]
    layers = network(random)
    train(layers, random, images[rest], labels[rest])
    print(f"held-out accuracy {accuracy(layers, images[held], labels[held]):.4f} of {HELDOUT}")

    model = export(layers)
    (HERE / "digits.onnx").write_bytes(model.SerializeToString(deterministic=True))
    np.save(HERE / "calibration.npy", images[rest[:CALIBRATION]])
    np.save(HERE / "heldout.npy", images[held])
    np.save(HERE / "heldout_labels.npy", labels[held])
    for path in sorted([*HERE.glob("*.onnx"), *HERE.glob("*.npy")]):
        print(f"{path.name}  {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
