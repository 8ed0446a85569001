"""Makes the golden fixtures: tiny models, samples, options and what ONNX Runtime's quantizer makes of them.

    make_golden.py [--check] [--case NAME]

Writes tests/parity/golden (see README.md for the layout). `--check` writes nothing and fails if anything would change.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from golden_cases import GOLDEN, cases, reason
from models import MODELS
from models.graph import samples
from npz import write_npz
from reference import quantize


def write_json(path: Path, value) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")


def runs(model: Path, feed: dict[str, np.ndarray]) -> bool:
    """Whether ONNX Runtime loads and runs the model; its message goes to stderr when it does not."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    try:
        onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"]).run(None, feed)
        return True
    except Exception as error:  # noqa: BLE001 (its exceptions have no common base)
        print(f"  {model.parent.name}: {str(error).splitlines()[0]}", file=sys.stderr)
        return False


def make(root: Path, only: str | None) -> None:
    index = []
    wanted = [case for case in cases() if only is None or case[0] == only]
    feeds = {}
    for name in sorted({case[1] for case in wanted}):
        model = MODELS[name]()
        onnx.checker.check_model(model, full_check=True)
        (root / "models").mkdir(parents=True, exist_ok=True)
        (root / "models" / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
        feeds[name] = samples(model)
        folder = root / "samples" / name
        folder.mkdir(parents=True, exist_ok=True)
        for i, feed in enumerate(feeds[name]):
            write_npz(folder / f"{i:03}.npz", feed)
        if not runs(root / "models" / f"{name}.onnx", feeds[name][0]):
            raise SystemExit(f"the float model '{name}' does not run")

    for name, model, mode, options, tags in wanted:
        folder = root / "cases" / name
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "options.json", {"mode": mode, "model": model, "options": options})
        expected = folder / "expected.onnx"
        why = reason(name, tags[-1])
        entry = {"name": name, "mode": mode, "model": model, "tags": tags}
        try:
            quantize(
                root / "models" / f"{model}.onnx",
                mode,
                options,
                expected,
                root / "samples" / model,
                folder / "ranges.json" if mode == "static" else None,
            )
            entry["runs"] = runs(expected, feeds[model][0])
        except Exception as error:  # noqa: BLE001 (whatever it raises is recorded, if it was foreseen)
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            if not why:
                raise SystemExit(f"{name}: unforeseen {type(error).__name__}: {error}") from error
            entry["error"] = f"{type(error).__name__}: {error}"
        entry["expect"] = "differs" if why else "equal"
        if why:
            entry["reason"] = why
        index.append(entry)
    versions = {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__, "numpy": np.__version__}
    write_json(root / "index.json", {"made_with": versions, "cases": index})


def differences(left: Path, right: Path) -> list[str]:
    names = {p.relative_to(root) for root in (left, right) for p in root.rglob("*") if p.is_file()}
    return [
        str(name)
        for name in sorted(names)
        if not (left / name).is_file()
        or not (right / name).is_file()
        or not filecmp.cmp(left / name, right / name, shallow=False)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--case", help="make this case alone, into a scratch folder whose path is printed")
    args = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="golden."))
    make(scratch, args.case)
    if args.case:
        print(scratch)
        return
    changed = differences(scratch, GOLDEN)
    if args.check:
        shutil.rmtree(scratch)
        if changed:
            raise SystemExit("tests/parity/golden is out of step; run tests/parity/make_golden.py. " + ", ".join(changed[:5]))
        print(f"{len(cases())} golden cases in step")
        return
    shutil.rmtree(GOLDEN, ignore_errors=True)
    shutil.copytree(scratch, GOLDEN)
    shutil.rmtree(scratch)
    size = sum(p.stat().st_size for p in GOLDEN.rglob("*") if p.is_file())
    print(f"{len(cases())} cases, {size} bytes, {len(changed)} files changed")


if __name__ == "__main__":
    main()
