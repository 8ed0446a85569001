"""ONNX Runtime's results, made once for each model, samples, options and version, and kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

import onnx
import onnxruntime
from reference import quantize

# Of the processor, so that a busy machine changes nothing; what ends takes a tenth of it at most.
LIMIT = 3.0
LIMIT_REAL = 300.0


def cache_folder(name: str) -> Path:
    return Path(os.environ.get("QUANTAB_CACHE", Path.home() / ".cache" / "quantab")) / name


def digest(*parts: bytes | str) -> str:
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:24]


def folder_digest(folder: Path | None) -> str:
    return digest(*(p.read_bytes() for p in sorted(folder.glob("*.npz")))) if folder else ""


def companions(model: Path) -> list[Path]:
    return sorted(model.parent.glob("*.data")) + sorted(model.parent.glob("*.bin"))


def model_digest(model: Path) -> str:
    """Of the file, and of the files beside it when its weights are there."""
    return digest(model.read_bytes(), *(p.read_bytes() for p in companions(model)))


class Endless(Exception):
    """It was still running."""


@contextmanager
def processor_time(seconds: float):
    """Raises Endless in the block once this process has used so many seconds of the processor."""

    def stop(*_):
        raise Endless("still running when it was stopped")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def private(model: Path):
    """A copy of the model's file, since the quantizer writes files of its own beside it; itself where its weights are elsewhere."""
    if companions(model):
        yield model
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copyfile(model, Path(folder) / "model.onnx"))


class References:
    """`get` gives the reference's file for a task, or None and what was raised instead."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.digests: dict = {}

    def digest_of(self, path, function):
        if path not in self.digests:
            self.digests[path] = function(path)
        return self.digests[path]

    def place(self, task) -> tuple[Path, Path, Path | None]:
        """The result, the error's text, and the ranges that option sets which calibrate alike share."""
        content = [
            f"onnxruntime {onnxruntime.__version__} onnx {onnx.__version__}",
            self.digest_of(task.model, model_digest),
            self.digest_of(task.samples, folder_digest) if task.mode == "static" else "",
        ]
        key = digest(*content, task.mode, json.dumps(task.options, sort_keys=True))
        extra = task.options.get("extra_options", {})
        calibration = {k: v for k, v in extra.items() if k.startswith("Calib")}
        # A configuration calibrates the operators of the nodes that are left.
        nodes = [task.options["config"], task.options.get("nodes_to_exclude", [])] if "config" in task.options else []
        # Types of other sizes may need another operator set, and its conversion other names.
        types = [task.options.get(f"{side}_type", "QInt8") for side in ("activation", "weight")]
        wide = [name for name in types if not name.endswith("Int8")]
        which = json.dumps([calibration, sorted(task.options.get("op_types_to_quantize", [])), *nodes, *wide], sort_keys=True)
        shared = task.options.get("calibrate_method", "MinMax") == "MinMax" and task.real
        ranges = self.folder / f"{digest(*content, which)}.ranges.json" if shared else None
        return self.folder / f"{key}.onnx", self.folder / f"{key}.error", ranges

    def get(self, task) -> tuple[Path | None, str]:
        out, error, ranges = self.place(task)
        if out.exists():
            return out, ""
        if error.exists():
            return None, error.read_text()
        scratch = out.with_suffix(f".{os.getpid()}")
        try:
            with private(task.model) as model, processor_time(LIMIT_REAL if task.real else LIMIT):
                quantize(model, task.mode, task.options, scratch, task.samples, cache=ranges)
        except Exception as problem:  # noqa: BLE001 (whatever it raises is its result)
            scratch.unlink(missing_ok=True)
            return None, self.keep_error(task, f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}")
        scratch.rename(out)
        return out, ""

    def keep_error(self, task, text: str) -> str:
        self.place(task)[1].write_text(text)
        return text
