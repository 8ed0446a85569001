"""Calibrates a model with ONNX Runtime's Python tools and prints the seconds it took and the peak of its memory.

    calibrate.py MODEL FOLDER METHOD      FOLDER: one .npy per sample, for the model's only input
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, create_calibrator


class Reader(CalibrationDataReader):
    def __init__(self, name: str, folder: Path) -> None:
        self.samples = iter([{name: np.load(file)} for file in sorted(folder.glob("*.npy"))])

    def get_next(self):
        return next(self.samples, None)


model, folder, method = Path(sys.argv[1]), Path(sys.argv[2]), CalibrationMethod[sys.argv[3]]
reader = Reader(onnx.load(model).graph.input[0].name, folder)
with tempfile.TemporaryDirectory() as scratch:
    start = time.perf_counter()
    calibrator = create_calibrator(model, augmented_model_path=f"{scratch}/augmented.onnx", calibrate_method=method)
    calibrator.collect_data(reader)
    calibrator.compute_data()
    seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
