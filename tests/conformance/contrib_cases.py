"""One-node models in the layout of ONNX's backend tests, with the outputs of ONNX Runtime.

ONNX's own conformance data knows nothing of the operators that ONNX Runtime adds. The scripts
make_contrib*_cases.py make such data: each describes its cases as a list of Case and calls write().
The results are kept in contrib/, so that the tests need no ONNX Runtime.
"""

import shutil
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

FOLDER = Path(__file__).parent / 'contrib'
DOMAIN = 'com.microsoft'


@dataclass
class Case:
    """A node, its inputs, and which outputs are wanted.

    `inputs` and `outputs` are positional: None is an absent input, False an unwanted output. Inputs
    whose index is in `constants` become initializers. `dimensions` may replace the shape that the
    model declares for an input, for instance by names; `types` gives the element types of outputs
    that ONNX Runtime does not infer. `expected` are the wanted outputs of a case that ONNX Runtime
    runs on other devices only, made from what it does run.
    """

    name: str
    op: str
    inputs: list
    attributes: dict = field(default_factory=dict)
    outputs: list = field(default_factory=lambda: [True])
    constants: tuple = ()
    domain: str = DOMAIN
    opset: int = 17
    dimensions: dict = field(default_factory=dict)
    types: dict = field(default_factory=dict)
    expected: list = None


class Random:
    """Random tensors that depend on a name only, so that cases do not move each other's numbers."""

    def __init__(self, name):
        self.generator = np.random.default_rng(zlib.crc32(name.encode()))

    def f32(self, *shape):
        return self.generator.standard_normal(shape).astype(np.float32)

    def f16(self, *shape):
        return self.f32(*shape).astype(np.float16)

    def integers(self, low, high, *shape, dtype=np.int32):
        """From low to high, both included."""
        return self.generator.integers(low, high, shape, endpoint=True).astype(dtype)


def half(inputs):
    """The inputs with float32 made float16."""
    return [
        value.astype(np.float16) if value is not None and value.dtype == np.float32 else value
        for value in inputs
    ]


def make_model(case):
    names = [f'x{i}' if value is not None else '' for i, value in enumerate(case.inputs)]
    wanted = [f'y{i}' if want else '' for i, want in enumerate(case.outputs)]
    node = helper.make_node(case.op, names, wanted, domain=case.domain, **case.attributes)
    present = [i for i, value in enumerate(case.inputs) if value is not None]
    inputs = [
        helper.make_tensor_value_info(
            names[i],
            helper.np_dtype_to_tensor_dtype(case.inputs[i].dtype),
            case.dimensions.get(i, case.inputs[i].shape),
        )
        for i in present
        if i not in case.constants
    ]
    constants = [numpy_helper.from_array(case.inputs[i], names[i]) for i in case.constants]
    outputs = [
        helper.make_tensor_value_info(name, case.types[i], None)
        if i in case.types
        else onnx.ValueInfoProto(name=name)
        for i, name in enumerate(wanted)
        if name
    ]
    graph = helper.make_graph([node], case.name, inputs, outputs, constants)
    opsets = [helper.make_opsetid('', case.opset), helper.make_opsetid(DOMAIN, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name='quantab')


def feeds(case):
    """The graph's inputs by name, in order."""
    return {
        f'x{i}': value
        for i, value in enumerate(case.inputs)
        if value is not None and i not in case.constants
    }


def outputs_of(case, model=None):
    """The wanted outputs, from ONNX Runtime. Throws where it does not run the case."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    model = model or make_model(case)
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=['CPUExecutionProvider']
        )
        return session.run(None, feeds(case))
    except Exception as error:
        raise RuntimeError(f'{case.name}: {error}') from error


def write(cases, folder=FOLDER):
    """Makes the folder of every case anew."""
    for case in cases:
        model = make_model(case)
        outputs = case.expected or outputs_of(case, model)
        target = folder / f'test_{case.name}'
        shutil.rmtree(target, ignore_errors=True)
        data = target / 'test_data_set_0'
        data.mkdir(parents=True)
        for output, value in zip(model.graph.output, outputs, strict=True):
            kind = helper.np_dtype_to_tensor_dtype(value.dtype)
            output.CopyFrom(helper.make_tensor_value_info(output.name, kind, value.shape))
        (target / 'model.onnx').write_bytes(model.SerializeToString())
        for stem, values in (('input', feeds(case).values()), ('output', outputs)):
            for i, value in enumerate(values):
                proto = numpy_helper.from_array(np.asarray(value))
                (data / f'{stem}_{i}.pb').write_bytes(proto.SerializeToString())
    files = [path for path in folder.rglob('*') if path.is_file()]
    size = sum(path.stat().st_size for path in files) // 1024
    print(f'{len(cases)} cases written; {folder} holds {len(files)} files, {size} KiB')
