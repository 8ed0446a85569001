"""The configurations that models are quantized with, as data: {name: Configuration}.

Option names are those of ONNX Runtime's Python functions. Some of them stand in braces for what differs from model to model: `{first}`
and `{middle}` are the names of the first and the middle node that has a constant weight, `{first_weight}`, `{first_input}` and
`{first_output}` what that node reads and makes, `{first_axis}` the axis of its weight's output channels. A model whose nodes have no
names, or that has no such node, is not quantized with those.
"""

from __future__ import annotations

from dataclasses import dataclass

S8, U8, S16, U16, S4, U4, F8 = "QInt8", "QUInt8", "QInt16", "QUInt16", "QInt4", "QUInt4", "QFLOAT8E4M3FN"

# Which of the built models a configuration is for: every one; all but the single operators; whole networks alone.
ALL, WIDE, NETWORKS = "all", "wide", "networks"


@dataclass(frozen=True)
class Configuration:
    mode: str  # dynamic, static, nbits, bnb4, float16
    options: dict
    reach: str = WIDE
    # A model without any of these operators has nothing to show; empty: every model has.
    needs: tuple[str, ...] = ()


def _dynamic(reach: str = WIDE, needs: tuple = (), **options) -> Configuration:
    return Configuration("dynamic", options, reach, needs)


def _static(activation: str, weight: str, reach: str = WIDE, needs: tuple = (), **options) -> Configuration:
    return Configuration("static", {"activation_type": activation, "weight_type": weight, **options}, reach, needs)


def _extra(reach: str = WIDE, needs: tuple = (), types: tuple[str, str] = (U8, S8), **extra_options) -> Configuration:
    return _static(*types, reach, needs, extra_options=extra_options)


def _qoperator(activation: str, weight: str, reach: str = WIDE, needs: tuple = (), **options) -> Configuration:
    return _static(activation, weight, reach, needs, quant_format="QOperator", **options)


def _calibrated(method: str, needs: tuple = (), types: tuple[str, str] = (U8, S8), **extra_options) -> Configuration:
    more = {"extra_options": extra_options} if extra_options else {}
    return _static(*types, NETWORKS, needs, calibrate_method=method, **more)


def _overridden(types: tuple[str, str] = (U8, S8), **overrides) -> Configuration:
    return _extra(NETWORKS, types=types, TensorQuantOverrides={"{" + name + "}": entries for name, entries in overrides.items()})


def _config(config: str, types: tuple, reach: str = WIDE, needs: tuple = (), extra: dict | None = None, **options) -> Configuration:
    more = {"extra_options": extra} if extra else {}
    return _static(*types, reach, needs, config=config, **options, **more)


def _nbits(reach: str = WIDE, needs: tuple = ("MatMul",), **options) -> Configuration:
    return Configuration("nbits", options, reach, needs)


def _bnb4(reach: str = WIDE, **options) -> Configuration:
    return Configuration("bnb4", options, reach, ("MatMul",))


def _half(variant: str, reach: str = WIDE, needs: tuple = (), **options) -> Configuration:
    return Configuration("float16", {"variant": variant, **options}, reach, needs)


SUBGRAPHS = ("If", "Loop", "Scan")
WEIGHTED = ("Conv", "MatMul", "Gemm")
ORT, OCC = "onnxruntime", "onnxconverter_common"

DYNAMIC = {
    "dynamic s8": _dynamic(ALL, weight_type=S8),
    "dynamic u8": _dynamic(weight_type=U8),
    "dynamic s8 channel": _dynamic(ALL, weight_type=S8, per_channel=True),
    "dynamic u8 channel": _dynamic(weight_type=U8, per_channel=True),
    "dynamic s8 reduced": _dynamic(weight_type=S8, reduce_range=True),
    "dynamic u8 reduced": _dynamic(NETWORKS, weight_type=U8, reduce_range=True),
    "dynamic s8 channel reduced": _dynamic(NETWORKS, weight_type=S8, per_channel=True, reduce_range=True),
    "dynamic u8 channel reduced": _dynamic(NETWORKS, weight_type=U8, per_channel=True, reduce_range=True),
    "dynamic s8 MatMul": _dynamic(NETWORKS, weight_type=S8, op_types_to_quantize=["MatMul"]),
    "dynamic u8 Conv": _dynamic(NETWORKS, weight_type=U8, op_types_to_quantize=["Conv"]),
    "dynamic s8 asymmetric": _dynamic(weight_type=S8, extra_options={"WeightSymmetric": False}),
    "dynamic u8 symmetric": _dynamic(weight_type=U8, extra_options={"WeightSymmetric": True}),
    "dynamic s8 without first": _dynamic(weight_type=S8, nodes_to_exclude=["{first}"]),
    "dynamic u8 only middle": _dynamic(weight_type=U8, nodes_to_quantize=["{middle}"]),
    "dynamic s8 any MatMul": _dynamic(needs=("MatMul",), weight_type=S8, extra_options={"MatMulConstBOnly": False}),
    "dynamic u8 symmetric activations": _dynamic(needs=("Gather",), weight_type=U8, extra_options={"ActivationSymmetric": True}),
    "dynamic s8 minimum range": _dynamic(weight_type=S8, extra_options={"MinimumRealRange": 2.0}),
    "dynamic s8 forced": _dynamic(needs=("Transpose",), weight_type=S8, extra_options={"ForceQuantizeNoInputCheck": True}),
    "dynamic s8 subgraphs": _dynamic(needs=SUBGRAPHS, weight_type=S8, extra_options={"EnableSubgraph": True}),
    "dynamic u8 channel subgraphs": _dynamic(needs=SUBGRAPHS, weight_type=U8, per_channel=True, extra_options={"EnableSubgraph": True}),
}

QDQ = {
    "static s8s8": _static(S8, S8, ALL),
    "static s8s8 channel": _static(S8, S8, per_channel=True),
    "static s8s8 channel reduced": _static(S8, S8, NETWORKS, per_channel=True, reduce_range=True),
    "static u8s8": _static(U8, S8, ALL),
    "static u8s8 channel": _static(U8, S8, ALL, per_channel=True),
    "static u8s8 reduced": _static(U8, S8, NETWORKS, reduce_range=True),
    "static u8s8 channel reduced": _static(U8, S8, per_channel=True, reduce_range=True),
    "static u8u8": _static(U8, U8),
    "static u8u8 channel": _static(U8, U8, per_channel=True),
    "static u8u8 reduced": _static(U8, U8, NETWORKS, reduce_range=True),
    "static u8s8 Conv, MatMul, Gemm": _static(U8, S8, needs=WEIGHTED, op_types_to_quantize=["Conv", "MatMul", "Gemm"]),
    "static u8s8 only middle": _static(U8, S8, nodes_to_quantize=["{middle}"]),
    "static u8s8 without first": _static(U8, S8, nodes_to_exclude=["{first}"]),
    "static u8s8 symmetric activations": _extra(ActivationSymmetric=True),
    "static u8s8 restricted": _extra(ActivationRestrictedAsymmetric=True),
    "static u8s8 asymmetric weights": _extra(WeightSymmetric=False),
    "static u8s8 minimum range": _extra(MinimumRealRange=4.0),
    "static u8s8 float bias": _extra(QuantizeBias=False),
    "static u8s8 kept activations": _extra(needs=("Relu", "Clip"), QDQKeepRemovableActivations=True),
    "static u8s8 forced": _extra(ALL, ForceQuantizeNoInputCheck=True),
    "static u8s8 dedicated pairs": _extra(DedicatedQDQPair=True),
    "static u8s8 float weights": _extra(AddQDQPairToWeight=True),
    "static u8s8 float outputs": _extra(OpTypesToExcludeOutputQuantization=["Conv", "MatMul", "Add", "Relu"]),
    "static u8s8 weights not adjusted": _extra(NETWORKS, QDQDisableWeightAdjustForInt32Bias=True),
    "static u8s8 constant B": _extra(needs=("MatMul",), MatMulConstBOnly=True),
    "static u8s8 channel axis 0": _static(
        U8, S8, NETWORKS, ("MatMul",), per_channel=True, extra_options={"QDQOpTypePerChannelSupportToAxis": {"MatMul": 0}}
    ),
    "static u8s8 contrib": _extra(NETWORKS, UseQDQContribOps=True),
    "static s16s8": _static(S16, S8),
    "static u16s8 channel": _static(U16, S8, ALL, per_channel=True),
    "static u16u8": _static(U16, U8, NETWORKS),
    "static u16u16": _static(U16, U16, NETWORKS),
    "static s16s16 symmetric": _extra(NETWORKS, types=(S16, S16), ActivationSymmetric=True),
    "static u16s8 contrib": _extra(NETWORKS, types=(U16, S8), UseQDQContribOps=True),
    "static u8s4": _static(U8, S4, needs=WEIGHTED),
    "static u8u4 channel": _static(U8, U4, needs=WEIGHTED, per_channel=True),
    "static u16s4 channel": _static(U16, S4, NETWORKS, WEIGHTED, per_channel=True),
    "static u8s8 blocks of 4": _extra(needs=("MatMul", "Gemm"), BlockSize=4),
    "static u8s4 channel blocks of 16": _static(U8, S4, NETWORKS, ("MatMul", "Gemm"), per_channel=True, extra_options={"BlockSize": 16}),
    "static u8u8 blocks of 5": _extra(NETWORKS, ("MatMul", "Gemm"), (U8, U8), BlockSize=5),
}

OVERRIDES = {
    "override weight by channel": _overridden(first_weight=[{"axis": "{first_axis}", "quant_type": S8, "symmetric": True}]),
    "override weight type and range": _overridden(first_weight=[{"quant_type": U8, "rmin": -1.5, "rmax": 2.0}]),
    "override weight reduced": _overridden(first_weight=[{"reduce_range": True}]),
    "override scale": _overridden(first_output=[{"scale": 0.05, "zero_point": 120}]),
    "override range": _overridden(first_output=[{"rmin": -3.0, "rmax": 2.5, "symmetric": True}]),
    "override to 16 bits": _overridden(first_output=[{"quant_type": U16}]),
    "override and convert": _overridden(first_output=[{"quant_type": U16, "convert": {"quant_type": U8}}]),
    "override input and convert": _overridden(first_input=[{"convert": {"quant_type": U16, "recv_nodes": ["{first}"]}}]),
    "override weight to 4 bits": _overridden(first_weight=[{"quant_type": S4}]),
}

# Through get_qdq_config and get_qnn_qdq_config.
FIRST_IN_16_BITS = {"TensorQuantOverrides": {"{first_output}": [{"quant_type": U16}]}}
READY_MADE = {
    "static qdq u8s8": _config("qdq", (U8, S8), ALL),
    "static qdq s8s8 channel": _config("qdq", (S8, S8), per_channel=True),
    "static qdq u8u8 reduced": _config("qdq", (U8, U8), NETWORKS, reduce_range=True),
    "static qdq u16s8 channel": _config("qdq", (U16, S8), per_channel=True),
    "static qdq u8s4": _config("qdq", (U8, S4), NETWORKS, WEIGHTED),
    "static qdq u8s8 without first": _config("qdq", (U8, S8), nodes_to_exclude=["{first}"]),
    "static qdq u8s8 not forced": _config("qdq", (U8, S8), NETWORKS, extra={"ForceQuantizeNoInputCheck": False, "MinimumRealRange": 0.5}),
    "static qdq u8s8 first in 16 bits": _config("qdq", (U8, S8), NETWORKS, extra=FIRST_IN_16_BITS),
    "static qnn u8u8": _config("qnn", (U8, U8), ALL),
    "static qnn u8s8 channel": _config("qnn", (U8, S8), per_channel=True),
    "static qnn u8u8 channel": _config("qnn", (U8, U8), NETWORKS, per_channel=True),
    "static qnn u16u8": _config("qnn", (U16, U8), ALL),
    "static qnn u16s8 channel": _config("qnn", (U16, S8), per_channel=True),
    "static qnn s16s8": _config("qnn", (S16, S8)),
    "static qnn u16u16": _config("qnn", (U16, U16), NETWORKS),
    "static qnn u8s4": _config("qnn", (U8, S4), NETWORKS, WEIGHTED),
    "static qnn u8s8 symmetric": _config("qnn", (U8, S8), NETWORKS, extra={"ActivationSymmetric": True, "WeightSymmetric": False}),
    "static qnn u8u8 kept activations": _config("qnn", (U8, U8), needs=("Relu", "Clip"), extra={"QDQKeepRemovableActivations": True}),
    "static qnn u8u8 without first": _config("qnn", (U8, U8), NETWORKS, nodes_to_exclude=["{first}"]),
    "static qnn u8u8 Conv, MatMul, Gemm": _config("qnn", (U8, U8), NETWORKS, WEIGHTED, op_types_to_quantize=["Conv", "MatMul", "Gemm"]),
    "static qnn u8u8 first in 16 bits": _config("qnn", (U8, U8), extra=FIRST_IN_16_BITS),
    "static qnn u8u8 first in 16 bits, not converted": _config("qnn", (U8, U8), NETWORKS, add_qtype_converts=False, extra=FIRST_IN_16_BITS),
    "static qnn u16u8 first weight in 16 bits": _config(
        "qnn", (U16, U8), NETWORKS, extra={"TensorQuantOverrides": {"{first_weight}": [{"quant_type": S16, "symmetric": True}]}}
    ),
}

CALIBRATION = {
    "static u8s8 symmetric ranges": _extra(CalibTensorRangeSymmetric=True),
    "static u8s8 moving average": _extra(CalibMovingAverage=True),
    "static u8s8 moving average 0.3": _extra(NETWORKS, CalibMovingAverage=True, CalibMovingAverageConstant=0.3),
    "static u8s8 strided": _extra(NETWORKS, CalibStridedMinMax=1),
    "static u8s8 strided average": _extra(NETWORKS, CalibStridedMinMax=1, CalibMovingAverage=True, CalibMovingAverageConstant=0.25),
    "static u8s8 Entropy": _static(U8, S8, calibrate_method="Entropy"),
    "static u8s8 Entropy 512 to 64": _calibrated("Entropy", CalibNumBins=512, CalibNumQuantizedBins=64),
    "static u8s8 Percentile": _static(U8, S8, calibrate_method="Percentile"),
    "static u8s8 Percentile 99": _calibrated("Percentile", CalibPercentile=99.0, CalibTensorRangeSymmetric=False),
    "static s8s8 Percentile 95 symmetric": _calibrated("Percentile", types=(S8, S8), CalibPercentile=95.0, CalibTensorRangeSymmetric=True),
    "static u8s8 Percentile 256 bins": _calibrated("Percentile", CalibPercentile=98.0, CalibNumBins=256, CalibTensorRangeSymmetric=False),
    "static u8s8 Distribution": _calibrated("Distribution"),
    "static f8f8": _static(F8, F8, calibrate_method="Distribution"),
    "static f8f8 p3": _calibrated("Distribution", types=(F8, F8), CalibScenario="p3"),
}

QOPERATOR = {
    "QOperator u8u8": _qoperator(U8, U8, ALL),
    "QOperator u8s8": _qoperator(U8, S8),
    "QOperator s8s8": _qoperator(S8, S8, ALL),
    "QOperator u8s8 channel": _qoperator(U8, S8, ALL, per_channel=True),
    "QOperator u8u8 channel": _qoperator(U8, U8, per_channel=True),
    "QOperator s8s8 channel reduced": _qoperator(S8, S8, NETWORKS, per_channel=True, reduce_range=True),
    "QOperator u8u8 reduced": _qoperator(U8, U8, NETWORKS, reduce_range=True),
    "QOperator u8s8 symmetric activations": _qoperator(U8, S8, extra_options={"ActivationSymmetric": True}),
    "QOperator s8s8 symmetric activations": _qoperator(S8, S8, NETWORKS, extra_options={"ActivationSymmetric": True}),
    "QOperator u8s8 restricted": _qoperator(U8, S8, NETWORKS, extra_options={"ActivationRestrictedAsymmetric": True}),
    "QOperator u8u8 forced": _qoperator(U8, U8, ALL, extra_options={"ForceQuantizeNoInputCheck": True}),
    "QOperator u8s8 Conv, MatMul, Gemm": _qoperator(U8, S8, needs=WEIGHTED, op_types_to_quantize=["Conv", "MatMul", "Gemm"]),
    "QOperator u8s8 without first": _qoperator(U8, S8, nodes_to_exclude=["{first}"]),
    "QOperator u8s8 constant B": _qoperator(U8, S8, NETWORKS, ("MatMul",), extra_options={"MatMulConstBOnly": True}),
    "QOperator u8u8 fixed Sigmoid": _qoperator(U8, U8, needs=("Sigmoid",), extra_options={"extra.Sigmoid.nnapi": True}),
    "QOperator u8s8 minimum range": _qoperator(U8, S8, NETWORKS, extra_options={"MinimumRealRange": 4.0}),
    "QOperator u8s8 Entropy": _qoperator(U8, S8, NETWORKS, calibrate_method="Entropy"),
    "QOperator u8s8 Percentile": _qoperator(U8, S8, NETWORKS, calibrate_method="Percentile"),
}

WEIGHT_ONLY = {
    "nbits": _nbits(),
    "nbits blocks of 32 symmetric": _nbits(block_size=32, is_symmetric=True),
    "nbits blocks of 16": _nbits(block_size=16, accuracy_level=1),
    "nbits 8 blocks of 16": _nbits(bits=8, block_size=16),
    "nbits 8 symmetric": _nbits(NETWORKS, bits=8, is_symmetric=True),
    "nbits 2 blocks of 16": _nbits(bits=2, block_size=16),
    "nbits 2 symmetric": _nbits(NETWORKS, bits=2, is_symmetric=True),
    "nbits without first": _nbits(nodes_to_exclude=["{first}"]),
    "nbits only first": _nbits(op_types_to_quantize=["Gather"], nodes_to_include=["{first}"], block_size=16),
    "nbits tables": _nbits(needs=("Gather",), op_types_to_quantize=["MatMul", "Gather"], block_size=16),
    "nbits tables symmetric": _nbits(needs=("Gather",), op_types_to_quantize=["Gather"], block_size=16, is_symmetric=True),
    "nbits tables by column": _nbits(needs=("Gather",), op_types_to_quantize=["Gather"], block_size=16, quant_axes={"Gather": -1}),
    "nbits QDQ": _nbits(quant_format="QDQ"),
    "nbits QDQ blocks of 16 symmetric": _nbits(quant_format="QDQ", block_size=16, is_symmetric=True),
    "bnb4 NF4": _bnb4(quant_type="NF4", block_size=64),
    "bnb4 FP4 blocks of 16": _bnb4(quant_type="FP4", block_size=16),
    "bnb4 NF4 without first": _bnb4(NETWORKS, quant_type="NF4", block_size=32, nodes_to_exclude=["{first}"]),
}

FLOAT16 = {
    "float16 ort": _half(ORT, ALL),
    "float16 ort float io": _half(ORT, ALL, keep_io_types=True),
    "float16 ort blocked MatMul": _half(ORT, needs=("MatMul", "Gemm"), op_block_list=["MatMul", "Gemm"]),
    "float16 ort blocked first": _half(ORT, node_block_list=["{first}"], keep_io_types=True),
    "float16 ort clamped": _half(ORT, NETWORKS, min_positive_val=1e-3, max_finite_val=1.5),
    "float16 ort forced": _half(ORT, force_fp16_initializers=True, op_block_list=["Add", "Mul"]),
    "float16 ort forced inputs": _half(ORT, needs=("Resize",), force_fp16_inputs={"Resize": [2]}),
    "float16 ort bfloat16": _half(ORT, NETWORKS, use_bfloat16_as_blocked_nodes_dtype=True, op_block_list=["Add", "Softmax"]),
    "float16 ort no inference": _half(ORT, NETWORKS, disable_shape_infer=True),
    "float16 occ": _half(OCC, ALL),
    "float16 occ float io": _half(OCC, ALL, keep_io_types=True),
    "float16 occ blocked MatMul": _half(OCC, needs=("MatMul", "Gemm"), op_block_list=["MatMul", "Gemm"]),
    "float16 occ blocked first": _half(OCC, node_block_list=["{first}"], keep_io_types=True),
    "float16 occ clamped": _half(OCC, NETWORKS, min_positive_val=1e-3, max_finite_val=1.5),
    "float16 occ no inference": _half(OCC, NETWORKS, disable_shape_infer=True),
}

GROUPS = {
    "dynamic": DYNAMIC,
    "QDQ": QDQ,
    "overrides": OVERRIDES,
    "ready-made": READY_MADE,
    "calibration": CALIBRATION,
    "QOperator": QOPERATOR,
    "weight-only": WEIGHT_ONLY,
    "float16": FLOAT16,
}
CONFIGURATIONS: dict[str, Configuration] = {name: c for group in GROUPS.values() for name, c in group.items()}
