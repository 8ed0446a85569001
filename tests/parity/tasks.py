"""Which model is quantized with which configuration: the cells of the matrix."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import onnx
from configurations import ALL, CONFIGURATIONS, NETWORKS, WIDE, Configuration
from models import ALONE, MODELS
from models import NETWORKS as WHOLE
from models.graph import samples
from npz import write_npz
from references import cache_folder
from samples import DATA, DYNAMIC_ONLY, FEEDS, default_out, prepare

WEIGHT_AXES = {"Conv": 0, "MatMul": 1}


@dataclass
class Task:
    label: str  # the model's name
    variant: str  # the configuration's
    model: Path
    mode: str
    options: dict
    samples: Path | None
    real: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @staticmethod
    def from_json(text: str) -> Task:
        values = json.loads(text)
        values["model"] = Path(values["model"])
        values["samples"] = Path(values["samples"]) if values["samples"] else None
        return Task(**values)


def places(graph: onnx.GraphProto) -> dict[str, str | int]:
    """What the braces in configurations stand for in this model; empty if it has no such nodes."""
    constants = {t.name: t for t in graph.initializer}
    nodes = [n for n in graph.node if n.op_type in ("Conv", "MatMul", "Gemm") and len(n.input) > 1 and n.input[1] in constants]
    names = [n.name for n in nodes]
    if not names or not all(names) or len(set(names)) != len(names):
        return {}
    first = nodes[0]
    transposed = any(a.name == "transB" and a.i for a in first.attribute)
    return {
        "{first}": first.name,
        "{middle}": names[len(names) // 2],
        "{first_weight}": first.input[1],
        "{first_input}": first.input[0],
        "{first_output}": first.output[0],
        "{first_axis}": WEIGHT_AXES.get(first.op_type, 0 if transposed else 1),
    }


def filled(value, found: dict):
    """`value` with what is in braces replaced; KeyError if the model has no such thing."""
    if isinstance(value, dict):
        return {filled(k, found): filled(v, found) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, found) for v in value]
    return found[value] if isinstance(value, str) and value.startswith("{") else value


def operators(graph: onnx.GraphProto) -> set[str]:
    """Of the graph and all graphs inside."""
    inner = [a.g for n in graph.node for a in n.attribute if a.type == onnx.AttributeProto.GRAPH]
    return {n.op_type for n in graph.node}.union(*map(operators, inner))


def chosen(name: str, parts: list[str]) -> bool:
    return not parts or any(part in name for part in parts)


def tasks_of(label: str, model: Path, reaches: tuple, folder: Path | None, configurations: list[str], real: bool = False) -> list[Task]:
    graph = onnx.load(model, load_external_data=False).graph
    found, ops = places(graph), operators(graph)
    tasks = []
    for name, configuration in CONFIGURATIONS.items():
        if configuration.reach not in reaches or not chosen(name, configurations):
            continue
        if (configuration.needs and not ops & set(configuration.needs)) or (configuration.mode == "static" and folder is None):
            continue
        try:
            options = filled(configuration.options, found)
        except KeyError:
            continue
        tasks.append(Task(label, name, model, configuration.mode, options, folder, real))
    return tasks


def written(name: str) -> tuple[Path, Path]:
    """The built model's file and its folder of samples."""
    root = cache_folder("parity-models")
    file, folder = root / f"{name}.onnx", root / name
    folder.mkdir(parents=True, exist_ok=True)
    model = MODELS[name]()
    content = model.SerializeToString(deterministic=True)
    if not file.exists() or file.read_bytes() != content:
        file.write_bytes(content)
    for index, feed in enumerate(samples(model)):
        write_npz(folder / f"{index:03}.npz", feed)
    return file, folder


def reaches_of(name: str) -> tuple[str, ...]:
    if name in ALONE:
        return (ALL,)
    return (ALL, WIDE, NETWORKS) if name in WHOLE else (ALL, WIDE)


def built_tasks(models: list[str], configurations: list[str]) -> list[Task]:
    tasks = []
    for name in MODELS:
        if chosen(name, models):
            file, folder = written(name)
            tasks += tasks_of(name, file, reaches_of(name), folder, configurations)
    return tasks


def real_tasks(models: list[str], configurations: list[str]) -> list[Task]:
    """Over ../shared/data; empty where that is absent."""
    tasks = []
    for model in [*FEEDS, *DYNAMIC_ONLY] if DATA.is_dir() else []:
        if chosen(model, models):
            folder = prepare(DATA, default_out(), model) if model in FEEDS else None
            tasks += tasks_of(model.removesuffix(".onnx"), DATA / model, (ALL, WIDE), folder, configurations, True)
    return tasks


def one_task(name: str, configuration: Configuration, found: dict | None = None) -> Task:
    """A task outside the matrix, for a built model."""
    file, folder = written(name)
    found = found or places(onnx.load(file).graph)
    return Task(name, "", file, configuration.mode, filled(configuration.options, found), folder)
