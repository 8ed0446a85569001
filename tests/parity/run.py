"""Quantizes with Quantab's native program and with ONNX Runtime, and compares: every model × configuration.

    run.py                     the models that the suite builds, and the defects of the reference
    run.py --real              the real models of ../shared/data as well
    run.py --golden            the committed fixtures alone

Options: --program build/release/quantab, --models SUBSTRING…, --configurations SUBSTRING…, --report FILE.tsv (all cells with details),
--results FILE.json (of a whole run: what docs/parity.md is made from), --verbose, --keep DIR (our files, for load_in_node.mjs).
ONNX Runtime's results are cached by content (model, samples, options, version) under ${QUANTAB_CACHE:-~/.cache/quantab}/parity-reference.

It prints a matrix, models down and configurations across, of the letters that cell.py tells; a dot is a pair that makes no sense. What
differs without a reason in differences.py is a `D`, and what fails an `F`. The last line is
`parity: N identical, N different, N reference failed`; the exit status is 1 when there is a D or an F, or when a defect is not as
defects.py has it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path

import onnx
import onnxruntime
from cell import DIFFERENT, FAILED, IDENTICAL, Outcome
from compare_check import check_comparison
from defects import DEFECTS, check_defect
from differences import DIFFERENCES, reason_for
from golden_cases import golden_tasks
from matrix import matrix_lines, matrix_of
from ours import PROGRAM
from references import References, cache_folder
from tasks import Task, built_tasks, real_tasks
from workers import judge_all

DETAIL = 600  # characters


def progress(done: int, total: int) -> None:
    if sys.stderr.isatty() and done % 10 == 0:
        print(f"\r{done}/{total}", end="", file=sys.stderr, flush=True)


def explained(task: Task, outcome: Outcome) -> str:
    """The reason for a difference that is on purpose; empty if there is none."""
    return reason_for(task.label, task.variant, outcome.letter) if outcome.letter in DIFFERENT else ""


def judge_tasks(tasks: list[Task], args) -> list[tuple[Task, Outcome]]:
    order = {(task.label, task.variant): index for index, task in enumerate(tasks)}
    results = []
    for task, outcome in judge_all(tasks, args.program, args.keep):
        if outcome.letter == "d" and not explained(task, outcome):
            outcome.letter = "D"
        results.append((task, outcome))
        progress(len(results), len(tasks))
        if args.verbose or outcome.letter in "DF" or (outcome.letter == "u" and not explained(task, outcome)):
            print(f"{outcome.letter}  {task.label}  {task.variant}: {outcome.detail}"[:DETAIL], flush=True)
    return sorted(results, key=lambda r: order[r[0].label, r[0].variant])


def judge_golden(args) -> int:
    """The committed fixtures; the number of those that are not as index.json says."""
    tasks, expected = golden_tasks(args.models)
    wrong = 0
    for task, outcome in judge_all(tasks, args.program, args.keep):
        good = outcome.letter in IDENTICAL if expected[task.label] == "equal" else outcome.letter != "F"
        wrong += not good
        if not good or args.verbose:
            print(f"{outcome.letter}  {'ok' if good else 'FAIL'}  {task.label}: {outcome.detail}"[:DETAIL], flush=True)
    print(f"{len(tasks) - wrong} passed, {wrong} failed")
    return wrong


def judge_defects(args) -> list[dict]:
    """A row for each defect; `problem` is what is not as described."""
    references = References(cache_folder("parity-reference"))
    rows = []
    for defect in DEFECTS:
        row = check_defect(defect, args.program, references)
        rows.append(row)
        print(f"{'FAIL' if row['problem'] else 'ok  '}  {defect.name}: {row['problem'] or row['reference'] + '; ours: ' + row['ours']}"[:DETAIL])
    return rows


def unused_reasons(results: list[tuple[Task, Outcome]]) -> list[str]:
    """Listed differences of built models (real ones have a folder in their name) that no cell shows any more."""
    used = {explained(task, outcome) for task, outcome in results}
    return [d.reason for d in DIFFERENCES if d.reason not in used and any("/" not in model for model in d.models)]


def failure_kind(detail: str) -> str:
    """What the reference did, without the names and shapes of one model."""
    text = re.sub(r"^.*?the reference:? (raises )?|\S+(?= in initializer but not)", "", detail)
    text = re.sub(r"'[^']*'|\{[^}]*\}|\([^)]*\)|\[[^\]]*\]", "…", text)
    return re.sub(r"\b(node|Node|Initializer|Name|size|Expected|rank-?):? ?\S+", r"\1 …", text)[:120]


def write_results(path: Path, results: list[tuple[Task, Outcome]], defects: list[dict]) -> None:
    reasons = Counter(filter(None, (explained(task, outcome) for task, outcome in results)))
    failures = Counter(failure_kind(outcome.detail) for _, outcome in results if outcome.letter in FAILED)
    content = {
        "made_with": {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__},
        "matrix": matrix_of(results),
        "differences": [{"reason": reason, "cells": count} for reason, count in reasons.most_common()],
        "reference_failures": [{"what": what, "cells": count} for what, count in failures.most_common()],
        "defects": [{key: value for key, value in row.items() if key != "problem"} for row in defects],
    }
    path.write_text(json.dumps(content, indent=2) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--golden", action="store_true")
    parser.add_argument("--models", nargs="*", default=[])
    parser.add_argument("--configurations", nargs="*", default=[])
    parser.add_argument("--report", type=Path)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    if not args.program.exists():
        raise SystemExit(f"'{args.program}' is absent: build it with `cmake --build --preset release`.")
    if args.results and (args.models or args.configurations or args.real):
        raise SystemExit("--results is for a whole run over the built models: leave out --models, --configurations and --real.")
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
    return args


def main() -> None:
    args = parse()
    check_comparison()
    if args.golden:
        raise SystemExit(1 if judge_golden(args) else 0)
    tasks = built_tasks(args.models, args.configurations)
    if args.real:
        tasks += real_tasks(args.models, args.configurations)
    whole = not args.models and not args.configurations
    results = judge_tasks(tasks, args)
    defects = judge_defects(args) if whole else []
    print("\n".join(matrix_lines(matrix_of(results))))
    unused = unused_reasons(results) if whole and not args.real else []
    for reason in unused:
        print(f"FAIL  no cell differs any more for the reason: {reason}")
    if args.report:
        rows = ["\t".join((o.letter, t.label, t.variant, explained(t, o), o.detail)) for t, o in results]
        args.report.write_text("\n".join(rows) + "\n")
    if args.results:
        write_results(args.results, results, defects)
    letters = Counter(outcome.letter for _, outcome in results)
    count = {kind: sum(letters[letter] for letter in kind) for kind in (IDENTICAL, FAILED, DIFFERENT + "D")}
    unexplained = [t for t, o in results if o.letter in DIFFERENT + "D" and not explained(t, o)]
    mended = sum(bool(row["problem"]) for row in defects)
    print(f"{len(unexplained)} differ without a reason, {mended} of {len(defects)} defects are not as described")
    print(f"parity: {count[IDENTICAL]} identical, {count[DIFFERENT + 'D']} different, {count[FAILED]} reference failed")
    raise SystemExit(1 if unexplained or unused or mended or not results else 0)


if __name__ == "__main__":
    main()
