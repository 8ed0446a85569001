"""Tiny float models for the golden fixtures: a few kilobytes each, seeded, one theme per model.

Every function below returns an onnx.ModelProto; `SAMPLES` gives the calibration feeds of those that are used statically.
The weights are random because the numbers do not matter here: rules, names and rounding do.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F = TensorProto.FLOAT
I64 = TensorProto.INT64


class Graph:
    """Collects nodes and initializers, then makes a model of them."""

    def __init__(self, name: str, opset: int = 17, ir_version: int = 8):
        self.name = name
        self.opset = opset
        self.ir_version = ir_version
        # Legacy generator on purpose: its stream is frozen by numpy's compatibility policy.
        self.random = np.random.RandomState(sum(map(ord, name)))
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self.domains: list[tuple[str, int]] = []

    def input(self, name, shape, dtype=F):
        self.inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def output(self, name, shape, dtype=F):
        self.outputs.append(helper.make_tensor_value_info(name, dtype, shape))

    def weight(self, name, shape, scale=0.5, offset=0.0):
        """A normal weight; `offset` shifts it, to make ranges lopsided."""
        values = (self.random.randn(*shape) * scale + offset).astype(np.float32)
        return self.constant(name, values)

    def constant(self, name, values):
        self.initializers.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, op, inputs, outputs, name=None, **attributes):
        """Adds a node; its name is `<first output>_node` unless given. Returns its first output."""
        inputs = [inputs] if isinstance(inputs, str) else inputs
        outputs = [outputs] if isinstance(outputs, str) else outputs
        name = f"{outputs[0]}_node" if name is None else name
        self.nodes.append(helper.make_node(op, inputs, outputs, name=name, **attributes))
        return outputs[0]

    def model(self, inputs_of_initializers: bool = False) -> onnx.ModelProto:
        inputs = list(self.inputs)
        if inputs_of_initializers:
            inputs += [helper.make_tensor_value_info(t.name, t.data_type, list(t.dims)) for t in self.initializers]
        graph = helper.make_graph(self.nodes, self.name, inputs, self.outputs, self.initializers)
        imports = [helper.make_opsetid("", self.opset)]
        imports += [helper.make_opsetid(domain, version) for domain, version in self.domains]
        model = helper.make_model(graph, opset_imports=imports, producer_name="quantab-golden", producer_version="1")
        model.ir_version = self.ir_version
        return model


def matmul():
    """Constant B, and two activations."""
    g = Graph("matmul")
    g.input("x", ["batch", 4, 16])
    g.node("MatMul", ["x", g.weight("w1", [16, 12])], "h1")
    g.node("MatMul", ["h1", g.weight("w2", [12, 10], offset=0.2)], "h2")
    g.node("Transpose", "h2", "t", perm=[0, 2, 1])
    g.node("MatMul", ["h2", "t"], "scores")
    g.output("scores", ["batch", 4, 4])
    return g.model()


def matmul_const_a():
    """The constant on the left."""
    g = Graph("matmul_const_a")
    g.input("x", [4, 6])
    g.node("MatMul", [g.weight("a", [3, 4]), "x"], "y")
    g.output("y", [3, 6])
    return g.model()


def matmul_rank3():
    """Constant B of rank 3: one matrix per batch, and one matrix under a leading 1."""
    g = Graph("matmul_rank3")
    g.input("x", [3, 4, 8])
    g.node("MatMul", ["x", g.weight("w0", [3, 8, 6])], "h")
    g.node("MatMul", ["h", g.weight("w1", [1, 6, 5], offset=0.2)], "y")
    g.output("y", [3, 4, 5])
    return g.model()


def gemm():
    """Gemm with transB, alpha, transA, without C."""
    g = Graph("gemm")
    g.input("x", [5, 8])
    g.node("Gemm", ["x", g.weight("b0", [8, 7]), g.weight("c0", [7])], "y0")
    g.node("Gemm", ["y0", g.weight("b1", [6, 7]), g.weight("c1", [6])], "y1", transB=1)
    g.node("Gemm", ["y1", g.weight("b2", [6, 6])], "y2")
    g.node("Gemm", ["y2", g.weight("b3", [6, 6], offset=0.3), g.weight("c3", [6])], "y3")
    g.node("Gemm", ["y3", g.weight("b4", [6, 5]), g.weight("c4", [5])], "y4", alpha=0.5)
    g.node("Gemm", ["y4", g.weight("b5", [5, 9]), g.weight("c5", [9])], "y5", transA=1)
    g.node("Gemm", ["y5", "y4", g.weight("c6", [5])], "y6", transA=1)
    g.output("y6", [9, 5])
    return g.model()


def gemm_beta():
    """Gemm that scales C."""
    g = Graph("gemm_beta")
    g.input("x", [4, 6])
    g.node("Gemm", ["x", g.weight("b0", [6, 5]), g.weight("c0", [5])], "y0", beta=2.0)
    g.node("Gemm", ["y0", g.weight("b1", [5, 3]), g.weight("c1", [3])], "y1", beta=-0.5)
    g.output("y1", [4, 3])
    return g.model()


def gemm_bias_shapes():
    """C of one row, of one column, of one element."""
    g = Graph("gemm_bias_shapes")
    g.input("x", [4, 6])
    g.node("Gemm", ["x", g.weight("b0", [6, 5]), g.weight("c0", [1, 5])], "y0")
    g.node("Gemm", ["y0", g.weight("b1", [5, 5]), g.weight("c1", [4, 1])], "y1")
    g.node("Gemm", ["y1", g.weight("b2", [5, 3]), g.weight("c2", [1])], "y2")
    g.output("y2", [4, 3])
    return g.model()


def gemm_computed():
    """Gemm whose B or C is computed, with and without transB."""
    g = Graph("gemm_computed")
    g.input("x", [4, 6])
    g.input("b", [6, 6])
    g.node("Gemm", ["x", "b", g.weight("c0", [6])], "y0")
    g.node("Gemm", ["y0", "b", g.weight("c1", [6])], "y1", transB=1)
    g.node("Gemm", ["y1", g.weight("b2", [6, 6]), "x"], "y2")
    g.output("y2", [4, 6])
    return g.model()


def conv():
    """Conv with and without bias, strided, dilated, depthwise, grouped, pointwise; Relu and Clip between."""
    g = Graph("conv")
    g.input("x", [1, 3, 10, 10])
    g.node("Conv", ["x", g.weight("w0", [8, 3, 3, 3]), g.weight("b0", [8])], "c0", pads=[1, 1, 1, 1])
    g.node("Relu", "c0", "r0")
    g.node("Conv", ["r0", g.weight("w1", [8, 1, 3, 3]), g.weight("b1", [8])], "c1", group=8, strides=[2, 2], pads=[1] * 4)
    g.constant("zero", np.float32(0))
    g.constant("six", np.float32(6))
    g.node("Clip", ["c1", "zero", "six"], "r1")
    g.node("Conv", ["r1", g.weight("w2", [6, 4, 3, 3], offset=0.1)], "c2", group=2, dilations=[2, 2], pads=[2] * 4)
    g.node("Conv", ["c2", g.weight("w3", [4, 6, 1, 1]), g.weight("b3", [4])], "y", auto_pad="SAME_UPPER")
    g.output("y", [1, 4, 5, 5])
    return g.model()


def conv1d_3d():
    """Conv over one and over three spatial axes."""
    g = Graph("conv1d_3d")
    g.input("x", [2, 4, 18])
    g.node("Conv", ["x", g.weight("w0", [6, 4, 3]), g.weight("b0", [6])], "c0", pads=[1, 1])
    g.node("LeakyRelu", "c0", "r0", alpha=0.1)
    g.node("Conv", ["r0", g.weight("w1", [6, 1, 5])], "c1", group=6, pads=[2, 2])
    g.constant("shape", np.array([2, 6, 2, 3, 3], np.int64))
    g.node("Reshape", ["c1", "shape"], "v")
    g.node("Conv", ["v", g.weight("w2", [3, 6, 2, 2, 2]), g.weight("b2", [3])], "y")
    g.output("y", [2, 3, 1, 2, 2])
    return g.model()


def conv_transpose():
    g = Graph("conv_transpose")
    g.input("x", [1, 4, 5, 5])
    g.node("ConvTranspose", ["x", g.weight("w0", [4, 6, 2, 2]), g.weight("b0", [6])], "t0", strides=[2, 2])
    g.node("Relu", "t0", "r0")
    g.node("ConvTranspose", ["r0", g.weight("w1", [6, 3, 3, 3], offset=0.2)], "y", pads=[1] * 4)
    g.output("y", [1, 3, 10, 10])
    return g.model()


def gather():
    """Embedding look-up, a Gather of computed data, GatherElements of a constant table."""
    g = Graph("gather")
    g.input("ids", ["batch", 5], I64)
    g.node("Gather", [g.weight("table", [20, 8]), "ids"], "e")
    g.node("MatMul", ["e", g.weight("w", [8, 8])], "h")
    g.constant("last", np.array([4, 0], np.int64))
    g.node("Gather", ["h", "last"], "picked", axis=1)
    g.constant("which", np.array([[0, 1, 2], [2, 1, 0]], np.int64))
    g.node("GatherElements", [g.weight("grid", [3, 3]), "which"], "elements")
    g.output("picked", ["batch", 2, 8])
    g.output("elements", [2, 3])
    return g.model()


def shared_weights():
    """One weight in two MatMuls, one in two Convs, one bias in two Convs."""
    g = Graph("shared_weights")
    g.input("x", [1, 4, 8, 8])
    g.weight("w", [4, 4, 3, 3])
    g.weight("b", [4])
    g.node("Conv", ["x", "w", "b"], "c0", pads=[1] * 4)
    g.node("Relu", "c0", "r0")
    g.node("Conv", ["r0", "w", "b"], "c1", pads=[1] * 4)
    g.node("Conv", ["c1", g.weight("w2", [4, 4, 1, 1]), "b"], "c2")
    g.weight("m", [8, 8])
    g.node("MatMul", ["c2", "m"], "m0")
    g.node("MatMul", ["m0", "m"], "y")
    g.output("y", [1, 4, 8, 8])
    return g.model()


def tied_embedding():
    """The table of the look-up is, transposed, the last MatMul's weight."""
    g = Graph("tied_embedding")
    g.input("ids", ["batch", 6], I64)
    g.weight("table", [24, 8])
    g.node("Gather", ["table", "ids"], "e")
    g.node("MatMul", ["e", g.weight("w", [8, 8])], "h")
    g.node("Transpose", "table", "head", perm=[1, 0])
    g.node("MatMul", ["h", "head"], "logits")
    g.output("logits", ["batch", 6, 24])
    return g.model()


def shared_gemm_weight():
    """One square transB weight in two Gemms: ONNX Runtime transposes it once per Gemm."""
    g = Graph("shared_gemm_weight")
    g.input("x", [3, 6])
    g.weight("w", [6, 6])
    g.node("Gemm", ["x", "w", g.weight("c0", [6])], "y0", transB=1)
    g.node("Gemm", ["y0", "w", g.weight("c1", [6])], "y1", transB=1)
    g.output("y1", [3, 6])
    return g.model()


def unnamed_nodes():
    g = Graph("unnamed_nodes")
    g.input("x", [1, 3, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 3, 3, 3]), g.weight("b0", [4])], "c0", name="")
    g.node("Relu", "c0", "r0", name="")
    g.node("Flatten", "r0", "f", name="")
    g.node("MatMul", ["f", g.weight("m0", [64, 8])], "m", name="")
    g.node("MatMul", ["f", g.weight("m1", [64, 8])], "n", name="")
    g.node("Add", ["m", "n"], "s", name="")
    g.node("Gemm", ["s", g.weight("g0", [5, 8]), g.weight("h0", [5])], "y", name="", transB=1)
    g.output("y", [1, 5])
    return g.model()


def relu_fusion():
    """Relu and Clip that may be removed, and the reasons why they may not."""
    g = Graph("relu_fusion")
    g.input("x", [1, 3, 6, 6])
    g.constant("zero", np.float32(0))
    g.constant("six", np.float32(6))
    g.constant("low", np.float32(-0.5))
    g.constant("high", np.float32(0.75))
    g.node("Relu", "x", "rx")
    g.node("Conv", ["rx", g.weight("w0", [4, 3, 1, 1])], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Conv", ["r0", g.weight("w1", [4, 4, 1, 1])], "c1")
    g.node("Relu", "c1", "r1")
    g.node("Add", ["c1", "r1"], "s")
    g.node("Conv", ["s", g.weight("w2", [4, 4, 1, 1])], "c2")
    g.node("Clip", ["c2", "low", "high"], "k2")
    g.node("Conv", ["k2", g.weight("w3", [4, 4, 1, 1])], "c3")
    g.node("Clip", ["c3", "zero", "six"], "k3")
    g.node("Clip", ["k3", "", "high"], "k4")
    g.node("MaxPool", "k4", "p", kernel_shape=[2, 2], strides=[2, 2])
    g.node("Relu", "p", "y")
    g.output("y", [1, 4, 3, 3])
    g.output("c3", [1, 4, 6, 6])
    return g.model()


def shape_ops():
    """Operators that move data: their outputs share their input's scale, or not."""
    g = Graph("shape_ops")
    g.input("x", [1, 4, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 4, 3, 3]), g.weight("b0", [4])], "c0", pads=[1] * 4)
    g.constant("pads", np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64))
    g.constant("half", np.float32(0.5))
    g.constant("zero", np.float32(0))
    g.node("Pad", ["c0", "pads", "half"], "p0")
    g.node("Pad", ["p0", "pads"], "p1", mode="reflect")
    g.node("Pad", ["p1", "pads", "zero"], "p2")
    g.node("Pad", ["p2", "pads"], "p3")
    g.constant("starts", np.array([1, 1], np.int64))
    g.constant("ends", np.array([9, 9], np.int64))
    g.constant("axes", np.array([2, 3], np.int64))
    g.node("Slice", ["p3", "starts", "ends", "axes"], "sl")
    g.constant("scales", np.array([1, 1, 2, 2], np.float32))
    g.node("Resize", ["sl", "", "scales"], "rs", mode="nearest")
    g.constant("two", np.array([2, 2], np.int64))
    g.node("Split", ["rs", "two"], ["s0", "s1"], axis=1)
    g.node("Concat", ["s1", "s0"], "cc", axis=1)
    g.node("Transpose", "cc", "tr", perm=[0, 2, 3, 1])
    g.constant("first", np.array([0], np.int64))
    g.node("Squeeze", ["tr", "first"], "sq")
    g.node("Unsqueeze", ["sq", "first"], "un")
    g.constant("shape", np.array([1, 4, 256], np.int64))
    g.node("Reshape", ["un", "shape"], "re")
    g.node("Flatten", "re", "fl")
    g.node("Gemm", ["fl", g.weight("g0", [1024, 3], scale=0.05), g.weight("h0", [3])], "y")
    g.output("y", [1, 3])
    return g.model()


def pools():
    g = Graph("pools")
    g.input("x", [1, 3, 8, 8])
    g.node("MaxPool", "x", "p0", kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4)
    g.node("Conv", ["p0", g.weight("w0", [4, 3, 3, 3]), g.weight("b0", [4])], "c0")
    g.node("AveragePool", "c0", "p1", kernel_shape=[2, 2], strides=[2, 2])
    g.node("Conv", ["p1", g.weight("w1", [6, 4, 1, 1])], "c1")
    g.node("MaxPool", "c1", "p2", kernel_shape=[2, 2])
    g.node("GlobalAveragePool", "p2", "y")
    g.output("y", [1, 6, 1, 1])
    return g.model()


def elementwise():
    """Operators without a rule of their own, with activations and with initializers."""
    g = Graph("elementwise")
    g.input("x", [2, 6])
    g.input("m", [2, 6], TensorProto.BOOL)
    g.node("MatMul", ["x", g.weight("w0", [6, 6])], "h")
    g.node("Add", ["h", g.weight("bias", [6])], "a")
    g.node("Mul", ["a", g.weight("gain", [6], offset=1.0)], "b")
    g.node("Sigmoid", "b", "s")
    g.node("Mul", ["b", "s"], "silu")
    g.node("LeakyRelu", "silu", "l", alpha=0.2)
    g.node("Sub", ["l", "a"], "d")
    g.node("Tanh", "d", "t")
    g.node("Where", ["m", "t", "s"], "w")
    g.node("Add", ["w", "t"], "e")
    g.node("Softmax", "e", "p", axis=-1)
    g.node("ArgMax", "p", "top", axis=1, keepdims=0)
    g.output("p", [2, 6])
    g.output("top", [2], I64)
    return g.model()


def norms():
    g = Graph("norms")
    g.input("x", [2, 4, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 4, 1, 1])], "c0")
    g.node("InstanceNormalization", ["c0", g.weight("is", [4], offset=1.0), g.weight("ib", [4])], "i")
    g.node("Conv", ["i", g.weight("w1", [4, 4, 1, 1])], "c1")
    g.constant("mean", g.random.randn(4).astype(np.float32) * np.float32(0.1))
    g.constant("variance", np.abs(g.random.randn(4)).astype(np.float32) + np.float32(0.5))
    g.node("BatchNormalization", ["c1", g.weight("bs", [4], offset=1.0), g.weight("bb", [4]), "mean", "variance"], "n")
    g.node("LayerNormalization", ["n", g.weight("ls", [6], offset=1.0), g.weight("lb", [6])], "y", axis=-1)
    g.output("y", [2, 4, 6, 6])
    return g.model()


def outputs():
    """Graph outputs that are also consumed, or come straight from an input."""
    g = Graph("outputs")
    g.input("x", [1, 3, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 3, 3, 3]), g.weight("b0", [4])], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Conv", ["r0", g.weight("w1", [4, 4, 3, 3])], "c1")
    g.node("MaxPool", "r0", "p0", kernel_shape=[2, 2])
    g.node("Identity", "c1", "id")
    g.output("c1", [1, 4, 2, 2])
    g.output("r0", [1, 4, 4, 4])
    g.output("p0", [1, 4, 3, 3])
    g.output("id", [1, 4, 2, 2])
    return g.model()


def lstm():
    """Forward with bias, and bidirectional with an initial state; then a MatMul."""
    g = Graph("lstm")
    g.input("x", [7, 2, 5])
    g.weight("w0", [1, 16, 5])
    g.weight("r0", [1, 16, 4])
    g.weight("b0", [1, 32])
    g.node("LSTM", ["x", "w0", "r0", "b0"], ["s0", "h0"], hidden_size=4)
    g.constant("first", np.array([1], np.int64))
    g.node("Squeeze", ["s0", "first"], "q0")
    g.weight("w1", [2, 12, 4])
    g.weight("r1", [2, 12, 3])
    g.weight("i1", [2, 2, 3])
    g.node("LSTM", ["q0", "w1", "r1", "", "", "i1"], ["", "h1", "c1"], hidden_size=3, direction="bidirectional")
    g.node("MatMul", ["h1", g.weight("w", [3, 6])], "y")
    g.output("y", [2, 2, 6])
    g.output("c1", [2, 2, 3])
    return g.model()


def bias_overflow():
    """Weights so small, in whole or in some channels, that the bias would not fit in int32."""
    g = Graph("bias_overflow")
    g.input("x", [1, 2, 5, 5])
    weights = g.random.randn(4, 2, 3, 3).astype(np.float32)
    weights[1] *= np.float32(1e-9)
    weights[3] *= np.float32(1e-12)
    g.constant("w0", weights)
    g.constant("b0", np.array([0.5, 40.0, -0.25, -900.0], np.float32))
    g.node("Conv", ["x", "w0", "b0"], "c0")
    g.constant("w1", g.random.randn(3, 4, 1, 1).astype(np.float32) * np.float32(1e-10))
    g.constant("b1", np.array([1.0, -2.0, 3000.0], np.float32))
    g.node("Conv", ["c0", "w1", "b1"], "c1")
    g.constant("w2", g.random.randn(27, 4).astype(np.float32) * np.float32(1e-11))
    g.constant("b2", np.array([1.0, -2.0, 3000.0, 0.0], np.float32))
    g.node("Flatten", "c1", "f")
    g.node("Gemm", ["f", "w2", "b2"], "y")
    g.output("y", [1, 4])
    return g.model()


def degenerate():
    """Weights without a range, with one sign, with one value, too small to divide by, empty channels; a zero activation."""
    g = Graph("degenerate")
    g.input("x", [2, 6])
    g.constant("zeros", np.zeros((6, 6), np.float32))
    g.constant("positive", np.abs(g.random.randn(6, 6)).astype(np.float32) + np.float32(0.25))
    g.constant("negative", -np.abs(g.random.randn(6, 6)).astype(np.float32))
    g.constant("same", np.full((6, 6), 0.3, np.float32))
    g.constant("tiny", np.full((6, 6), 1e-39, np.float32))
    mixed = g.random.randn(6, 6).astype(np.float32)
    mixed[:, 2] = 0
    mixed[:, 4] = np.float32(7)
    mixed[0, :] = np.float32(-0.0)
    g.constant("mixed", mixed)
    halves = (np.arange(36).reshape(6, 6) - 18).astype(np.float32) * np.float32(0.5)
    halves[0, 0] = np.float32(-127)
    halves[5, 5] = np.float32(127)
    g.constant("halves", halves)
    value = "x"
    for name in ("mixed", "halves", "positive", "negative", "same", "tiny", "zeros", "mixed"):
        value = g.node("MatMul", [value, name], f"y{len(g.nodes)}")
    g.output(value, [2, 6])
    return g.model()


def range_rounding():
    """Lopsided ranges whose width is not a float32: subtracting in float32 or in float64 gives different scales."""
    g = Graph("range_rounding")
    g.input("x", [2, 16])
    value = "x"
    for i in range(6):
        value = g.node("MatMul", [value, g.weight(f"w{i}", [16, 16], scale=0.3, offset=0.05 * i)], f"y{i}")
    g.output(value, [2, 16])
    return g.model()


def branches():
    """A small residual network with an exclusion in the middle: weights and activations shared with excluded nodes."""
    g = Graph("branches")
    g.input("x", [1, 4, 6, 6])
    g.weight("w0", [4, 4, 3, 3])
    g.weight("b0", [4])
    g.node("Conv", ["x", "w0", "b0"], "c0", name="stem", pads=[1] * 4)
    g.node("Relu", "c0", "r0", name="stem_relu")
    g.node("Conv", ["r0", "w0", "b0"], "c1", name="left", pads=[1] * 4)
    g.node("Conv", ["r0", g.weight("w2", [4, 4, 1, 1])], "c2", name="right")
    g.node("Add", ["c1", "c2"], "s", name="join")
    g.node("GlobalAveragePool", "s", "p", name="pool")
    g.node("Flatten", "p", "f", name="flat")
    g.node("Gemm", ["f", g.weight("g0", [5, 4]), g.weight("h0", [5])], "logits", name="head", transB=1)
    g.node("Softmax", "logits", "y", name="soft")
    g.output("y", [1, 5])
    return g.model()


def initializers_as_inputs():
    """IR 3 style: each initializer is a graph input too; opset 11 forms of the operators."""
    g = Graph("initializers_as_inputs", opset=11, ir_version=3)
    g.input("x", [1, 3, 6, 6])
    g.node("Conv", ["x", g.weight("w0", [4, 3, 3, 3]), g.weight("b0", [4])], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Split", "r0", ["s0", "s1"], axis=1, split=[2, 2])
    g.node("Concat", ["s1", "s0"], "cc", axis=1)
    g.node("Unsqueeze", "cc", "un", axes=[0])
    g.node("Squeeze", "un", "sq", axes=[0])
    g.node("Flatten", "sq", "f")
    g.node("MatMul", ["f", g.weight("m", [64, 5])], "mm")
    g.node("Softmax", "mm", "y", axis=1)
    g.output("y", [1, 5])
    return g.model(inputs_of_initializers=True)


def constant_nodes():
    """Weights that come from Constant nodes, as Paddle's exporter writes them."""
    g = Graph("constant_nodes")
    g.input("x", [1, 3, 6, 6])
    for name, shape in (("w0", [4, 3, 3, 3]), ("b0", [4]), ("m", [64, 5])):
        values = g.random.randn(*shape).astype(np.float32)
        g.node("Constant", [], name, value=numpy_helper.from_array(values, name))
    g.node("Conv", ["x", "w0", "b0"], "c0")
    g.node("Relu", "c0", "r0")
    g.node("Flatten", "r0", "f")
    g.node("MatMul", ["f", "m"], "mm")
    g.node("Add", ["mm", g.weight("k", [5])], "y")
    g.output("y", [1, 5])
    return g.model()


def subgraph():
    """An If whose branches hold MatMuls, one with a weight of the outer graph."""
    g = Graph("subgraph")
    g.input("x", [2, 6])
    g.input("flag", [], TensorProto.BOOL)
    g.weight("outer", [6, 6])
    g.node("MatMul", ["x", "outer"], "h")
    branch_graphs = []
    for branch in ("then", "else"):
        weight = numpy_helper.from_array(g.random.randn(6, 6).astype(np.float32), f"{branch}_w")
        nodes = [
            helper.make_node("MatMul", ["h", f"{branch}_w"], [f"{branch}_a"], name=f"{branch}_mm"),
            helper.make_node("MatMul", [f"{branch}_a", "outer"], [f"{branch}_y"], name=f"{branch}_mm2"),
        ]
        y = helper.make_tensor_value_info(f"{branch}_y", F, [2, 6])
        branch_graphs.append(helper.make_graph(nodes, branch, [], [y], [weight]))
    g.node("If", "flag", "y", then_branch=branch_graphs[0], else_branch=branch_graphs[1])
    g.output("y", [2, 6])
    return g.model()


def sorting():
    """TopK, CumSum, and outputs out of order, so that the final node order is not the first one."""
    g = Graph("sorting", opset=21, ir_version=10)
    g.input("zz", [2, 8])
    g.input("aa", [2, 8])
    g.node("MatMul", ["zz", g.weight("w9", [8, 8])], "z1")
    g.node("MatMul", ["aa", g.weight("w1", [8, 8])], "a1")
    g.node("Add", ["z1", "a1"], "s")
    g.constant("k", np.array([3], np.int64))
    g.node("TopK", ["s", "k"], ["values", "indices"])
    g.constant("axis", np.array(1, np.int64))
    g.node("CumSum", ["values", "axis"], "sum")
    g.output("sum", [2, 3])
    g.output("indices", [2, 3], I64)
    return g.model()


MODELS = {
    f.__name__: f
    for f in (
        matmul, matmul_const_a, matmul_rank3, gemm, gemm_beta, gemm_bias_shapes, gemm_computed, conv, conv1d_3d, conv_transpose, gather, shared_weights, tied_embedding,
        shared_gemm_weight, unnamed_nodes, relu_fusion, shape_ops, pools, elementwise, norms, outputs, lstm, bias_overflow,
        degenerate, range_rounding, branches, initializers_as_inputs, constant_nodes, subgraph, sorting,
    )
}  # fmt: skip


def samples(model: onnx.ModelProto, count: int = 3) -> list[dict[str, np.ndarray]]:
    """Seeded calibration feeds for a tiny model: normal floats, booleans, and ids below 20."""
    random = np.random.RandomState(7)
    initializers = {t.name for t in model.graph.initializer}
    feeds = []
    for _ in range(count):
        feed = {}
        for value in model.graph.input:
            if value.name in initializers:
                continue
            tensor = value.type.tensor_type
            shape = [d.dim_value if d.HasField("dim_value") else 2 for d in tensor.shape.dim]
            if tensor.elem_type == F:
                feed[value.name] = (random.randn(*shape) * 1.5 + 0.25).astype(np.float32)
            elif tensor.elem_type == TensorProto.BOOL:
                feed[value.name] = np.asarray(random.rand(*shape) < 0.5)
            else:
                feed[value.name] = random.randint(0, 20, shape).astype(np.int64)
        feeds.append(feed)
    return feeds
