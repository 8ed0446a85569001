"""Writes expected_ranges.inc: what onnxruntime.quantization (1.31.1, numpy 2.4.6) makes of samples that histogram_methods_test.cc
makes too.

    make_expected_ranges.py > expected_ranges.inc

A layout says how the samples are given: `one` as one collection of one sample; `several` as samples of three shapes, which
onnxruntime gets joined to one; `chunks` in four collections of two samples, which grow. Cases that onnxruntime gets wrong are left
out.
"""

import contextlib
import io
import warnings

import numpy as np
from onnxruntime.quantization.calibrate import HistogramCollector

KINDS = ["gauss", "heavy", "relu", "far", "constant", "zeros"]


def elements(kind: str, first: int, count: int) -> np.ndarray:
    def uniform(i):
        return ((i.astype(np.uint64) * 2654435761 % 2**32) >> 8).astype(np.float32) * np.float32(2**-24)

    i = np.arange(first, first + count)
    g = uniform(4 * i) + uniform(4 * i + 1) + uniform(4 * i + 2) + uniform(4 * i + 3) - np.float32(2)
    zero = np.zeros(count, np.float32)
    return {
        "gauss": g,
        "heavy": g * g * g,
        "relu": np.maximum(g, zero),
        "far": g * np.float32(0.125) + np.float32(3),
        "constant": zero + np.float32(3),
        "zeros": zero,
    }[kind]


def collections(kind: str, layout: str) -> list:
    if layout == "one":
        return [[elements(kind, 0, 3000)]]
    if layout == "several":
        parts = [elements(kind, 0, 1000), elements(kind, 1000, 200), elements(kind, 1200, 600) * np.float32(1.5)]
        return [[np.concatenate(parts)]]
    samples = [elements(kind, 500 * i, 500) * np.float32(1 + i % 5 / 4) for i in range(8)]
    return [samples[i : i + 2] for i in range(0, 8, 2)]


def cases():
    for kind in KINDS:
        for symmetric in True, False:
            yield kind, "one", "Percentile", {"symmetric": symmetric, "percentile": 99.9}
        yield kind, "several", "Percentile", {"symmetric": kind != "relu"}
        yield kind, "one", "Entropy", {"num_bins": 512, "num_quantized_bins": 64}
        yield kind, "one", "Distribution", {}
        yield kind, "several", "Distribution", {"scenario": "p3", "num_bins": 600}
    for kind in "gauss", "heavy", "relu":
        yield kind, "several", "Entropy", {}
        yield kind, "several", "Entropy", {"num_bins": 2048}
        yield kind, "chunks", "Entropy", {}
        yield kind, "chunks", "Percentile", {"symmetric": True, "percentile": 99.0, "num_bins": 100}
        yield kind, "chunks", "Percentile", {"symmetric": False, "percentile": 90.0, "num_bins": 101}
        yield kind, "chunks", "Distribution", {}
    yield "gauss", "one", "Percentile", {"symmetric": True, "percentile": 0.0}
    yield "gauss", "one", "Percentile", {"symmetric": False, "percentile": 100.0}
    yield "gauss", "one", "Entropy", {"num_bins": 333, "num_quantized_bins": 100}


def main() -> None:
    warnings.simplefilter("ignore")
    print("// Made by make_expected_ranges.py: kind, layout, method, symmetric, percentile, bins, quantized bins,")
    print("// scenario, lowest, highest, average, deviation.")
    for kind, layout, method, given in cases():
        usual = {"num_bins": 128 if method == "Entropy" else 2048, "num_quantized_bins": 128, "percentile": 99.999}
        options = {"symmetric": False, "scenario": "same"} | usual | given
        collector = HistogramCollector(method=method.lower(), **options)
        with contextlib.redirect_stdout(io.StringIO()):
            for collection in collections(kind, layout):
                collector.collect({"x": collection})
            found = collector.compute_collection_result()["x"]
        if method == "Distribution" and np.isnan(found.std) or method != "Distribution" and found[0] > found[1]:
            continue  # rounding made the variance negative, or the range has its ends the wrong way round
        numbers = [found.lowest, found.highest, found.avg, found.std] if method == "Distribution" else [*found[:2], 0, 0]
        bins = given.get("num_bins", 0)
        text = ", ".join(float(number).hex() + "F" for number in numbers)
        print(
            f'{{"{kind}", "{layout}", "{method}", {str(options["symmetric"]).lower()}, {options["percentile"]}, {bins}, '
            f'{options["num_quantized_bins"]}, "{options["scenario"]}", {text}}},'
        )


if __name__ == "__main__":
    main()
