"""Which tiny model is quantized with which options, as data.

Each case is (name, model, mode, options, tags). Tags: `core` needs nothing but types, per_channel, reduce_range and the lists of
operators and nodes; `extra` needs an entry of extra_options. `DIFFERS` names the cases in which ONNX Runtime's result is wrong
or worse than it need be, so that being equal is not the aim, with the reason.
"""

from __future__ import annotations

import json
from pathlib import Path

from tasks import Task

GOLDEN = Path(__file__).resolve().parent / "golden"
S8, U8, U16, S4, U4 = "QInt8", "QUInt8", "QUInt16", "QInt4", "QUInt4"

DYNAMIC_MODELS = [
    "matmul", "matmul_const_a", "matmul_rank3", "gemm", "gemm_beta", "gemm_bias_shapes", "gemm_computed", "conv", "conv1d_3d", "gather", "shared_weights", "shared_gemm_weight",
    "tied_embedding", "unnamed_nodes", "elementwise", "lstm", "degenerate", "range_rounding", "branches",
    "initializers_as_inputs", "constant_nodes", "subgraph", "outputs", "sorting",
]  # fmt: skip

STATIC_MODELS = [
    "matmul", "matmul_const_a", "matmul_rank3", "gemm", "gemm_beta", "gemm_bias_shapes", "gemm_computed", "conv", "conv1d_3d", "conv_transpose", "gather", "shared_weights",
    "shared_gemm_weight", "tied_embedding", "unnamed_nodes", "relu_fusion", "shape_ops", "pools", "elementwise", "norms",
    "outputs", "bias_overflow", "degenerate", "range_rounding", "branches", "initializers_as_inputs", "constant_nodes",
    "subgraph", "sorting",
]  # fmt: skip


def types(activation: str, weight: str, **more) -> dict:
    return {"activation_type": activation, "weight_type": weight, **more}


def extra(**more) -> dict:
    return {"activation_type": U8, "weight_type": S8, "extra_options": more}


def qoperator(activation: str, weight: str, **more) -> dict:
    return types(activation, weight, quant_format="QOperator", **more)


def overrides(**tensors) -> dict:
    return extra(TensorQuantOverrides=tensors)


# name → (options, models)
DYNAMIC = {
    "s8": ({"weight_type": S8}, DYNAMIC_MODELS),
    "u8": ({"weight_type": U8}, ["matmul", "gemm", "conv", "gather", "lstm", "degenerate", "range_rounding", "branches"]),
    "s8_pc": (
        {"weight_type": S8, "per_channel": True},
        ["matmul", "matmul_rank3", "gemm", "conv", "gather", "lstm", "degenerate", "shared_weights", "branches", "unnamed_nodes"],
    ),
    "u8_pc": ({"weight_type": U8, "per_channel": True}, ["matmul", "degenerate", "range_rounding", "lstm"]),
    "s8_rr": ({"weight_type": S8, "reduce_range": True}, ["matmul", "gemm", "conv", "lstm", "gather"]),
    "u8_pc_rr": ({"weight_type": U8, "per_channel": True, "reduce_range": True}, ["matmul", "conv", "range_rounding"]),
    "only_matmul": ({"weight_type": S8, "op_types_to_quantize": ["MatMul"]}, ["gather", "branches", "tied_embedding"]),
    "exclude": ({"weight_type": S8, "nodes_to_exclude": ["left"]}, ["branches"]),
    "exclude_alone": ({"weight_type": S8, "nodes_to_exclude": ["right"]}, ["branches"]),
    "only_node": ({"weight_type": U8, "nodes_to_quantize": ["left", "right"]}, ["branches"]),
    "exclude_gemm": ({"weight_type": S8, "nodes_to_exclude": ["head"]}, ["branches"]),
    "exclude_shared": ({"weight_type": S8, "nodes_to_exclude": ["m0_node"]}, ["shared_weights"]),
    "any_matmul": ({"weight_type": S8, "extra_options": {"MatMulConstBOnly": False}}, ["matmul", "gemm_computed"]),
    "weight_symmetric": ({"weight_type": U8, "extra_options": {"WeightSymmetric": True}}, ["matmul", "gather"]),
    "weight_asymmetric": ({"weight_type": S8, "extra_options": {"WeightSymmetric": False}}, ["matmul", "gather"]),
    "min_range": ({"weight_type": S8, "extra_options": {"MinimumRealRange": 3.0}}, ["matmul"]),
    "act_sym": ({"weight_type": U8, "extra_options": {"ActivationSymmetric": True}}, ["gather"]),
    "subgraphs": ({"weight_type": S8, "extra_options": {"EnableSubgraph": True}}, ["subgraph"]),
}

STATIC = {
    "s8s8": (types(S8, S8), STATIC_MODELS),
    "u8s8_pc": (types(U8, S8, per_channel=True), [m for m in STATIC_MODELS if m not in ("sorting", "subgraph", "constant_nodes")]),
    "u8u8": (types(U8, U8), ["conv", "matmul", "gemm", "gather", "shape_ops", "elementwise", "norms", "degenerate", "range_rounding"]),
    "u8u8_pc": (types(U8, U8, per_channel=True), ["conv", "gemm", "matmul", "matmul_const_a"]),
    "u8s8_rr": (types(U8, S8, reduce_range=True), ["conv", "matmul", "gemm"]),
    "s8s8_pc_rr": (types(S8, S8, per_channel=True, reduce_range=True), ["conv", "gemm", "conv_transpose"]),
    "u8u8_rr": (types(U8, U8, reduce_range=True), ["conv"]),
    "only_conv": (types(U8, S8, op_types_to_quantize=["Conv"]), ["branches", "relu_fusion", "outputs"]),
    "conv_matmul": (types(U8, S8, op_types_to_quantize=["Conv", "MatMul", "Relu"]), ["shape_ops", "shared_weights", "norms"]),
    "exclude": (types(U8, S8, nodes_to_exclude=["left"]), ["branches"]),
    "exclude_alone": (types(U8, S8, nodes_to_exclude=["right"]), ["branches"]),
    "only_nodes": (types(U8, S8, nodes_to_quantize=["stem", "head"]), ["branches"]),
    "exclude_shared": (types(U8, S8, nodes_to_exclude=["c1_node", "m0_node"]), ["shared_weights"]),
    "act_sym": (extra(ActivationSymmetric=True), ["conv", "relu_fusion", "elementwise", "branches"]),
    "weight_asym": (extra(WeightSymmetric=False), ["conv", "matmul", "gemm", "bias_overflow"]),
    "force": (extra(ForceQuantizeNoInputCheck=True), ["relu_fusion", "pools", "elementwise", "gather"]),
    "keep": (extra(QDQKeepRemovableActivations=True), ["relu_fusion", "conv"]),
    "dedicated": (extra(DedicatedQDQPair=True), ["branches", "outputs", "shared_weights"]),
    "qdq_weight": (extra(AddQDQPairToWeight=True), ["conv", "gemm"]),
    "float_bias": (extra(QuantizeBias=False), ["conv", "gemm", "gemm_beta", "norms"]),
    "no_output": (extra(OpTypesToExcludeOutputQuantization=["Conv", "MatMul"]), ["relu_fusion", "matmul"]),
    "min_range": (extra(MinimumRealRange=0.5), ["degenerate", "bias_overflow"]),
    "no_adjust": (extra(QDQDisableWeightAdjustForInt32Bias=True), ["bias_overflow"]),
    "const_b": (extra(MatMulConstBOnly=True), ["matmul"]),
    "calib_sym": (extra(CalibTensorRangeSymmetric=True), ["conv"]),
    "restricted": (extra(ActivationRestrictedAsymmetric=True), ["relu_fusion"]),
    "contrib": (extra(UseQDQContribOps=True), ["gemm"]),
    "axis0": ({**types(U8, S8, per_channel=True), "extra_options": {"QDQOpTypePerChannelSupportToAxis": {"MatMul": 0}}}, ["matmul"]),
    "u16s8_pc": (types(U16, S8, per_channel=True), ["branches"]),
    "u8s4": (types(U8, S4), ["matmul"]),
    "u8u4_pc": (types(U8, U4, per_channel=True), ["gemm"]),
    "blocks": (extra(BlockSize=5), ["matmul"]),
    "override_weight": (overrides(w0=[{"axis": 0, "quant_type": S8, "symmetric": True}]), ["conv"]),
    "override_convert": (overrides(r0=[{"quant_type": U16, "convert": {"quant_type": U8, "recv_nodes": ["left"]}}]), ["branches"]),
    "entropy": (types(U8, S8, calibrate_method="Entropy"), ["conv"]),
    "percentile": ({**extra(CalibPercentile=99.0), "calibrate_method": "Percentile"}, ["matmul"]),
    "op_u8u8": (qoperator(U8, U8), ["conv", "gemm", "gather", "pools", "branches", "unnamed_nodes"]),
    "op_u8s8_pc": (qoperator(U8, S8, per_channel=True), ["conv", "gemm"]),
    "op_s8s8_sym": ({**qoperator(S8, S8), "extra_options": {"ActivationSymmetric": True}}, ["conv"]),
    "calib_average": (extra(CalibMovingAverage=True, CalibMovingAverageConstant=0.1), ["conv"]),
}

# mode → name → (options, models)
WEIGHT_ONLY = {
    "nbits": {
        "b16": ({"block_size": 16}, ["matmul", "matmul_rank3", "shared_weights", "tied_embedding", "branches", "unnamed_nodes"]),
        "b32_sym": ({"block_size": 32, "is_symmetric": True}, ["matmul", "range_rounding"]),
        "b16_8bits": ({"bits": 8, "block_size": 16}, ["matmul", "branches"]),
        "b16_2bits": ({"bits": 2, "block_size": 16, "accuracy_level": 4}, ["matmul"]),
        "qdq": ({"quant_format": "QDQ", "block_size": 16}, ["matmul", "branches"]),
        "qdq_sym": ({"quant_format": "QDQ", "block_size": 16, "is_symmetric": True}, ["matmul"]),
        "tables": ({"op_types_to_quantize": ["MatMul", "Gather"], "block_size": 16}, ["gather", "tied_embedding"]),
        "without_left": ({"nodes_to_exclude": ["left"], "block_size": 16}, ["branches"]),
    },
    "bnb4": {
        "nf4": ({"quant_type": "NF4", "block_size": 64}, ["matmul", "shared_weights", "branches"]),
        "fp4": ({"quant_type": "FP4", "block_size": 16}, ["matmul", "range_rounding"]),
    },
}

DIFFERS = {
    "dynamic.shared_gemm_weight": "The shared transB weight is transposed in place once per Gemm, so it ends as it began and "
    "both MatMuls use the untransposed matrix: silently wrong numbers.",
    "dynamic.constant_nodes": "A Conv with a bias whose weight comes from a Constant node raises (without a bias its weight is quantized anew in each run); "
    "here such a weight is quantized like an initializer.",
    "dynamic.matmul_rank3.s8_pc": "Per-channel parameters [N] for a B of rank 3: the file loads but no MatMulInteger kernel takes them.",
    "dynamic.subgraph": "The If stands before the nodes that make what its branches read, so the file is invalid; here after them.",
    "static.subgraph": "As above.",
    "static.gemm_beta": "beta is set to 1 and multiplied into the scale of C, not into C: beta is lost and the numbers are wrong.",
    "static.matmul.const_b": "MatMulConstBOnly has no effect on QDQ; here it has.",
    "static.matmul_rank3.u8s8_pc": "As above for QDQ: the axis is 1, which is not B's last, and the file does not run.",
    "static.matmul_const_a.u8u8_pc": "The constant A is quantized along K: the file loads but no QLinearMatMul kernel takes it.",
    "static.initializers_as_inputs.u8s8_pc": "DequantizeLinear has no axis before opset 13, so the file is invalid.",
    "static.gemm_bias_shapes.u8s8_pc": "Raises for a C that is not of rank 1 when its Gemm's weight is per channel.",
    "dynamic.tied_embedding.s8": "The head, which reads the table transposed, is computed in float; here in integers, from the one quantized table.",
    "static.gemm.op_u8u8": "QGemm multiplies C by alpha, too: the reference's C is wrong where alpha is not 1; here it is divided by alpha.",
    "static.gemm.op_u8s8_pc": "As above.",
    "static.branches.op_u8u8": "The bias that two Convs share keeps the scale of the first; here each has its own.",
    "exclude": "The excluded node reads the weight and bias it shares through DequantizeLinear; here it keeps its true float weights.",
    "static.shared_weights.exclude_shared": "As above: an excluded node that shares a weight reads it quantized and dequantized.",
    "exclude_gemm": "The Gemm becomes '<name>_MatMul' before the lists of nodes are looked at, so excluding it has no effect.",
}


def cases() -> list[tuple[str, str, str, dict, list[str]]]:
    result = []
    for mode, table in (("dynamic", DYNAMIC), ("static", STATIC)):
        for variant, (options, models) in table.items():
            tag = "extra" if "extra_options" in options else "core"
            result += [(f"{mode}.{model}.{variant}", model, mode, options, [tag, mode, variant]) for model in models]
    for mode, table in WEIGHT_ONLY.items():
        for variant, (options, models) in table.items():
            result += [(f"{mode}.{model}.{variant}", model, mode, options, ["core", mode, variant]) for model in models]
    return result


def reason(name: str, variant: str) -> str | None:
    """Why this case is expected to differ from ONNX Runtime's result; None if it must be equal."""
    for key, text in DIFFERS.items():
        if name == key or name.startswith(key + ".") or variant == key:
            return text
    return None


def golden_tasks(parts: list[str]) -> tuple[list[Task], dict[str, str]]:
    """The committed fixtures whose names hold one of `parts`, and what is expected of each."""
    index = json.loads((GOLDEN / "index.json").read_text())["cases"]
    tasks = []
    for entry in index:
        name, model = entry["name"], entry["model"]
        if parts and not any(part in name for part in parts):
            continue
        spec = json.loads((GOLDEN / "cases" / name / "options.json").read_text())
        tasks.append(Task(name, "golden", GOLDEN / "models" / f"{model}.onnx", spec["mode"], spec["options"], GOLDEN / "samples" / model))
    return tasks, {entry["name"]: entry["expect"] for entry in index}
