"""ONNX Runtime's ready-made configurations: what `get_qdq_config` and `get_qnn_qdq_config` make of options given as data."""

from __future__ import annotations

from pathlib import Path

from onnxruntime.quantization import get_qdq_config
from onnxruntime.quantization.execution_providers.qnn import get_qnn_qdq_config

# What the two functions call entries of `extra_options`; get_qdq_config takes the others as they are.
ARGUMENTS = {
    "ActivationSymmetric": "activation_symmetric",
    "WeightSymmetric": "weight_symmetric",
    "QDQKeepRemovableActivations": "keep_removable_activations",
}
CONFIGS = {
    "qdq": (get_qdq_config, {"TensorQuantOverrides": "tensor_quant_overrides", "MinimumRealRange": "min_real_range", **ARGUMENTS}),
    "qnn": (get_qnn_qdq_config, {"TensorQuantOverrides": "init_overrides", "CalibStridedMinMax": "stride", **ARGUMENTS}),
}
# What `quantize` passes from a configuration to `quantize_static`.
PASSED = (
    ("calibrate_method", "quant_format", "activation_type", "weight_type", "op_types_to_quantize", "nodes_to_quantize", "nodes_to_exclude")
    + ("per_channel", "reduce_range", "use_external_data_format", "calibration_providers", "extra_options")
)  # fmt: skip


def configured(model: Path, call: dict, reader) -> dict:
    """The arguments of `quantize_static`; `call` is changed. As they are where it names no configuration."""
    config = call.pop("config", "none")
    if config == "none":
        return call
    function, names = CONFIGS[config]
    extra = call.pop("extra_options", {})
    for key, name in names.items():
        if key in extra:
            call[name] = extra.pop(key)
    if extra:
        call["extra_options"] = extra
    made = function(model, reader, **call)
    return {name: getattr(made, name) for name in PASSED}
