"""Quantizes with Quantab's native program and with ONNX Runtime, and compares.

    run.py                     the real models of ../shared/data, each with every option set of matrix.py
    run.py --golden            the committed fixtures
    run.py --reference-only    only fill the cache of ONNX Runtime's results

Options: --program build/release/quantab, --models SUBSTRING…, --sets SUBSTRING…, --report FILE.tsv, --verbose, --keep DIR (our files
and their first samples, for load_in_node.mjs).
ONNX Runtime's results are cached by content (model, samples, options, version) under ${QUANTAB_CACHE:-~/.cache/quantab}/parity-reference.

Each pair is one of
  equal      same nodes, constants, weights, scales and zero points; calibrated scales within 1e-4
  weights    quantized weights, their scales and zero points equal to the bit; something else differs
  differs    a quantized weight, or its scale or zero point, differs
  ours       ONNX Runtime's quantizer raises or its result does not run; ours runs
  neither    ONNX Runtime's quantizer raises, and so do we; or ONNX Runtime does not even run the float model
  refused    our program says that it does not support the model
  fails      our program fails otherwise, or its result does not load and run
and the last line is `N passed, N failed`: `equal`, `weights`, `ours` and `neither` pass.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from compare import Report, compare
from matrix import OPTION_SETS
from reference import quantize
from samples import DATA, DYNAMIC_ONLY, FEEDS, default_out, prepare

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "parity" / "golden"
PASSING = ("equal", "weights", "ours", "neither")
# What has to be equal for "weights".
ESSENTIAL = ("quantized weights", "scales of weights", "zero points of weights")

# extra_options key → flag.
EXTRA_FLAGS = {
    "ActivationSymmetric": "activation-symmetric",
    "ActivationRestrictedAsymmetric": "activation-restricted-asymmetric",
    "WeightSymmetric": "weight-symmetric",
    "MatMulConstBOnly": "matmul-const-b-only",
    "CalibTensorRangeSymmetric": "calib-tensor-range-symmetric",
    "CalibMovingAverage": "calib-moving-average",
    "CalibMovingAverageConstant": "calib-moving-average-constant",
    "QuantizeBias": "quantize-bias",
    "AddQDQPairToWeight": "add-qdq-pair-to-weight",
    "DedicatedQDQPair": "dedicated-qdq-pair",
    "OpTypesToExcludeOutputQuantization": "op-types-to-exclude-output-quantization",
    "ForceQuantizeNoInputCheck": "force-quantize-no-input-check",
    "QDQKeepRemovableActivations": "qdq-keep-removable-activations",
    "QDQDisableWeightAdjustForInt32Bias": "qdq-disable-weight-adjust-for-int32-bias",
    "MinimumRealRange": "minimum-real-range",
}


def flags(options: dict) -> list[str]:
    """The program's flags for ONNX Runtime's arguments; a comma within a name is escaped."""
    result = []
    plain = {key.replace("_", "-"): value for key, value in options.items() if key != "extra_options"}
    extra = {EXTRA_FLAGS[key]: value for key, value in options.get("extra_options", {}).items()}
    for name, value in {**plain, **extra}.items():
        text = ",".join(v.replace(",", "\\,") for v in value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)
        result.append(f"--{name}={text}")
    return result


@dataclass
class Task:
    label: str
    variant: str
    model: Path
    mode: str
    options: dict
    samples: Path | None


@dataclass
class Outcome:
    status: str
    detail: str
    report: Report | None = None


def digest(*parts: bytes | str) -> str:
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:24]


def folder_digest(folder: Path | None) -> str:
    return digest(*(p.read_bytes() for p in sorted(folder.glob("*.npz")))) if folder else ""


def model_digest(model: Path) -> str:
    """Of the file, and of the files beside it when its weights are there."""
    companions = sorted(model.parent.glob("*.data")) + sorted(model.parent.glob("*.bin"))
    return digest(model.read_bytes(), *(p.read_bytes() for p in companions))


class References:
    """ONNX Runtime's results, made once per content."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.digests: dict = {}

    def digest_of(self, path, function):
        if path not in self.digests:
            self.digests[path] = function(path)
        return self.digests[path]

    def get(self, task: Task) -> tuple[Path | None, str]:
        """The quantized file, or None and what was raised."""
        content = [
            f"onnxruntime {onnxruntime.__version__} onnx {onnx.__version__}",
            self.digest_of(task.model, model_digest),
            self.digest_of(task.samples, folder_digest) if task.mode == "static" else "",
        ]
        key = digest(*content, task.mode, json.dumps(task.options, sort_keys=True))
        out, error = self.folder / f"{key}.onnx", self.folder / f"{key}.error"
        if out.exists():
            return out, ""
        if error.exists():
            return None, error.read_text()
        # One calibration serves all option sets that calibrate alike.
        calibration = {k: v for k, v in task.options.get("extra_options", {}).items() if k.startswith("Calib")}
        which = json.dumps([calibration, sorted(task.options.get("op_types_to_quantize", []))], sort_keys=True)
        cache = self.folder / f"{digest(*content, which)}.ranges.json"
        scratch = self.folder / f"{key}.partial"
        try:
            quantize(task.model, task.mode, task.options, scratch, task.samples, cache=cache)
        except Exception as problem:  # noqa: BLE001 (whatever it raises is its result)
            scratch.unlink(missing_ok=True)
            text = f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}"
            error.write_text(text)
            return None, text
        scratch.rename(out)
        return out, ""


def problem_of(model: Path, samples: Path | None) -> str:
    """Why ONNX Runtime does not load the model, or run it on its first sample; empty if it does."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    settings.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
        first = min(samples.glob("*.npz"), default=None) if samples else None
        if first:
            with np.load(first) as feed:
                session.run(None, dict(feed))
    except Exception as problem:  # noqa: BLE001 (its exceptions have no common base)
        return str(problem).splitlines()[0]
    return ""


def run_program(program: Path, task: Task, out: Path) -> str:
    """Runs the program; its message if it failed."""
    command = [str(program), task.mode, str(task.model), "-o", str(out), *flags(task.options)]
    if task.mode == "static":
        command += ["--calibration-data", str(task.samples)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        return f"exit {done.returncode}: {lines[-1] if lines else 'no message'}"
    return ""


def keep_in(folder: Path, task: Task, out: Path) -> None:
    """Leaves the quantized file, its first sample and its name in `folder`, numbered."""
    folder.mkdir(parents=True, exist_ok=True)
    number = f"{len(list(folder.glob('*.onnx'))):05}"
    shutil.copyfile(out, folder / f"{number}.onnx")
    first = min(task.samples.glob("*.npz"), default=None) if task.samples else None
    if first:
        shutil.copyfile(first, folder / f"{number}.npz")
    (folder / f"{number}.txt").write_text(f"{task.label}  {task.variant}\n")


def judge(program: Path, references: References, task: Task, keep: Path | None) -> Outcome:
    reference, raised = references.get(task)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out.onnx"
        failure = run_program(program, task, out)
        if failure:
            status = "refused" if "Unsupported" in failure else "fails"
            return Outcome(status if reference else "neither", failure if reference else f"{failure}; reference: {raised}")
        if keep:
            keep_in(keep, task, out)
        failure = problem_of(out, task.samples)
        if failure:
            theirs = problem_of(reference, task.samples) if reference else raised
            status = "neither" if problem_of(task.model, task.samples) else "fails"
            return Outcome(status, f"{failure}{'; the reference does not run either' if theirs else ''}")
        if reference is None:
            return Outcome("ours", f"reference raises {raised}")
        symmetric = task.options.get("extra_options", {}).get("CalibTensorRangeSymmetric", False)
        report = compare(onnx.load(out), onnx.load(reference), symmetric_ranges=symmetric)
    if not report.differences:
        return Outcome("equal", f"{report.scale_error:.1e}", report)
    detail = "; ".join(f"{name}: {len(wrong)} of {report.compared[name]}, e.g. {wrong[0]}" for name, wrong in report.differences.items())
    essential = [name for name in ESSENTIAL if name in report.differences]
    # A weight that only one side has shows as a name, so names decide too.
    missing = [text for text in report.differences.get("names of constants", []) if "reference alone" in text and "_quantized'" in text]
    if essential or missing:
        if problem_of(reference, task.samples):
            return Outcome("ours", f"the reference does not run; {detail}", report)
        return Outcome("differs", detail, report)
    return Outcome("weights", detail, report)


def first_and_middle(model: Path) -> dict[str, str]:
    graph = onnx.load(model, load_external_data=False).graph
    constants = {t.name for t in graph.initializer}
    names = [n.name for n in graph.node if n.op_type in ("Conv", "MatMul") and len(n.input) > 1 and n.input[1] in constants]
    if not names or not all(names) or len(set(names)) != len(names):
        return {}
    return {"{first}": names[0], "{middle}": names[len(names) // 2]}


def real_tasks(data: Path, models: list[str], sets: list[str]) -> list[Task]:
    tasks = []
    for model in [*FEEDS, *DYNAMIC_ONLY]:
        if models and not any(part in model for part in models):
            continue
        samples = prepare(data, default_out(), model) if model in FEEDS else None
        places = first_and_middle(data / model)
        for variant, (mode, options) in OPTION_SETS.items():
            if sets and not any(part in variant for part in sets) or (mode == "static" and samples is None):
                continue
            text = json.dumps(options)
            if "{" in text.replace("{", "", 1) and any(place in text for place in ("{first}", "{middle}")):
                if not places:
                    continue
                for place, name in places.items():
                    text = text.replace(place, json.dumps(name)[1:-1])
            tasks.append(Task(model.removesuffix(".onnx"), variant, data / model, mode, json.loads(text), samples))
    return tasks


def golden_tasks(models: list[str], sets: list[str]) -> tuple[list[Task], dict[str, dict]]:
    entries = {e["name"]: e for e in json.loads((GOLDEN / "index.json").read_text())["cases"]}
    tasks = []
    for name, entry in entries.items():
        if (models and not any(part in entry["model"] for part in models)) or (sets and not any(part in name for part in sets)):
            continue
        spec = json.loads((GOLDEN / "cases" / name / "options.json").read_text())
        model = entry["model"]
        tasks.append(Task(name, "golden", GOLDEN / "models" / f"{model}.onnx", spec["mode"], spec["options"], GOLDEN / "samples" / model))
    return tasks, entries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "release" / "quantab")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--reference-only", action="store_true")
    parser.add_argument("--models", nargs="*", default=[])
    parser.add_argument("--sets", nargs="*", default=[])
    parser.add_argument("--report", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()

    entries: dict[str, dict] = {}
    if args.golden:
        tasks, entries = golden_tasks(args.models, args.sets)
    elif args.data.is_dir():
        tasks = real_tasks(args.data, args.models, args.sets)
    else:
        raise SystemExit(f"'{args.data}' is absent: the shared models and samples are needed here. `--golden` needs none.")
    cache = Path(os.environ.get("QUANTAB_CACHE", Path.home() / ".cache" / "quantab")) / "parity-reference"
    references = References(cache)

    if args.reference_only:
        raised = 0
        for number, task in enumerate(tasks, 1):
            begin = time.perf_counter()
            _, text = references.get(task)
            raised += bool(text)
            if text or time.perf_counter() - begin > 5:
                print(f"{number}/{len(tasks)}  {task.label}  {task.variant}  {time.perf_counter() - begin:.1f} s  {text}", flush=True)
        print(f"{len(tasks)} references, {raised} raised")
        return
    if not args.program.exists():
        raise SystemExit(f"'{args.program}' is absent: build it with `cmake --build --preset release`.")

    rows, failed = [], 0
    for number, task in enumerate(tasks, 1):
        outcome = judge(args.program, references, task, args.keep)
        entry = entries.get(task.label, {})
        good = outcome.status == "equal" if entry.get("expect") == "equal" else outcome.status in PASSING
        if entry.get("expect") == "differs":
            good = outcome.status != "fails"
        failed += not good
        rows.append((task.label, task.variant, outcome.status, "ok" if good else "FAIL", outcome.detail))
        if not good or args.verbose:
            print(f"{number}/{len(tasks)}  {'ok  ' if good else 'FAIL'}  {task.label}  {task.variant}  {outcome.status}: {outcome.detail}"[:700], flush=True)
    if args.report:
        args.report.write_text("\n".join("\t".join(row) for row in [("model", "options", "status", "verdict", "detail"), *rows]) + "\n")

    table = {}
    for label, _, status, _, _ in rows:
        table.setdefault(label, Counter())[status] += 1
    if not args.golden:
        statuses = ["equal", "weights", "differs", "ours", "neither", "refused", "fails"]
        width = max(map(len, table), default=0)
        print(f"{'model':{width}}  " + "  ".join(f"{s:>7}" for s in statuses))
        for label, counts in table.items():
            print(f"{label:{width}}  " + "  ".join(f"{counts[s]:7}" for s in statuses))
    total = Counter(status for _, _, status, _, _ in rows)
    compared = total["equal"] + total["weights"] + total["differs"]
    print(f"{len(table)} {'cases' if args.golden else 'models'}, {len(rows)} runs: " + ", ".join(f"{count} {status}" for status, count in total.most_common()))
    print(f"quantized weights equal to the bit in {total['equal'] + total['weights']} of {compared} comparable runs")
    print(f"{len(rows) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
