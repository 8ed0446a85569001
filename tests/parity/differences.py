"""Where ours differs from ONNX Runtime's result on purpose, with the reason: what a cell of the matrix may differ for."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Difference:
    """Patterns as of a shell; `letters` are those of cell.py that it explains."""

    reason: str
    models: tuple[str, ...]
    configurations: tuple[str, ...]
    letters: str = "d"


DIFFERENCES = [
    Difference(
        "Gemm's beta is multiplied into C; the reference multiplies it into C's scale and sets it to 1, so it is lost.",
        ("gemm_beta",), ("static *", "QOperator *"),
    ),
    Difference(
        "A transB weight that two Gemms share is transposed once; the reference transposes it in place once for each.",
        ("shared_gemm_weight",), ("dynamic *",),
    ),
    Difference(
        "A Gemm is excluded or chosen by its name; the reference has renamed it '<name>_MatMul' before it looks at the lists.",
        ("gemm*", "mixer", "shape_ops"), ("dynamic * without first", "dynamic * only middle"),
    ),
    Difference(
        "A constant on the left of a MatMul has one scale; the reference gives it one per row of what is summed over, which no kernel takes.",
        ("matmul_const_a", "matmul_rank3"), ("static * channel*",),
    ),
    Difference(
        "QOperator: a bias that several nodes share is quantized anew for each; the reference gives them all the first one's.",
        ("shared_*", "branches"), ("QOperator *",),
    ),
    Difference(
        "QDQ: each reader of a shared bias has its own copy; the reference finds readers by name and takes all nodes without one for the first.",
        ("shared_bias",), ("static *",),
    ),
    Difference(
        "QOperator: the scale of a uint8 weight is enlarged too where its bias would not fit in int32.",
        ("bias_overflow",), ("QOperator *",),
    ),
    Difference(
        "QOperator: a Relu or Clip stays where the value before it has other readers; the reference takes it out.",
        ("relu_fusion", "outputs"), ("QOperator *",),
    ),
    Difference(
        "QOperator: a Gemm that stays in float keeps its float weight; the reference dequantizes it.",
        ("gemm_computed",), ("QOperator *",),
    ),
    Difference(
        "QOperator: QGemm multiplies C by alpha, so C is divided by it; the reference does not, and C is wrong where alpha is not 1.",
        ("gemm",), ("QOperator *",),
    ),
    Difference(
        "Dynamic: the head that reads the embedding's table transposed is computed in integers from the one quantized table.",
        ("tied_embedding",), ("dynamic *",),
    ),
    Difference(
        "MatMulConstBOnly leaves a MatMul of two computed values in float; in the reference it has no effect on QDQ.",
        ("*",), ("static u8s8 constant B",),
    ),
    Difference(
        "Weights alone: the constants of a weight that several nodes share are written once; the reference writes them once for each.",
        ("degenerate",), ("nbits*", "bnb4*"),
    ),
    Difference(
        "float8: a Relu or Clip stays, as float8's range does not cut off where they do; the reference takes them out. A constant whose "
        "deviation is zero has the scale of its range; the reference gives it zero.",
        ("*",), ("static f8f8*",),
    ),
    Difference(
        "Percentile: a constant activation's range is that of its bin; the reference's ends are exchanged, and its scale becomes 1.",
        ("mixed_readers",), ("static u8s8 Percentile",),
    ),
    Difference(
        "An output that a blocked node makes is float32 with keep_io_types and float16 without; the reference has it the other way round.",
        ("scan_network", "gemm_computed", "sorting", "blocked_pair", "resized", "alone_resize", "alone_top_k", "alone_cumsum"),
        ("float16 occ float io", "float16 occ blocked first"),
    ),
    Difference(
        "com.microsoft is imported where something uses it; the reference imports it even if nothing was quantized.",
        ("alone_*", "transformer/stories260k_greedy_loop_opset17"), ("static qnn u16u8",),
    ),
    Difference(
        "QDQ per channel: the operator set becomes 13, where DequantizeLinear has an axis, even where it turns out that no weight needs one.",
        ("block_opset12", "ocr/*", "structure/crop_and_resize_loop", "structure/scan_1"), ("static * channel*",),
    ),
    Difference(
        "A conversion of the operator set keeps what Upsample computes; the reference's gives its successor another rule for coordinates.",
        ("seg/selfie_segmentation_landscape",), ("static *16*",),
    ),
    Difference(
        "A constant of minus infinity stays float; the reference quantizes it with a scale that is no number.",
        ("text/magika_standard_v3_3",), ("static qnn *",),
    ),
    Difference(
        "Nodes that do not depend on each other come in another order after a conversion of the operator set.",
        ("structure/scan_1",), ("static *16*",),
    ),
    Difference(
        "Bodies use their outer graph's names again, which ONNX Runtime's own order of nodes lets pass in the float model alone.",
        ("structure/30_nested_loops",), ("float16 *",), "F",
    ),
    Difference(
        "A sum between two steps falls to the other in a network that makes much of it; copies with moved scales, which tell how much, "
        "resize to another size and do not run.",
        ("ocr/ch_PP-OCRv3_det",), ("static *16*",), "F",
    ),
    Difference(
        "ONNX Runtime has no kernel for a BeamSearch of float16 on processors.",
        ("random_weights/tiny_gpt2_beamsearch",), ("float16 *",), "F",
    ),
    Difference(
        "QOperator: what computes in float16 stays as it is, with a warning: most of the format's operators stand for float32 alone. The "
        "reference makes those of MatMul, which ONNX Runtime runs in float32.",
        ("half_matmul_blocks",), ("QOperator *",),
    ),
    Difference(
        "Outputs keep the dimensions that the model declares; the reference writes inferred or made-up ones over unknown ones.",
        ("audio/gtcrn_stream", "audio/silero_vad_op16"), ("static *", "float16 occ *"),
    ),
    Difference(
        "An excluded node keeps its true float weight and bias when it shares them; in the reference it reads them dequantized.",
        ("branches", "shared_weights", "shared_gemm_weight", "degenerate", "bias_elsewhere"),
        ("static *u8s8 without first", "static qnn u8u8 without first"),
    ),
]  # fmt: skip


def reason_for(model: str, configuration: str, letter: str) -> str:
    """Why this cell differs; empty if that is not known."""
    for difference in DIFFERENCES:
        named = any(fnmatchcase(model, pattern) for pattern in difference.models)
        if named and letter in difference.letters and any(fnmatchcase(configuration, p) for p in difference.configurations):
            return difference.reason
    return ""
