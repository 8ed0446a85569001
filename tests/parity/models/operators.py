"""Each operator that has a rule, alone in its graph, with weights where it has them."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto

from models.graph import I64, MS, Graph


def ints(*values) -> np.ndarray:
    return np.array(values, np.int64)


class Weight(tuple):
    """A shape: the operand is a seeded constant of it."""


class Table(tuple):
    """A shape: as above, but positive, for variances and gains."""


PICTURE = [1, 4, 6, 6]
ROWS = [3, 8]

# name → (operator, operands, attributes, outputs, opset). An operand is a list (a graph input of that shape), a Weight or Table,
# an array (that constant), "" (absent), or a pair of a list and a type.
OPERATORS: dict[str, tuple] = {
    "conv": ("Conv", [PICTURE, Weight([5, 4, 3, 3]), Weight([5])], {}, 1, 17),
    "conv_transpose": ("ConvTranspose", [PICTURE, Weight([4, 5, 2, 2]), Weight([5])], {"strides": [2, 2]}, 1, 17),
    "gemm": ("Gemm", [ROWS, Weight([5, 8]), Weight([5])], {"transB": 1}, 1, 17),
    "matmul": ("MatMul", [ROWS, Weight([8, 5])], {}, 1, 17),
    "add": ("Add", [ROWS, ROWS], {}, 1, 17),
    "mul": ("Mul", [ROWS, Weight([8])], {}, 1, 17),
    "relu": ("Relu", [ROWS], {}, 1, 17),
    "clip": ("Clip", [ROWS, np.float32(0), np.float32(2)], {}, 1, 17),
    "leaky_relu": ("LeakyRelu", [ROWS], {"alpha": 0.125}, 1, 17),
    "sigmoid": ("Sigmoid", [ROWS], {}, 1, 17),
    "softmax": ("Softmax", [ROWS], {"axis": 1}, 1, 17),
    "max_pool": ("MaxPool", [PICTURE], {"kernel_shape": [2, 2]}, 1, 17),
    "average_pool": ("AveragePool", [PICTURE], {"kernel_shape": [2, 2], "pads": [1, 1, 0, 0]}, 1, 17),
    "global_average_pool": ("GlobalAveragePool", [PICTURE], {}, 1, 17),
    "reshape": ("Reshape", [ROWS, ints(2, 12)], {}, 1, 17),
    "transpose": ("Transpose", [ROWS], {"perm": [1, 0]}, 1, 17),
    "squeeze": ("Squeeze", [[1, 3, 8], ints(0)], {}, 1, 17),
    "unsqueeze": ("Unsqueeze", [ROWS, ints(1)], {}, 1, 17),
    "flatten": ("Flatten", [PICTURE], {"axis": 2}, 1, 17),
    "resize": ("Resize", [PICTURE, "", np.array([1, 1, 2, 2], np.float32)], {"mode": "linear"}, 1, 17),
    "slice": ("Slice", [ROWS, ints(1), ints(3), ints(0)], {}, 1, 17),
    "pad": ("Pad", [ROWS, ints(0, 1, 1, 0), np.float32(0.5)], {}, 1, 17),
    "split": ("Split", [ROWS, ints(3, 5)], {"axis": 1}, 2, 17),
    "concat": ("Concat", [ROWS, ROWS, Weight([2, 8])], {"axis": 0}, 1, 17),
    "gather": ("Gather", [Weight([20, 6]), ([4], I64)], {}, 1, 17),
    "gather_elements": ("GatherElements", [Weight([20, 4]), ([3, 4], I64)], {}, 1, 17),
    "where": ("Where", [(ROWS, TensorProto.BOOL), ROWS, ROWS], {}, 1, 17),
    "instance_norm": ("InstanceNormalization", [PICTURE, Table([4]), Weight([4])], {}, 1, 17),
    "layer_norm": ("LayerNormalization", [ROWS, Table([8]), Weight([8])], {}, 1, 17),
    "batch_norm": ("BatchNormalization", [PICTURE, Table([4]), Weight([4]), Weight([4]), Table([4])], {}, 1, 17),
    "top_k": ("TopK", [ROWS, ints(3)], {}, 2, 17),
    "cumsum": ("CumSum", [ROWS, np.array(1, np.int64)], {}, 1, 17),
    "arg_max": ("ArgMax", [ROWS], {"axis": 1}, 1, 17),
    "lstm": ("LSTM", [[5, 2, 6], Weight([1, 16, 6]), Weight([1, 16, 4]), Weight([1, 32])], {"hidden_size": 4}, 3, 17),
    "gru": ("GRU", [[5, 2, 6], Weight([1, 12, 6]), Weight([1, 12, 4]), Weight([1, 24])], {"hidden_size": 4}, 2, 17),
    "attention": (MS + ".Attention", [[2, 5, 8], Weight([8, 24]), Weight([24])], {"num_heads": 2}, 1, 17),
    "embed_layer_norm": (
        MS + ".EmbedLayerNormalization",
        [([2, 5], TensorProto.INT32), "", Weight([20, 8]), Weight([6, 8]), "", Table([8]), Weight([8])],
        {},
        2,
        17,
    ),
}


def operand(g: Graph, index: int, what) -> str:
    name = f"v{index}"
    if isinstance(what, str):
        return what
    if isinstance(what, Weight):
        return g.weight(f"w{index}", list(what))
    if isinstance(what, Table):
        return g.constant(f"w{index}", np.abs(g.random.randn(*what)).astype(np.float32) + np.float32(0.5))
    if isinstance(what, (np.ndarray, np.generic)):
        return g.constant(f"k{index}", what)
    if isinstance(what, tuple):
        return g.input(name, what[0], what[1])
    return g.input(name, what)


def build(name: str) -> onnx.ModelProto:
    op, operands, attributes, outputs, opset = OPERATORS[name]
    g = Graph(f"alone_{name}", opset=opset)
    if op.startswith(MS + "."):
        g.domains.append((MS, 1))
        op, attributes = op.removeprefix(MS + "."), {**attributes, "domain": MS}
    inputs = [operand(g, i, what) for i, what in enumerate(operands)]
    names = ["y", "y1", "y2"][:outputs]
    g.node(op, inputs, names, name="node", **attributes)
    g.outputs = [onnx.ValueInfoProto(name=output) for output in names]
    model = g.model()
    types = {v.name: v for v in onnx.shape_inference.infer_shapes(model).graph.output}
    for value in model.graph.output:
        value.CopyFrom(types[value.name])
    contrib = {"attention": [2, 5, 8], "embed_layer_norm": [2, 5, 8]}
    if name in contrib:
        for value, shape in zip(model.graph.output, [contrib[name], [2]], strict=False):
            kind = TensorProto.INT32 if value.name == "y1" else TensorProto.FLOAT
            value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, kind, shape))
    return model
