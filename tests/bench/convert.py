"""The Python side of convert.mjs: ONNX Runtime's quantize_dynamic with its defaults.

    convert.py MODEL.onnx OUT.onnx     quantizes once
    convert.py                         reads requests, one JSON a line, and answers each with a line:
        {"model": FILE, "out": FILE}             → {"ms": the call's milliseconds, or null when it raises}
        {"generate": FILE, "megabytes": N}       → {"ms": null} when a model of about that size is written
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time

from onnxruntime.quantization import quantize_dynamic

SIDE = 2048  # of the generated square weights: 16 MiB each


def generate(path: str, megabytes: float) -> None:
    """A chain of MatMuls with normal weights."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    random = np.random.default_rng(7)
    count = max(1, round(megabytes * 1e6 / (4 * SIDE * SIDE)))
    weights = [numpy_helper.from_array(random.standard_normal((SIDE, SIDE), np.float32), f"w{i}") for i in range(count)]
    values = ["x", *(f"h{i}" for i in range(count))]
    nodes = [helper.make_node("MatMul", [values[i], f"w{i}"], [values[i + 1]], name=f"m{i}") for i in range(count)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, SIDE]) for name in (values[0], values[-1])]
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:], weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def milliseconds(model: str, out: str) -> float | None:
    begin = time.perf_counter()
    try:
        quantize_dynamic(model, out)
    except Exception:  # noqa: BLE001 (whatever it raises, there is no time to compare with)
        return None
    return (time.perf_counter() - begin) * 1e3


def main() -> None:
    logging.getLogger().setLevel(logging.ERROR)
    if len(sys.argv) == 3:
        quantize_dynamic(sys.argv[1], sys.argv[2])
        return
    # What a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        ms = None
        if "generate" in request:
            generate(request["generate"], request["megabytes"])
        else:
            ms = milliseconds(request["model"], request["out"])
        print(json.dumps({"ms": ms}), file=answers, flush=True)


if __name__ == "__main__":
    main()
