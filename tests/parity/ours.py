"""Calling Quantab's native program with ONNX Runtime's option names."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "release" / "quantab"
# Its exit status when it says no; anything else is a breakdown.
REFUSED = 1
LIMIT = 600  # seconds


@dataclass
class Failure:
    """Why the program made nothing. `refused`: it said what is wrong with what it was asked."""

    message: str
    refused: bool


def flag_name(key: str) -> str:
    """ONNX Runtime's key as the program's flag: 'per_channel' → 'per-channel', 'AddQDQPairToWeight' → 'add-qdq-pair-to-weight'."""
    if key == "extra.Sigmoid.nnapi":
        return "sigmoid-nnapi"
    words = key.replace("MatMul", "Matmul")
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words)
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words)
    return words.lower().replace("_", "-")


def flag_value(value) -> str:
    """A comma within a name is escaped; objects are JSON."""
    if isinstance(value, list):
        return ",".join(item.replace(",", "\\,") for item in value)
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def flags(options: dict) -> list[str]:
    plain = {key: value for key, value in options.items() if key != "extra_options"}
    return [f"--{flag_name(key)}={flag_value(value)}" for key, value in {**plain, **options.get("extra_options", {})}.items()]


def call(command: list[str]) -> Failure | str:
    """What it printed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return Failure(f"still running after {LIMIT} s", False)
    if done.returncode == 0:
        return done.stdout
    lines = (done.stderr or done.stdout).strip().splitlines()
    return Failure(f"exit {done.returncode}: {lines[-1] if lines else 'no message'}", done.returncode == REFUSED)


def convert(program: Path, mode: str, model: Path, options: dict, samples: Path | None, out: Path) -> Failure | None:
    """Makes `out`; None, or why not."""
    command = [str(program), mode, str(model), "-o", str(out), "--quiet", *flags(options)]
    if mode == "static":
        command += ["--calibration-data", str(samples)]
    done = call(command)
    return done if isinstance(done, Failure) else None


def run(program: Path, model: Path, sample: Path) -> dict[str, np.ndarray] | Failure:
    """The model's outputs for one .npz file of inputs."""
    with tempfile.TemporaryDirectory() as scratch:
        done = call([str(program), "run", str(model), f"--input={sample}", "--output-dir", scratch, "--quiet", "--json"])
        if isinstance(done, Failure):
            return done
        return {output["name"]: np.load(output["file"]) for output in json.loads(done)["outputs"]}
