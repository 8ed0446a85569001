"""Whether a model is valid, loads and runs, and whether two sets of outputs agree."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from compare import HALF_TOLERANCE, SCALE_TOLERANCE
from onnx import numpy_helper

# How far apart two outputs may be, as a part of the output's largest magnitude: one step of an 8-bit range. Two executors, or two
# calibrations, differ in the last bits of a value; where it lies between two steps, the next quantization makes a whole step of that.
STEP = 1 / 255
# A step taken in an inner layer may come out as several. How many is measured with ONNX Runtime alone: by copies of the model whose
# scales are moved at random. Twice the largest move is let pass.
COPIES = 12
# How far they are moved: by what two executors make of one sum, or by what two calibrations may differ.
BY_ROUNDING = 1e-6
BY_CALIBRATION = SCALE_TOLERANCE


def brief(problem: Exception) -> str:
    """Its first line, without where the file was and where in ONNX Runtime's source it was raised."""
    line = (str(problem).strip() or type(problem).__name__).splitlines()[0]
    line = re.sub(r"^\[ONNXRuntimeError\] : \d+ : |Load model from \S+ failed:\s*|This is an invalid model\. ", "", line)
    return re.sub(r"\S*/onnxruntime_src/\S+", "", line)


def open_session(model: Path | bytes, optimized: bool = False) -> onnxruntime.InferenceSession:
    """Outputs are compared without optimizations, which replace Q/DQ by kernels that round in other places."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    settings.intra_op_num_threads = 1
    if not optimized:
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])


def load_sample(sample: Path) -> dict[str, np.ndarray]:
    with np.load(sample) as arrays:
        return dict(arrays)


def first_sample(samples: Path | None) -> Path | None:
    return min(samples.glob("*.npz"), default=None) if samples else None


def fitted(feed: dict[str, np.ndarray], session: onnxruntime.InferenceSession) -> dict[str, np.ndarray]:
    """The feed in the types that the model takes now: a float16 model may take float16."""
    halves = {i.name for i in session.get_inputs() if i.type == "tensor(float16)"}
    return {name: value.astype(np.float16) if name in halves else value for name, value in feed.items()}


def run(model: Path, sample: Path | None, optimized: bool = False) -> dict[str, np.ndarray] | str:
    """ONNX Runtime's outputs ({} without a sample), or why it does not load or run the model."""
    try:
        session = open_session(model, optimized)
        if sample is None:
            return {}
        names = [o.name for o in session.get_outputs()]
        values = session.run(None, fitted(load_sample(sample), session))
    except Exception as problem:  # noqa: BLE001 (its exceptions have no common base)
        return brief(problem)
    return dict(zip(names, values, strict=True))


def survives(model: Path) -> bool:
    """Whether ONNX Runtime's optimizations load the model, or refuse it, without bringing the process down."""
    child = os.fork()
    if child == 0:
        with suppress(Exception):
            open_session(model, optimized=True)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def checker_problem(model: Path) -> str:
    """What the official checker has against the model; empty if nothing."""
    try:
        onnx.checker.check_model(model)
    except Exception as problem:  # noqa: BLE001 (checker and protobuf errors)
        return brief(problem)
    return ""


def steps_apart(actual: np.ndarray | None, expected: np.ndarray) -> float:
    """How many steps two outputs are apart at most; infinite where they are not even alike in shape or in what is finite."""
    if actual is None or actual.shape != expected.shape or actual.dtype != expected.dtype:
        return np.inf
    if expected.size == 0 or expected.dtype.kind not in "fiub":
        return 0
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(b)
    if (np.isfinite(a) != finite).any():
        return np.inf
    error = np.abs(a[finite] - b[finite]).max(initial=0)
    size = np.abs(b[finite]).max(initial=0)
    return 0 if error == 0 else error / size / STEP if size else np.inf


def moved(model: onnx.ModelProto, by: float, random: np.random.RandomState) -> onnx.ModelProto:
    """A copy whose scales are moved by up to the part `by` of themselves; those of float16 by the last of their bits at least."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for tensor in copy.graph.initializer:
        if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16) and tensor.name.endswith("_scale"):
            values = numpy_helper.to_array(tensor)
            part = max(by, HALF_TOLERANCE) if values.dtype == np.float16 else by
            factors = 1 + part * (2 * random.rand(*values.shape) - 1)
            tensor.CopyFrom(numpy_helper.from_array((values * factors).astype(values.dtype), tensor.name))
    return copy


def spread(model: Path, sample: Path, expected: dict[str, np.ndarray], by: float) -> dict[str, float]:
    """By output: how many steps rounding alone moves it."""
    loaded = onnx.load(model)
    random = np.random.RandomState(5)
    most = dict.fromkeys(expected, 0.0)
    for _ in range(COPIES):
        session = open_session(moved(loaded, by, random).SerializeToString())
        try:
            values = session.run(list(expected), fitted(load_sample(sample), session))
        except Exception:  # noqa: BLE001 (a shape that is computed from what was moved)
            continue
        for name, value in zip(expected, values, strict=True):
            most[name] = max(most[name], steps_apart(value, expected[name]))
    return most


def disagreement(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], model: Path, sample: Path, by: float) -> str:
    """Where two sets of outputs of `model` are further apart than scales that differ by `by` explain; empty if nowhere."""
    arrays = {name: value for name, value in theirs.items() if isinstance(value, np.ndarray)}
    apart = {name: steps_apart(ours.get(name), value) for name, value in arrays.items()}
    if max(apart.values(), default=0) <= 1:
        return ""
    allowed = spread(model, sample, arrays, by)
    wrong = [
        f"'{name}' is off by {steps:.1f} steps, rounding explains {2 * allowed[name]:.1f}"
        for name, steps in apart.items()
        if steps > max(1, 2 * allowed[name])
    ]
    return "output " + ", ".join(wrong) if wrong else ""


def signal_to_noise(clean: dict[str, np.ndarray], noisy: dict[str, np.ndarray]) -> float:
    """In dB, over all float outputs; infinite when they are equal."""
    floats = [name for name, value in clean.items() if value.dtype.kind == "f"]
    a = np.concatenate([clean[name].astype(np.float64).ravel() for name in floats])
    b = np.concatenate([noisy[name].astype(np.float64).ravel() for name in floats])
    noise = np.linalg.norm(a - b)
    return float("inf") if noise == 0 else float(20 * np.log10(max(np.linalg.norm(a), 1e-30) / noise))
