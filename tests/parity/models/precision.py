"""Models whose types matter: half precision, casts, operators that stay in float32, Q/DQ that is there already."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from models.graph import F, I64, Graph

HALF = TensorProto.FLOAT16


def half_cnn():
    """A float16 network of opset 19, the first whose Q/DQ take float16 scales."""
    g = Graph("half_cnn", opset=19, ir_version=9)
    g.input("x", [1, 3, 6, 6], HALF)
    half = lambda name, shape: g.constant(name, (g.random.randn(*shape) * 0.4).astype(np.float16))  # noqa: E731 (used four times, here only)
    g.node("Conv", ["x", half("w0", [4, 3, 3, 3]), half("b0", [4])], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Flatten", "r0", "f")
    g.node("Gemm", ["f", half("w1", [5, 64]), half("b1", [5])], "y", transB=1)
    g.output("y", [1, 5], HALF)
    return g.model()


def casts():
    """Casts to float32 from integers and from float64, and back."""
    g = Graph("casts")
    g.input("ids", [2, 4], I64)
    g.input("x", [2, 4])
    g.node("Cast", "ids", "fi", to=F)
    g.node("Mul", ["fi", "x"], "p")
    g.node("Cast", "p", "d", to=TensorProto.DOUBLE)
    g.node("Sigmoid", "d", "e")
    g.node("Cast", "e", "ef", to=F)
    g.node("Mul", ["p", "ef"], "q")
    g.node("MatMul", ["q", g.weight("w", [4, 3])], "y")
    g.output("y", [2, 3])
    return g.model()


def blocked_pair():
    """Two operators that have no float16, reading one value; one more in a chain; the last one's result is the graph's."""
    g = Graph("blocked_pair")
    g.input("x", [3, 8])
    g.constant("axis", np.array(1, np.int64))
    g.constant("k", np.array([4], np.int64))
    g.node("MatMul", ["x", g.weight("w", [8, 8], scale=0.3)], "h")
    g.node("CumSum", ["h", "axis"], "c")
    g.node("TopK", ["h", "k"], ["values", "indices"])
    g.node("CumSum", ["c", "axis"], "cc")
    g.node("Add", ["cc", "h"], "s")
    g.node("Max", ["s", g.weight("floor", [8])], "y")
    g.output("y", [3, 8])
    g.output("values", [3, 4])
    return g.model()


def resized():
    """Resize by scales and by sizes: its region and scales stay float32."""
    g = Graph("resized")
    g.input("x", [1, 2, 4, 4])
    g.node("Conv", ["x", g.weight("w", [3, 2, 1, 1])], "c")
    g.node("Resize", ["c", "", g.constant("scales", np.array([1, 1, 2, 2], np.float32))], "up", mode="nearest")
    g.node("Resize", ["up", "", "", g.constant("sizes", np.array([1, 3, 5, 5], np.int64))], "y", mode="linear")
    g.output("y", [1, 3, 5, 5])
    return g.model()


def mixed_readers():
    """A constant that a blocked operator shares with others, and values below and above what float16 holds."""
    g = Graph("mixed_readers")
    g.input("x", [2, 6])
    g.weight("shared", [6])
    g.node("Add", ["x", "shared"], "a")
    g.node("Min", ["a", "shared"], "b")
    g.constant("extremes", np.array([1e-9, -1e-9, 1e9, -1e9, 3e-8, 70000.0], np.float32))
    g.node("Mul", ["b", "extremes"], "c")
    g.node("Constant", [], "k", value=numpy_helper.from_array(np.array([1e-8], np.float32), "k"))
    g.node("Mul", ["c", "k"], "d")
    g.node("ConstantOfShape", g.constant("six", np.array([6], np.int64)), "ones", value=helper.make_tensor("one", F, [1], [1.0]))
    g.node("Add", ["d", "ones"], "y")
    g.output("y", [2, 6])
    g.output("b", [2, 6])
    return g.model()


def made_values():
    """Operators that make values of a type that an attribute names, or does not."""
    g = Graph("made_values")
    g.input("x", [3, 3])
    g.node("EyeLike", "x", "eye", dtype=F)
    g.node("EyeLike", "x", "same")
    g.constant("start", np.float32(0))
    g.constant("limit", np.float32(3))
    g.constant("step", np.float32(1))
    g.node("Range", ["start", "limit", "step"], "range")
    g.node("MatMul", ["x", "eye"], "m")
    g.node("Add", ["m", "same"], "a")
    g.node("Add", ["a", "range"], "y")
    g.output("y", [3, 3])
    return g.model()


def quantized_already():
    """A part has its Q and DQ already, and a Transpose stands after the DQ."""
    g = Graph("quantized_already")
    g.input("x", [4, 6])
    g.constant("s", np.float32(0.03))
    g.constant("z", np.uint8(128))
    g.node("QuantizeLinear", ["x", "s", "z"], "xq")
    g.node("DequantizeLinear", ["xq", "s", "z"], "xd")
    g.node("Transpose", "xd", "t", perm=[1, 0])
    g.node("MatMul", ["t", g.weight("w", [4, 5])], "h")
    g.node("Add", ["h", g.weight("b", [5])], "y")
    g.output("y", [6, 5])
    return g.model()
