"""The matrix of models and configurations: one letter for each pair, as data and as lines of text."""

from __future__ import annotations

from cell import Outcome
from configurations import CONFIGURATIONS
from tasks import Task

BLANK = "."


def matrix_of(results: list[tuple[Task, Outcome]]) -> dict:
    """{"configurations": [name…], "models": {name: letters}}, in the order of the results."""
    names = list(CONFIGURATIONS)
    column = {name: index for index, name in enumerate(names)}
    models: dict[str, list[str]] = {}
    for task, outcome in results:
        models.setdefault(task.label, [BLANK] * len(names))[column[task.variant]] = outcome.letter
    return {"configurations": names, "models": {name: "".join(letters) for name, letters in models.items()}}


def matrix_lines(matrix: dict) -> list[str]:
    """Models down, configurations across by number, in tens; then what the numbers stand for."""
    width = max(map(len, matrix["models"]), default=0)
    tens = range(0, len(matrix["configurations"]), 10)
    lines = [" " * width + "  " + " ".join(f"{ten:<10}" for ten in tens)]
    for model, letters in matrix["models"].items():
        lines.append(f"{model:{width}}  " + " ".join(letters[ten : ten + 10] for ten in tens))
    lines += [f"{number:4}  {name}" for number, name in enumerate(matrix["configurations"])]
    return lines
