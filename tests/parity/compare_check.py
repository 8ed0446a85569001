"""What the comparison must refuse, and what it must let pass; run before every suite, so that nothing is equal for lack of looking."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from compare import compare
from golden_cases import GOLDEN
from onnx import numpy_helper

FILE = GOLDEN / "cases" / "static.conv.u8s8_pc" / "expected.onnx"


def constant(model: onnx.ModelProto, name: str) -> onnx.TensorProto:
    return next(t for t in model.graph.initializer if t.name == name)


def changed(name: str, change: Callable) -> Callable:
    """An edit that applies `change` to the values of a constant."""

    def edit(model: onnx.ModelProto) -> None:
        tensor = constant(model, name)
        values = numpy_helper.to_array(tensor)
        tensor.CopyFrom(numpy_helper.from_array(np.asarray(change(values), values.dtype), name))

    return edit


def one_bit(values: np.ndarray) -> np.ndarray:
    result = values.copy()
    result.reshape(-1)[-1] ^= 1
    return result


def swap(repeated) -> None:
    first = type(repeated[0])()
    first.CopyFrom(repeated[0])
    repeated[0].CopyFrom(repeated[-1])
    repeated[-1].CopyFrom(first)


def rename_first(model: onnx.ModelProto) -> None:
    model.graph.node[0].name += "_"


def other_attribute(model: onnx.ModelProto) -> None:
    node = next(n for n in model.graph.node if n.op_type == "Conv")
    next(a for a in node.attribute if a.name == "pads").ints[0] += 1


# By what it does: whether it must be found, and the edit.
EDITS: dict[str, tuple[bool, Callable]] = {
    "nothing": (False, lambda model: None),
    "a node's name": (True, rename_first),
    "an attribute": (True, other_attribute),
    "a node less": (True, lambda model: model.graph.node.pop()),
    "the order of nodes": (True, lambda model: swap(model.graph.node)),
    "the order of constants": (True, lambda model: swap(model.graph.initializer)),
    "a constant less": (True, lambda model: model.graph.initializer.pop()),
    "a bit of a weight": (True, changed("w0_quantized", one_bit)),
    "the last bit of a weight's scale": (True, changed("w0_scale", lambda v: np.nextafter(v, np.float32(1)))),
    "a weight's zero point": (True, changed("w0_zero_point", one_bit)),
    "a calibrated scale by 1e-5": (False, changed("c2_scale", lambda v: v * np.float32(1 + 1e-5))),
    "a calibrated scale by 1e-3": (True, changed("c2_scale", lambda v: v * np.float32(1 + 1e-3))),
    "a calibrated zero point by 1": (False, changed("c2_zero_point", lambda v: v + 1)),
    "a calibrated zero point by 2": (True, changed("c2_zero_point", lambda v: v + 2)),
    "a bias by 1": (False, changed("b0_quantized", lambda v: v + 1)),
    "a bias by a hundredth": (True, changed("b0_quantized", lambda v: v + 2 + np.abs(v) // 100)),
    "the opset": (True, lambda model: model.opset_import[0].__setattr__("version", 18)),
    "the type of an output": (True, lambda model: model.graph.output[0].type.tensor_type.__setattr__("elem_type", 10)),
}


def check_comparison() -> None:
    """Raises SystemExit if the comparison is wrong about one of the edits."""
    reference = onnx.load(FILE)
    for what, (found, edit) in EDITS.items():
        model = onnx.ModelProto()
        model.CopyFrom(reference)
        edit(model)
        if bool(compare(model, reference).differences) != found:
            raise SystemExit(f"The comparison itself is wrong about {what}.")
