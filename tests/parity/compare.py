"""Compares a quantized model with ONNX Runtime's for the same float model, options and samples.

    compare.py OURS.onnx REFERENCE.onnx [--exact] [--json]

Nodes must be the same in the same order, with the same attributes, and constants the same in the same order. What a constant is for
is read from the reference: a weight feeds a DequantizeLinear (or an integer operator), a bias is an int32 of a DequantizeLinear or of a
QLinearConv, an activation's scale and zero point belong to a QuantizeLinear of computed data, or to no constant at all. Weights, their
scales and zero points must be equal to the bit. Scales of activations may differ by 1e-4 relatively, since they come from two executors
that add in different orders, and their zero points by one; a bias follows its scale, and so does the scale of a weight that was enlarged
for its bias. `--exact` (for calibration from one and the same table of ranges) allows no difference there either.

The last line is `N passed, N failed`; notes are not counted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

# Two executors add float32 in different orders; over a hundred layers that grows to a few units in the fifth digit.
SCALE_TOLERANCE = 1e-4
# Of a model that computes in float16, whose ranges differ by the last of their 11 bits.
HALF_TOLERANCE = 2.0**-10
# The enlarged scale makes the largest bias 2^31 / 1.0001.
NEARLY_ALL = 2**31 * 0.9998
SHOWN = 6


@dataclass
class Report:
    """What was found: per check how many things were compared and which of them differ."""

    compared: Counter = field(default_factory=Counter)
    differences: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    scale_error: float = 0.0

    def check(self, name: str, equal: bool, text: str) -> None:
        self.compared[name] += 1
        if not equal:
            self.differences.setdefault(name, []).append(text)

    @property
    def passed(self) -> list[str]:
        return [name for name in self.compared if name not in self.differences]

    def lines(self) -> list[str]:
        result = []
        for name, count in self.compared.items():
            wrong = self.differences.get(name, [])
            result.append(f"{'FAIL' if wrong else 'ok':4}  {name}: {count - len(wrong)} of {count} equal")
            result += [f"        {text}" for text in wrong[:SHOWN]]
            if len(wrong) > SHOWN:
                result.append(f"        and {len(wrong) - SHOWN} more")
        result.append(f"      largest relative error of a calibrated scale: {self.scale_error:.2e}")
        result += [f"note  {note}" for note in self.notes]
        result.append(f"{len(self.passed)} passed, {len(self.differences)} failed")
        return result


def domain(name: str) -> str:
    return "" if name == "ai.onnx" else name


def content(tensor: onnx.TensorProto) -> tuple:
    array = numpy_helper.to_array(tensor)
    return str(array.dtype), array.shape, hashlib.sha256(array.tobytes()).hexdigest()


def attributes(node: onnx.NodeProto) -> tuple:
    def value(attribute):
        if attribute.type == onnx.AttributeProto.TENSOR:
            return content(attribute.t)
        if attribute.type == onnx.AttributeProto.GRAPH:
            inner = attribute.g
            parts = tuple(signature(n) for n in inner.node), sorted((t.name, content(t)) for t in inner.initializer)
            # Texts within texts double at every level.
            return hashlib.sha256(repr(parts).encode()).hexdigest()
        plain = onnx.helper.get_attribute_value(attribute)
        return tuple(plain) if isinstance(plain, list) else plain

    return tuple(sorted((a.name, repr(value(a))) for a in node.attribute))


def signature(node: onnx.NodeProto) -> tuple:
    return (domain(node.domain), node.op_type, node.name, tuple(node.input), tuple(node.output), attributes(node))


def shown(node: tuple) -> str:
    return f"{node[1]} '{node[2]}' ({', '.join(node[3])}) -> ({', '.join(node[4])}) {dict(node[5])}"[:300]


def roles(model: onnx.ModelProto) -> dict[str, str]:
    """What each constant of a quantized model is for: weight, bias or activation, with ' scale' and ' zero point'."""
    constants = {t.name: t for t in model.graph.initializer}
    kinds: dict[str, str] = {}
    made_by = {}

    def mark(node, kind):
        for index, suffix in ((1, " scale"), (2, " zero point")):
            if index < len(node.input):
                kinds.setdefault(node.input[index], kind + suffix)

    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            kind = "weight" if node.input[0] in constants else "activation"
            made_by[node.output[0]] = kind
            mark(node, kind)
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear":
            data = constants.get(node.input[0])
            if data is None:
                mark(node, made_by.get(node.input[0], "activation"))
                continue
            kind = "bias" if data.data_type == onnx.TensorProto.INT32 else "weight"
            kinds[data.name] = kind
            mark(node, kind)
    for name in constants:
        kinds.setdefault(name, kind_by_name(name, constants))
    return kinds


def kind_by_name(name: str, constants: dict[str, onnx.TensorProto]) -> str:
    """What a constant of an integer operator is for: there names alone tell a weight's scale from a computed value's."""
    integer = constants[name].data_type in (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
    for suffix, what in (("_scale", " scale"), ("_zero_point", " zero point")):
        base = name.removesuffix(suffix)
        if base == name:
            continue
        quantized = constants.get(base) or constants.get(f"{base}_quantized")
        if quantized is None:
            return "activation" + what
        return ("bias" if quantized.data_type == onnx.TensorProto.INT32 else "weight") + what
    if name.endswith("_quantized") and constants[name].data_type == onnx.TensorProto.INT32:
        return "bias"
    return "weight" if integer else "other"


PLURALS = {
    "weight": "quantized weights",
    "weight scale": "scales of weights",
    "weight zero point": "zero points of weights",
    "bias": "quantized biases",
    "bias scale": "scales of biases",
    "bias zero point": "zero points of biases",
    "activation scale": "calibrated scales",
    "activation zero point": "zero points of activations",
    "other": "other constants",
}


def enlarged_weights(model: onnx.ModelProto) -> set[str]:
    """The scales of weights whose bias takes up all of int32: they were made so large that it fits."""
    constants = {t.name: t for t in model.graph.initializer}
    made_by = {name: node for node in model.graph.node for name in node.output}
    names = set()
    for node in model.graph.node:
        at = 8 if node.op_type == "QLinearConv" else 2
        if node.op_type not in ("Conv", "ConvTranspose", "Gemm", "QLinearConv") or len(node.input) <= at:
            continue
        sources = [made_by.get(node.input[i]) for i in (1, at)]
        weight, bias = (source if source and source.op_type == "DequantizeLinear" else None for source in sources)
        quantized = constants.get(bias.input[0] if bias else node.input[at])
        if quantized is None or quantized.data_type != onnx.TensorProto.INT32:
            continue
        values = numpy_helper.to_array(quantized)
        if np.abs(values.astype(np.int64)).max(initial=0) > NEARLY_ALL:
            names.add(weight.input[1] if weight else node.input[4] if at == 8 else "")
    return names


def same_values(role: str, ours: np.ndarray, theirs: np.ndarray, exact: bool, half: bool) -> bool:
    """`half`: the model computes in float16."""
    if ours.tobytes() == theirs.tobytes():
        return True
    if exact:
        return False
    tolerance = HALF_TOLERANCE if half else SCALE_TOLERANCE
    if role in ("activation scale", "bias scale"):
        return bool(np.allclose(ours.astype(np.float64), theirs.astype(np.float64), rtol=tolerance, atol=0))
    if role == "activation zero point":
        # One rounding step; of float16, what an end of the range moves it by if that is more.
        limits = np.iinfo(theirs.dtype)
        allowed = max(1, tolerance * (limits.max - limits.min)) if half else 1
        return bool((np.abs(ours.astype(np.int64) - theirs.astype(np.int64)) <= allowed).all())
    if role == "bias":
        # One rounding step, and what the tolerated error of its scale moves it by.
        allowed = 1 + 2 * tolerance * np.abs(theirs.astype(np.float64))
        return bool((np.abs(ours.astype(np.float64) - theirs) <= allowed).all())
    return False


def compare_constants(ours: onnx.ModelProto, reference: onnx.ModelProto, report: Report, exact: bool) -> None:
    left = {t.name: t for t in ours.graph.initializer}
    right = {t.name: t for t in reference.graph.initializer}
    kinds = roles(reference)
    half = any(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in right.values())
    enlarged = enlarged_weights(reference)
    for name in sorted(left.keys() | right.keys()):
        report.check("names of constants", name in left and name in right, f"'{name}' is in {'ours' if name in left else 'the reference'} alone")
        if name not in left or name not in right:
            continue
        described = [(onnx.TensorProto.DataType.Name(t.data_type), list(t.dims)) for t in (left[name], right[name])]
        report.check("dtypes and shapes", described[0] == described[1], f"'{name}' is {described[0]}, expected {described[1]}")
        if described[0] != described[1]:
            continue
        a, b = (numpy_helper.to_array(t) for t in (left[name], right[name]))
        role = kinds.get(name, "other")
        if role == "activation scale":
            report.scale_error = max(report.scale_error, float(np.max(np.abs(a / b - 1), initial=0)))
        equal = same_values("activation scale" if name in enlarged else role, a, b, exact, half)
        text = ""
        if not equal:
            wrong = np.flatnonzero(a.reshape(-1) != b.reshape(-1))
            first = wrong[0] if len(wrong) else 0
            text = f"'{name}': {len(wrong)} of {a.size} differ, [{first}] is {a.reshape(-1)[first]!r}, expected {b.reshape(-1)[first]!r}"
        report.check(PLURALS[role], equal, text)
    if left.keys() == right.keys():
        order = first_difference([t.name for t in ours.graph.initializer], [t.name for t in reference.graph.initializer])
        report.check("order of constants", not order, order)


def first_difference(ours: list, reference: list) -> str:
    for index, (a, b) in enumerate(zip(ours, reference, strict=True)):
        if a != b:
            return f"[{index}] is '{a}', expected '{b}'"
    return ""


def compare(ours: onnx.ModelProto, reference: onnx.ModelProto, exact: bool = False) -> Report:
    report = Report()
    left, right = ([signature(n) for n in m.graph.node] for m in (ours, reference))
    for node in (Counter(left) - Counter(right)).elements():
        report.check("nodes", False, f"ours alone: {shown(node)}")
    for node in (Counter(right) - Counter(left)).elements():
        report.check("nodes", False, f"reference alone: {shown(node)}")
    for _ in (Counter(left) & Counter(right)).elements():
        report.check("nodes", True, "")
    if Counter(left) == Counter(right):
        order = first_difference([n[2] or n[4] for n in left], [n[2] or n[4] for n in right])
        report.check("order of nodes", not order, order)
    compare_constants(ours, reference, report, exact)

    for kind in ("input", "output"):
        values = [[(v.name, v.type.SerializeToString(deterministic=True)) for v in getattr(m.graph, kind)] for m in (ours, reference)]
        if kind == "input":
            # Graph inputs that only restate a constant may go with it.
            values = [[v for v in side if v[0] not in {t.name for t in m.graph.initializer}] for side, m in zip(values, (ours, reference), strict=True)]
        report.check(f"graph {kind}s", values[0] == values[1], f"{[n for n, _ in values[0]]}, expected {[n for n, _ in values[1]]}")
    opsets = [{domain(o.domain): o.version for o in m.opset_import} for m in (ours, reference)]
    report.check("opsets", opsets[0] == opsets[1], f"{opsets[0]}, expected {opsets[1]}")
    if ours.ir_version != reference.ir_version:
        # ONNX Runtime leaves 3 standing where constants are no longer graph inputs, which 3 does not allow.
        report.notes.append(f"IR version {ours.ir_version}, the reference has {reference.ir_version}")
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    report = compare(onnx.load(args.ours), onnx.load(args.reference), args.exact)
    if args.json:
        print(json.dumps({"compared": report.compared, "differences": report.differences, "notes": report.notes, "scale_error": report.scale_error}))
    else:
        print("\n".join(report.lines()))
    raise SystemExit(1 if report.differences else 0)


if __name__ == "__main__":
    main()
