"""One cell of the matrix: ours and the reference's result for a model and a configuration, compared in every way.

    =  the same nodes in the same order, the same constants, the same outputs
    e  the same file, which ONNX Runtime has no kernel to run, or not with its optimizations
    r  the reference raises, does not end, or makes a file that is invalid or does not run; ours is valid and runs
    n  the reference fails as for r, and ours says why it cannot be done
    d  the files differ
    u  ours says why it cannot be done, though the reference makes a file that runs
    F  ours fails where the reference does not, is invalid, does not run, or gives other outputs in ONNX Runtime and in our executor
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import onnx
import ours
import outputs
from compare import compare
from npz import write_npz
from references import References
from tasks import Task

IDENTICAL, FAILED, DIFFERENT = "=e", "rn", "duF"


@dataclass
class Outcome:
    letter: str
    detail: str = ""


def differences_of(ours_file: Path, theirs: Path) -> str:
    report = compare(onnx.load(ours_file), onnx.load(theirs))
    return "; ".join(f"{name}: {len(wrong)} of {report.compared[name]}, e.g. {wrong[0]}" for name, wrong in report.differences.items())


def in_our_executor(program: Path, out: Path, sample: Path, scratch: Path) -> dict | ours.Failure:
    """Our executor's outputs of `out`, in the types that it takes."""
    feed = outputs.load_sample(sample)
    fitted = outputs.fitted(feed, outputs.open_session(out))
    file = scratch / "sample.npz"
    write_npz(file, fitted)
    return ours.run(program, out, file)


def judge(program: Path, references: References, task: Task, keep: Path | None = None, announce=lambda phase: None) -> Outcome:
    """`announce` is told which part begins: 'reference' or 'ours'. `keep` receives our file."""
    announce("reference")
    theirs, raised = references.get(task)
    announce("ours")
    sample = outputs.first_sample(task.samples)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        out = scratch / "out.onnx"
        failure = ours.convert(program, task.mode, task.model, task.options, task.samples, out)
        if keep and not failure:
            keep.write_bytes(out.read_bytes())
        their_outputs = outputs.run(theirs, sample) if theirs else f"raises {raised}"
        if failure:
            theirs_too = isinstance(their_outputs, str)
            letter = "F" if not failure.refused else "n" if theirs_too else "u"
            return Outcome(letter, f"ours: {failure.message}{'; the reference: ' + their_outputs if theirs_too else ''}")
        return judge_file(program, task, out, theirs, their_outputs, scratch)


def judge_file(program: Path, task: Task, out: Path, theirs: Path | None, their_outputs: dict | str, scratch: Path) -> Outcome:
    sample = outputs.first_sample(task.samples)
    unequal = differences_of(out, theirs) if theirs else ""
    problem = outputs.checker_problem(out)
    if problem and not (task.real and outputs.checker_problem(task.model)):
        both = isinstance(their_outputs, str) and theirs and not unequal
        return Outcome("e" if both else "F", f"ours is invalid: {problem}")
    our_outputs = outputs.run(out, sample)
    if isinstance(our_outputs, str):
        # Such as bfloat16, for which ONNX Runtime has few kernels: nothing tells the order of nodes it would run.
        if theirs and isinstance(their_outputs, str) and (not unequal or "NOT_IMPLEMENTED" in our_outputs):
            return Outcome("e", our_outputs)
        float_model = outputs.run(task.model, sample)
        return Outcome("n" if isinstance(float_model, str) else "F", f"ours does not run: {our_outputs}; the reference: {str(their_outputs)[:200]}")
    # ONNX Runtime computes float16 models in float32 on processors, while ours rounds each operation as devices with float16 do: through
    # a deep model, or where float16 overflows, that is another result.
    if sample and not (task.mode == "float16" and task.real):
        mine = in_our_executor(program, out, sample, scratch)
        if isinstance(mine, ours.Failure):
            return Outcome("F", f"our executor: {mine.message}")
        apart = outputs.disagreement(mine, our_outputs, out, sample, outputs.BY_ROUNDING)
        if apart:
            return Outcome("F", f"our executor and ONNX Runtime: {apart}")
    if task.real and not outputs.survives(out):
        return Outcome("F" if unequal else "e", f"ONNX Runtime's optimizations crash on it: {unequal}")
    optimized = outputs.run(out, sample, optimized=True)
    if isinstance(optimized, str):
        # Its optimizer puts float8 and blocked weights into kernels that do not take them, of any file.
        too = not theirs or isinstance(outputs.run(theirs, sample, optimized=True), str)
        letter = "F" if not too else "r" if isinstance(their_outputs, str) else "e" if not unequal else "d"
        return Outcome(letter, f"not with optimizations: {optimized}; the reference: {str(their_outputs)[:200] if letter == 'r' else unequal}")
    if isinstance(their_outputs, str):
        return Outcome("r", f"the reference {'' if theirs is None else 'does not run: '}{their_outputs}")
    if unequal:
        # Where it is but an old IR version that ONNX Runtime overlooks, the files are compared as any.
        invalid = outputs.checker_problem(theirs)
        optimized = outputs.run(theirs, sample, optimized=True)
        if invalid or isinstance(optimized, str):
            return Outcome("r", f"the reference is invalid: {invalid}" if invalid else f"the reference does not run with optimizations: {optimized}")
        return Outcome("d", unequal)
    apart = outputs.disagreement(our_outputs, their_outputs, theirs, sample, outputs.BY_CALIBRATION)
    return Outcome("F", f"equal files, but {apart}") if apart else Outcome("=")
