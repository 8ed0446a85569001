"""Runs ONNX Runtime's own quantizer, or one of the float16 converters, on one model with options given as data.

    reference.py MODEL OPTIONS.json -o OUT.onnx [--samples DIR] [--ranges OUT.json]

OPTIONS.json is {"mode": "dynamic" | "static" | "nbits" | "bnb4" | "float16", "options": {…}}: the options are the Python argument
names of `quantize_dynamic`, `quantize_static`, `MatMulNBitsQuantizer`, `MatMulBnb4Quantizer` or `convert_float_to_float16` (of the
package that the option `variant` names), enums as their names ("QInt8", "MinMax"). A static run reads DIR/*.npz in name order, each keyed by input name, and can write the calibrated ranges as
{tensor: [min, max]}. With the option `config`, "qdq" or "qnn", the others go to `get_qdq_config` or `get_qnn_qdq_config`, and what that
makes of them to `quantize_static`. Settings of calibrators that `quantize_static` does not pass on have keys of their own under
`extra_options` (CalibNumBins, CalibNumQuantizedBins, CalibScenario): for these the calibrator is called here.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    create_calibrator,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.calibrate import save_tensors_data
from onnxruntime.quantization.registry import QDQRegistry, QLinearOpsRegistry
from reference_config import configured

ENUMS = {
    "weight_type": QuantType,
    "activation_type": QuantType,
    "quant_format": QuantFormat,
    "calibrate_method": CalibrationMethod,
}
# Under extra_options: what create_calibrator calls them.
CALIBRATOR_KEYS = {
    "CalibNumBins": "num_bins",
    "CalibNumQuantizedBins": "num_quantized_bins",
    "CalibScenario": "scenario",
    "CalibPercentile": "percentile",
    "CalibTensorRangeSymmetric": "symmetric",
}
OWN_KEYS = ("CalibNumBins", "CalibNumQuantizedBins", "CalibScenario")


class FolderReader(CalibrationDataReader):
    """Feeds the .npz files of a folder in name order."""

    def __init__(self, folder: Path):
        self.paths = sorted(Path(folder).glob("*.npz"))
        self.set_range(0, len(self.paths))

    def __len__(self):
        return len(self.paths)

    def set_range(self, start_index: int, end_index: int):
        self.files = iter(self.paths[start_index:end_index])

    def get_next(self):
        path = next(self.files, None)
        if path is None:
            return None
        with np.load(path) as arrays:
            return dict(arrays)


def with_types(override: dict) -> dict:
    """One entry of TensorQuantOverrides, with its types, numbers and nodes as ONNX Runtime takes them: numbers of activations have to
    be arrays, though its documentation says float."""
    result = dict(override)
    for key in ("scale", "rmin", "rmax"):
        if key in result:
            result[key] = np.array(result[key], np.float32)
    if "zero_point" in result:
        result["zero_point"] = np.array(result["zero_point"])
    if "quant_type" in result:
        result["quant_type"] = QuantType[result["quant_type"]]
    if "recv_nodes" in result:
        result["recv_nodes"] = set(result["recv_nodes"])
    if "convert" in result:
        result["convert"] = with_types(result["convert"])
    return result


def arguments(options: dict) -> dict:
    """The options with enum names turned into enum values; a fresh copy, since the quantizer edits its arguments."""
    result = json.loads(json.dumps(options))
    for key, enum in ENUMS.items():
        if key in result:
            result[key] = enum[result[key]]
    overrides = result.get("extra_options", {}).get("TensorQuantOverrides", {})
    for entries in overrides.values():
        entries[:] = map(with_types, entries)
    return result


def calibrate(model: Path, samples: Path, options: dict, cache: Path) -> None:
    """Writes the ranges that a calibrator with settings of its own finds, as `quantize_static` would have called it."""
    call = arguments(options)
    settings = {name: call["extra_options"][key] for key, name in CALIBRATOR_KEYS.items() if key in call["extra_options"]}
    types = call.get("op_types_to_quantize") or list({*QLinearOpsRegistry, *QDQRegistry})
    with tempfile.TemporaryDirectory() as scratch:
        augmented = str(Path(scratch) / "augmented.onnx")
        calibrator = create_calibrator(model, types, augmented, call["calibrate_method"], extra_options=settings)
        calibrator.collect_data(FolderReader(samples))
        save_tensors_data(calibrator.compute_data(), cache)


def to_float16(model: Path, options: dict, out: Path) -> None:
    call = dict(options)
    if call.pop("variant") == "onnxruntime":
        from onnxruntime.transformers.float16 import convert_float_to_float16  # noqa: PLC0415 (slow to import)
    else:
        from onnxconverter_common.float16 import convert_float_to_float16  # noqa: PLC0415
    onnx.save(convert_float_to_float16(onnx.load(model), **call), out)


def weights_only(model: Path, mode: str, options: dict, out: Path) -> None:
    call = arguments(options)
    if mode == "nbits":
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer  # noqa: PLC0415 (slow to import)

        quantizer = MatMulNBitsQuantizer(onnx.load(model), **call)
    else:
        from onnxruntime.quantization.matmul_bnb4_quantizer import MatMulBnb4Quantizer  # noqa: PLC0415

        quantizer = MatMulBnb4Quantizer(onnx.load(model), **{**call, "quant_type": getattr(MatMulBnb4Quantizer, call["quant_type"])})
    quantizer.process()
    onnx.save(quantizer.model.model, out)


def quantize(
    model: Path,
    mode: str,
    options: dict,
    out: Path,
    samples: Path | None = None,
    ranges: Path | None = None,
    cache: Path | None = None,
) -> None:
    """Writes ONNX Runtime's quantization of `model` to `out`, and the calibrated ranges to `ranges` if asked.

    `cache` is a file in ONNX Runtime's own format: read instead of calibrating when it exists, else written.
    """
    # Its hints about pre-processing say nothing here; failures are exceptions.
    logging.getLogger().setLevel(logging.ERROR)
    if mode == "dynamic":
        quantize_dynamic(model, out, **arguments(options))
        return
    if mode in ("nbits", "bnb4"):
        weights_only(model, mode, options, out)
        return
    if mode == "float16":
        to_float16(model, options, out)
        return
    with tempfile.TemporaryDirectory() as scratch:
        cache = cache or Path(scratch) / "ranges.json"
        if not cache.exists() and any(key in options.get("extra_options", {}) for key in OWN_KEYS):
            calibrate(model, samples, options, cache)
        reader = FolderReader(samples)
        quantize_static(model, out, reader, calibration_cache_path=cache, **configured(model, arguments(options), reader))
        if ranges:
            ranges.write_text(readable_ranges(json.loads(cache.read_text())["data"]))


def readable_ranges(data: dict) -> str:
    """{tensor: [min, max]} sorted by name, one tensor per line; each number is the exact value of the float32."""

    def number(value) -> float:
        return float(np.asarray(value["data"] if isinstance(value, dict) else value, np.float32).reshape(-1)[0])

    lines = [f"  {json.dumps(k)}: {json.dumps([number(v['lowest']), number(v['highest'])])}" for k, v in sorted(data.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("options", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--samples", type=Path)
    parser.add_argument("--ranges", type=Path)
    args = parser.parse_args()
    spec = json.loads(args.options.read_text())
    quantize(args.model, spec["mode"], spec["options"], args.output, args.samples, args.ranges)


if __name__ == "__main__":
    main()
