"""Where ONNX Runtime's tools crash, do not end, or give a wrong model: each with a model and options that show it.

For each it is checked that the reference still fails as described (a release that mends it must be noticed), and that ours is valid,
runs, and is close to the float model on the samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import ours
import outputs
from configurations import F8, OCC, ORT, S4, S8, U8, U16, Configuration
from references import References
from tasks import Task, one_task

# dB. Eight-bit quantization of these models gives 30 to 50; a wrong weight or bias 10 or less.
CLOSE = 25.0
CLOSE_HALF = 50.0
CLOSE_FLOAT8 = 20.0


@dataclass(frozen=True)
class Defect:
    """`shows`: raises, endless, invalid (the checker refuses it or it does not load or run), wrong (less than `noise` dB above the
    float model's noise), types (inputs or outputs of other types than ours), float (it
    multiplies in float what ours multiplies in integers)."""

    name: str
    title: str
    model: str
    configuration: Configuration
    shows: str
    noise: float = 15.0
    close: float = CLOSE


def _static(shows_format: str = "QDQ", activation: str = U8, weight: str = S8, extra: dict | None = None, **options) -> Configuration:
    more = {"extra_options": extra} if extra else {}
    return Configuration("static", {"activation_type": activation, "weight_type": weight, "quant_format": shows_format, **options, **more})


def _qnn(extra: dict, **options) -> Configuration:
    return Configuration("static", {"config": "qnn", **options, "extra_options": extra})


def _dynamic(extra: dict | None = None, **options) -> Configuration:
    return Configuration("dynamic", {"weight_type": S8, **options, **({"extra_options": extra} if extra else {})})


def _half(variant: str, **options) -> Configuration:
    return Configuration("float16", {"variant": variant, **options})


SUBGRAPHS = {"EnableSubgraph": True}
DEFECTS = [
    Defect(
        "shared bias",
        "QOperator: a bias that two nodes share keeps the scale of the first, so it is wrong in the second.",
        "shared_bias", _static("QOperator", U8, U8), "wrong",
    ),
    Defect(
        "vanished Clip",
        "QOperator: a Relu or Clip is taken out though the value before it has other readers, which then read the clipped one.",
        "relu_fusion", _static("QOperator", U8, U8), "wrong",
    ),
    Defect(
        "Where",
        "QOperator: a Where that reads a quantized value raises, since nothing dequantizes it.",
        "elementwise", _static("QOperator", U8, U8), "raises",
    ),
    Defect(
        "order of captures",
        "EnableSubgraph: an If comes before the nodes that make what its branches read.",
        "if_network", _dynamic(SUBGRAPHS), "invalid",
    ),
    Defect(
        "order of captures, nested",
        "The same without EnableSubgraph, in any model whose branches read a computed value.",
        "nested_branches", _dynamic(), "invalid",
    ),
    Defect(
        "few outputs at a time",
        "CalibMaxIntermediateOutputs throws away what it has collected; with 1 nothing is left.",
        "small_cnn", _static(extra={"CalibMaxIntermediateOutputs": 1}), "raises",
    ),
    Defect(
        "second override",
        "Types in TensorQuantOverrides are looked for in the first tensor alone: 4 bits in the second are written for an opset that lacks them.",
        "small_cnn",
        _static(extra={"TensorQuantOverrides": {"{first_input}": [{"quant_type": U8}], "{first_weight}": [{"quant_type": S4}]}}),
        "invalid",
    ),
    Defect(
        "range of a Sigmoid",
        "get_qnn_qdq_config gives a 16-bit Sigmoid the scale that QNN wants beside the range of its override, which then raises.",
        "mixer",
        _qnn({"TensorQuantOverrides": {"g2": [{"rmin": 0.0, "rmax": 1.0}]}}, activation_type=U16, weight_type=U8),
        "raises",
    ),
    Defect(
        "two blocked readers",
        "float16 (onnxruntime): two operators without float16 that read one value give two Casts of one name.",
        "blocked_pair", _half(ORT), "invalid", close=CLOSE_HALF,
    ),
    Defect(
        "Cast to float",
        "float16 (onnxconverter-common): a Cast to FLOAT stays, and feeds what is float16 now.",
        "casts", _half(OCC), "invalid", close=CLOSE_HALF,
    ),
    Defect(
        "tied table",
        "Dynamic: a table that is also, transposed, the head's weight: the head is computed in float.",
        "tied_embedding", _dynamic(), "float",
    ),
    Defect(
        "shared Gemm weight",
        "A weight that two Gemms with transB share is transposed in place once for each.",
        "shared_gemm_weight", _dynamic(), "wrong",
    ),
    Defect(
        "bias read elsewhere",
        "QDQ: a bias that a Reshape reads too makes it loop for ever.",
        "bias_elsewhere", _static(), "endless",
    ),
    Defect(
        "Transpose after a DQ",
        "QDQ: a Transpose after a DequantizeLinear that was there before, forced, makes it loop for ever.",
        "quantized_already", _static(extra={"ForceQuantizeNoInputCheck": True}), "endless",
    ),
    Defect(
        "grouped ConvTranspose",
        "Per channel, a grouped ConvTranspose with a bias has too few scales, and raises.",
        "conv_transpose_grouped", _static(per_channel=True), "raises",
    ),
    Defect(
        "float8 and Softmax",
        "float8: raises for every model with a Softmax, whose range it sets to 0..1 without the deviation that float8 needs.",
        "small_cnn", _static("QDQ", F8, F8, calibrate_method="Distribution"), "raises", close=CLOSE_FLOAT8,
    ),
    Defect(
        "beta",
        "QDQ: Gemm's beta is multiplied into the scale of C and not into C, and set to 1: it is lost.",
        "gemm_beta", _static(), "wrong",
    ),
    Defect(
        "C of rank 2",
        "QDQ per channel: a Gemm whose C is not of rank 1 raises.",
        "gemm_bias_shapes", _static(per_channel=True), "raises",
    ),
    Defect(
        "weight in a Constant node",
        "Dynamic: a Conv with a bias whose weight comes from a Constant node raises.",
        "constant_nodes", _dynamic(), "raises",
    ),
    Defect(
        "batches of matrices",
        "Dynamic, per channel: scales of a B of rank 3 that no kernel takes.",
        "matmul_rank3", _dynamic(per_channel=True), "invalid",
    ),
    Defect(
        "axis before opset 13",
        "QDQ per channel before opset 13, where DequantizeLinear has no axis.",
        "initializers_as_inputs", _static(per_channel=True), "invalid",
    ),
]  # fmt: skip


def interface(model: Path) -> list[int]:
    graph = onnx.load(model).graph
    return [value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)]


def float_products(model: Path) -> int:
    return sum(node.op_type in ("MatMul", "Gemm") for node in onnx.load(model).graph.node)


def noise_of(task: Task, model: Path) -> float | str:
    """The smallest signal-to-noise ratio over the samples in dB; or why the model is not valid, or does not load or run."""
    # Its optimizer puts float8 into kernels that do not take it, of any file.
    levels = (False,) if F8 in task.options.values() else (True, False)
    ratios = []
    for sample in sorted(task.samples.glob("*.npz")):
        for optimized in levels:
            result = outputs.run(model, sample, optimized)
            if isinstance(result, str):
                return result
        ratios.append(outputs.signal_to_noise(outputs.run(task.model, sample), result))
    return outputs.checker_problem(model) or float(np.min(ratios))


def shown_by(defect: Defect, task: Task, references: References, mine: Path) -> tuple[str, str]:
    """What the reference shows (as Defect.shows; '' for nothing wrong), and in words."""
    file, raised = references.get(task)
    if not file:
        return ("endless" if raised.startswith("Endless") else "raises"), raised[:120]
    noise = noise_of(task, file)
    if isinstance(noise, str):
        return "invalid", "invalid: " + noise[:120]
    if noise < defect.noise:
        return "wrong", f"{noise:.0f} dB"
    if interface(file) != interface(mine):
        return "types", "other types of inputs and outputs"
    count, fewer = float_products(file), float_products(mine)
    return ("float" if count > fewer else ""), f"{count} products in float, ours {fewer}"


def check_defect(defect: Defect, program: Path, references: References) -> dict:
    """{name, title, model, reference, ours, problem}: what each does, and what is not as it should be ('' if nothing)."""
    task = one_task(defect.model, defect.configuration)
    row = {"name": defect.name, "title": defect.title, "model": defect.model, "reference": "", "ours": "", "problem": ""}
    with TemporaryDirectory() as folder:
        mine = Path(folder) / "ours.onnx"
        failure = ours.convert(program, task.mode, task.model, task.options, task.samples, mine)
        if failure:
            return {**row, "problem": f"ours: {failure.message}"}
        noise = noise_of(task, mine)
        shown, row["reference"] = shown_by(defect, task, references, mine)
    if isinstance(noise, str) or noise < defect.close:
        return {**row, "problem": f"ours: {noise}, expected at least {defect.close} dB"}
    # In tens: the last bits of a calibration decide the rest.
    row["ours"] = f"valid, {noise // 10 * 10:.0f} dB or more"
    if shown != defect.shows:
        row["problem"] = f"the reference shows '{shown}' ({row['reference']}), expected '{defect.shows}'"
    return row
