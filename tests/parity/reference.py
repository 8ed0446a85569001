"""Runs ONNX Runtime's own quantizer on one model, with options given as data.

    reference.py MODEL OPTIONS.json -o OUT.onnx [--samples DIR] [--ranges OUT.json]

OPTIONS.json is {"mode": "dynamic" | "static", "options": {…}}: the options are the Python argument names of
`quantize_dynamic` / `quantize_static`, enums as their names ("QInt8", "MinMax"). A static run reads DIR/*.npz in name order,
each keyed by input name, and can write the calibrated ranges as {tensor: [min, max]}.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from pathlib import Path

import numpy as np
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)

ENUMS = {
    "weight_type": QuantType,
    "activation_type": QuantType,
    "quant_format": QuantFormat,
    "calibrate_method": CalibrationMethod,
}


class FolderReader(CalibrationDataReader):
    """Feeds the .npz files of a folder in name order."""

    def __init__(self, folder: Path):
        self.files = iter(sorted(Path(folder).glob("*.npz")))

    def get_next(self):
        path = next(self.files, None)
        if path is None:
            return None
        with np.load(path) as arrays:
            return dict(arrays)


def arguments(options: dict) -> dict:
    """The options with enum names turned into enum values; a fresh copy, since the quantizer edits its arguments."""
    result = json.loads(json.dumps(options))
    for key, enum in ENUMS.items():
        if key in result:
            result[key] = enum[result[key]]
    return result


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
    with tempfile.TemporaryDirectory() as scratch:
        cache = cache or Path(scratch) / "ranges.json"
        quantize_static(model, out, FolderReader(samples), calibration_cache_path=cache, **arguments(options))
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
