"""The option sets that the real models are quantized with, as data: {name: (mode, options)}.

Option names are those of ONNX Runtime's Python functions. `{first}` and `{middle}` stand for the names of the first and the middle node
that has a weight, since node names differ from model to model; a model whose nodes have no names skips those sets.
"""

from __future__ import annotations

S8, U8 = "QInt8", "QUInt8"


def _dynamic(**options) -> tuple[str, dict]:
    return "dynamic", options


def _static(activation: str, weight: str, **options) -> tuple[str, dict]:
    return "static", {"activation_type": activation, "weight_type": weight, **options}


def _extra(**extra_options) -> tuple[str, dict]:
    return _static(U8, S8, extra_options=extra_options)


OPTION_SETS: dict[str, tuple[str, dict]] = {
    "dynamic s8": _dynamic(weight_type=S8),
    "dynamic u8": _dynamic(weight_type=U8),
    "dynamic s8 channel": _dynamic(weight_type=S8, per_channel=True),
    "dynamic u8 channel": _dynamic(weight_type=U8, per_channel=True),
    "dynamic s8 reduced": _dynamic(weight_type=S8, reduce_range=True),
    "dynamic u8 reduced": _dynamic(weight_type=U8, reduce_range=True),
    "dynamic s8 channel reduced": _dynamic(weight_type=S8, per_channel=True, reduce_range=True),
    "dynamic u8 channel reduced": _dynamic(weight_type=U8, per_channel=True, reduce_range=True),
    "dynamic s8 MatMul": _dynamic(weight_type=S8, op_types_to_quantize=["MatMul"]),
    "dynamic u8 Conv": _dynamic(weight_type=U8, op_types_to_quantize=["Conv"]),
    "dynamic s8 asymmetric": _dynamic(weight_type=S8, extra_options={"WeightSymmetric": False}),
    "dynamic u8 symmetric": _dynamic(weight_type=U8, extra_options={"WeightSymmetric": True}),
    "dynamic s8 without first": _dynamic(weight_type=S8, nodes_to_exclude=["{first}"]),
    "dynamic u8 only middle": _dynamic(weight_type=U8, nodes_to_quantize=["{middle}"]),
    "static s8s8": _static(S8, S8),
    "static s8s8 channel": _static(S8, S8, per_channel=True),
    "static u8s8": _static(U8, S8),
    "static u8s8 channel": _static(U8, S8, per_channel=True),
    "static u8s8 reduced": _static(U8, S8, reduce_range=True),
    "static u8s8 channel reduced": _static(U8, S8, per_channel=True, reduce_range=True),
    "static u8u8": _static(U8, U8),
    "static u8u8 channel": _static(U8, U8, per_channel=True),
    "static u8u8 reduced": _static(U8, U8, reduce_range=True),
    "static u8s8 Conv, MatMul, Gemm": _static(U8, S8, op_types_to_quantize=["Conv", "MatMul", "Gemm"]),
    "static u8s8 only middle": _static(U8, S8, nodes_to_quantize=["{middle}"]),
    "static u8s8 symmetric activations": _extra(ActivationSymmetric=True),
    "static u8s8 asymmetric weights": _extra(WeightSymmetric=False),
    "static u8s8 symmetric ranges": _extra(CalibTensorRangeSymmetric=True),
    "static u8s8 moving average": _extra(CalibMovingAverage=True),
    "static u8s8 float bias": _extra(QuantizeBias=False),
    "static u8s8 kept activations": _extra(QDQKeepRemovableActivations=True),
    "static u8s8 forced": _extra(ForceQuantizeNoInputCheck=True),
}
