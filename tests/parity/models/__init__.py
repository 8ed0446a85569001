"""The models that the suite builds, one file per family; each function returns an onnx.ModelProto.

`GOLDEN` has a committed fixture each (the order is that of golden/index.json's making), `THEMES` show one thing each, `NETWORKS` are
whole, `ALONE` are single operators. The weights are random: rules, names and rounding matter here, not numbers.
"""

from __future__ import annotations

from functools import partial

from models import control_flow, conv, elementwise, matmul, networks, numbers, operators, opsets, precision, recurrent, shapes, sharing, structure


def _named(module, *names: str) -> dict:
    return {name: getattr(module, name) for name in names}


GOLDEN = {
    **_named(matmul, "matmul", "matmul_const_a", "matmul_rank3", "gemm", "gemm_beta", "gemm_bias_shapes", "gemm_computed"),
    **_named(conv, "conv", "conv1d_3d", "conv_transpose", "relu_fusion", "pools"),
    **_named(sharing, "gather", "shared_weights", "tied_embedding", "shared_gemm_weight", "branches", "outputs"),
    **_named(structure, "unnamed_nodes", "initializers_as_inputs", "constant_nodes"),
    **_named(shapes, "shape_ops", "sorting"),
    **_named(elementwise, "elementwise", "norms"),
    **_named(numbers, "bias_overflow", "degenerate", "range_rounding"),
    **_named(recurrent, "lstm"),
    **_named(control_flow, "subgraph"),
}
THEMES = {
    **GOLDEN,
    **_named(matmul, "matmul_blocks", "half_matmul_blocks"),
    **_named(conv, "conv_transpose_grouped"),
    **_named(sharing, "shared_bias", "bias_elsewhere"),
    **_named(control_flow, "nested_branches"),
    **_named(precision, "half_cnn", "casts", "blocked_pair", "resized", "mixed_readers", "made_values", "quantized_already"),
}
NETWORKS = {
    **_named(networks, "small_cnn", "unet", "detection_head", "transformer_block", "language_model", "tagger", "mixer"),
    **_named(opsets, "cnn_opset11", "cnn_opset13", "cnn_opset19", "cnn_opset21", "block_opset12", "block_opset21"),
    **_named(control_flow, "if_network", "loop_network", "scan_network"),
}
ALONE = {f"alone_{name}": partial(operators.build, name) for name in operators.OPERATORS}
MODELS = {**NETWORKS, **THEMES, **ALONE}
