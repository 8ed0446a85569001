"""Building small models: seeded weights, named nodes, and samples for what was built."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F = TensorProto.FLOAT
I64 = TensorProto.INT64
MS = "com.microsoft"


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


def samples(model: onnx.ModelProto, count: int = 3) -> list[dict[str, np.ndarray]]:
    """Seeded calibration feeds for a small model: normal floats, booleans, and ids below 20."""
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
            elif tensor.elem_type == TensorProto.FLOAT16:
                feed[value.name] = (random.randn(*shape) * 1.5 + 0.25).astype(np.float16)
            elif tensor.elem_type == TensorProto.BOOL:
                feed[value.name] = np.asarray(random.rand(*shape) < 0.5)
            else:
                dtype = helper.tensor_dtype_to_np_dtype(tensor.elem_type)
                feed[value.name] = random.randint(0, 20, shape).astype(dtype)
        feeds.append(feed)
    return feeds
