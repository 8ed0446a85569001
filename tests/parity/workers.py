"""Judging cells in processes of their own, so that one that crashes or does not end costs only its cell.

    workers.py --worker PROGRAM        reads a task a line from standard input, answers with lines of JSON
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import ours
import outputs
from cell import Outcome, judge
from references import LIMIT, LIMIT_REAL, References, cache_folder
from tasks import Task

PROCESSES = 2
# How much longer than its processor time a reference may take before its process is ended.
PATIENCE = 8


class Worker:
    """One process; `judge` gives a cell's outcome whatever happens in it."""

    def __init__(self, program: Path, keep: Path | None):
        self.program = program
        self.keep = keep
        self.process: subprocess.Popen | None = None
        self.lines: queue.Queue = queue.Queue()

    def start(self) -> None:
        command = [sys.executable, __file__, "--worker", str(self.program), *([str(self.keep)] if self.keep else [])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.listen, args=(self.process, self.lines), daemon=True).start()

    @staticmethod
    def listen(process: subprocess.Popen, lines: queue.Queue) -> None:
        for line in process.stdout:
            lines.put(json.loads(line))
        lines.put(None)

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def judge(self, references: References, task: Task) -> Outcome:
        for _ in range(2):
            outcome, phase = self.ask(task)
            if outcome:
                return outcome
            if phase != "reference":
                return Outcome("F", "the process that compares broke down or did not end")
            # Asked again, it finds this kept as the reference's result.
            references.keep_error(task, "the process broke down or did not end")
        return Outcome("F", "the reference broke down twice")

    def ask(self, task: Task) -> tuple[Outcome | None, str]:
        """The outcome; or None and the part in which the process was lost."""
        if not self.process:
            self.start()
        self.process.stdin.write(task.to_json() + "\n")
        self.process.stdin.flush()
        phase = "reference"
        while True:
            limit = PATIENCE * (LIMIT_REAL if task.real else LIMIT) if phase == "reference" else 2 * ours.LIMIT
            try:
                line = self.lines.get(timeout=limit)
            except queue.Empty:
                line = None
            if line is None:
                self.stop()
                return None, phase
            if "letter" in line:
                return Outcome(**line), phase
            phase = line["phase"]


def judge_all(tasks: list[Task], program: Path, keep: Path | None = None) -> Iterator[tuple[Task, Outcome]]:
    """In the order in which they are done."""
    waiting, done = queue.Queue(), queue.Queue()
    for task in tasks:
        waiting.put(task)
    references = References(cache_folder("parity-reference"))
    workers = [Worker(program, keep) for _ in range(min(PROCESSES, len(tasks)))]

    def work(worker: Worker) -> None:
        while True:
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                return
            done.put((task, worker.judge(references, task)))

    for worker in workers:
        threading.Thread(target=work, args=(worker,), daemon=True).start()
    try:
        for _ in tasks:
            yield done.get()
    finally:
        for worker in workers:
            worker.stop()


def place_in(folder: Path, task: Task) -> Path:
    """Where our file goes; its first sample and what it is are put beside."""
    base = folder / re.sub(r"[^\w.]+", "_", f"{task.label}.{task.variant}")
    base.with_name(base.name + ".txt").write_text(f"{task.label}  {task.variant}\n")
    sample = outputs.first_sample(task.samples)
    if sample:
        shutil.copyfile(sample, base.with_name(base.name + ".npz"))
    return base.with_name(base.name + ".onnx")


def serve(program: Path, keep: Path | None) -> None:
    """Answers on what was standard output; what the quantizer prints goes nowhere."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def answer(line: dict) -> None:
        channel.write(json.dumps(line) + "\n")
        channel.flush()

    announce: Callable = lambda phase: answer({"phase": phase})  # noqa: E731
    references = References(cache_folder("parity-reference"))
    for line in sys.stdin:
        task = Task.from_json(line)
        try:
            outcome = judge(program, references, task, keep and place_in(keep, task), announce)
        except Exception as problem:  # noqa: BLE001 (a comparison that breaks down is a failed cell, not the end)
            outcome = Outcome("F", f"the comparison raises {type(problem).__name__}: {problem}")
        answer({"letter": outcome.letter, "detail": outcome.detail[:2000]})


if __name__ == "__main__" and sys.argv[1:2] == ["--worker"]:
    serve(Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
