"""Samples for every model of ../shared/data: the parity suite's, which has the float32 models, and those of the rest.

    samples.py [--data ../shared/data] [--out DIR]

Writes DIR/<family>__<model>/NNN.npz, keyed by input name, and prints which models there are no samples for. DIR defaults to
${QUANTAB_CACHE:-~/.cache/quantab}/parity-samples. A quantized model gets the samples of the float model that it was made of. Models
without a natural sample get seeded random data of the right type and range: those functions say so.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

PARITY = Path(__file__).resolve().parents[1] / "parity"
sys.path.insert(0, str(PARITY))

import samples as parity  # noqa: E402
from samples import DATA, FEEDS, Samples, centred, chw, default_out, prepare  # noqa: E402

MAKERS = (PARITY / "samples.py", Path(__file__).resolve())


def squeezenet_half(s: Samples):
    for feed in parity.squeezenet(s):
        yield {"data_0": feed["data_0"].astype(np.float16)}


def mobilenet(s: Samples):
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    for photo in s.photos("imagenet"):
        yield {"image": chw((centred(photo, 244) / 255 - mean) / deviation)}


def mobilenet_edge(_):
    """Random: the model is a piece out of a network, and takes the output of a convolution; in the range that it was quantized for."""
    random = np.random.RandomState(11)
    name = "MobilenetEdgeTPU/expanded_conv_1/project/BatchNorm/FusedBatchNormV3"
    for _ in range(4):
        yield {name: (random.randn(1, 32, 56, 56) * 8).astype(np.float32)}


def attention(_):
    """Random: its weights are inputs, and come with no values. The scales bring the scores to about one."""
    random = np.random.RandomState(11)
    for batch, length, past, per_column in [(1, 5, 0, False), (1, 1, 7, True), (2, 3, 4, True)]:
        columns = 2304 if per_column else 1
        yield {
            "input": random.randint(0, 256, (batch, length, 768)).astype(np.uint8),
            "weight": random.randint(-128, 128, (768, 2304)).astype(np.int8),
            "bias": random.randn(2304).astype(np.float32),
            "input_scale": np.array([0.01], np.float32),
            "weight_scale": (random.rand(columns) * 0.001 + 0.0005).astype(np.float32),
            "input_zero_point": np.array([128], np.uint8),
            "weight_zero_point": np.zeros(columns, np.int8),
            "past": random.randn(2, batch, 12, past, 64).astype(np.float32),
        }


def small_convolution(_):
    """Random: the model is one convolution, its input's range 0 to 1."""
    random = np.random.RandomState(11)
    for _ in range(4):
        yield {"input_0": random.rand(1, 3, 8, 8).astype(np.float32)}


def external_convolution(_):
    """Random: the model is one convolution, of pixels around 0."""
    random = np.random.RandomState(11)
    for _ in range(4):
        yield {"input": (random.rand(1, 3, 24, 24) * 270 - 120).astype(np.float32)}


def eight_bit_floats(_):
    """Random, over all exponents that fit, with some that do not."""
    random = np.random.RandomState(11)
    for _ in range(2):
        yield {"input": (random.randn(256, 64) * 2.0 ** random.randint(-12, 10, (256, 64))).astype(np.float32)}


def half_loop(_):
    """Random: the model is a running sum of rows."""
    random = np.random.RandomState(11)
    for rows, columns in [(1, 1), (5, 3), (12, 40)]:
        yield {"data": random.randn(rows, columns).astype(np.float16)}


def norm_of_one(_):
    """A structure, not a model: any number will do."""
    for value in (0.0, 1.5, -3.25):
        yield {"input_0": np.array(value, np.float16)}


def nested_choices(_):
    """A structure, not a model. Its optional input is there: a file of samples cannot hold what is not."""
    for x1 in (10, -0.5):
        yield {"x1.opt": np.array([[x1, 20]], np.float32), "x2": np.array([[1, 2]], np.float32), "x3": np.ones(1, np.float32)}


EXTRA = {
    "cnn/mobilenetv2_qdq.onnx": mobilenet,
    "cnn/squeezenet1.1_fp16_opset7.onnx": squeezenet_half,
    "quantized/attention_past_state.u8s8.onnx": attention,
    "quantized/conv.int4_weights.qdq.onnx": small_convolution,
    "quantized/ort_squeezenet_qdq_s8s8_pc.onnx": parity.squeezenet,
    "quantized/ort_squeezenet_qoperator_u8u8.onnx": parity.squeezenet,
    "quantized/ort_stories260k_dynamic_s8.onnx": parity.stories,
    "quantized/ort_stories260k_int4qdq_b32.onnx": parity.stories,
    "quantized/ort_stories260k_matmulnbits_b32.onnx": parity.stories,
    "quantized/ort_yolox_nano_fp16.onnx": parity.yolox,
    "quantized/ort_yolox_nano_qdq_u8s8_pc.onnx": parity.yolox,
    "quantized/qdq16_multi_consumer_dq_opset21.onnx": mobilenet_edge,
    "quantized/qdq_multi_consumer_dq.onnx": mobilenet_edge,
    "quantized/te.cast_fp8_1_fp32.onnx": eight_bit_floats,
    "structure/conv_qdq_external_ini.onnx": external_convolution,
    "structure/fp16model_loop.onnx": half_loop,
    "structure/gh_issue_18338_functions.onnx": norm_of_one,
    "structure/three_layer_nested_subgraph_v2.onnx": nested_choices,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=default_out())
    args = parser.parse_args()
    for path in sorted(args.data.rglob("*.onnx")):
        model = path.relative_to(args.data).as_posix()
        if model in FEEDS:
            prepare(args.data, args.out, model)
        elif model in EXTRA:
            prepare(args.data, args.out, model, EXTRA, MAKERS)
        else:
            print(f"There are no samples for '{model}'.")


if __name__ == "__main__":
    main()
