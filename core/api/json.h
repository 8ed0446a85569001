// The public types as JSON text, for the command line's --json and for JavaScript. Keys are
// camelCase versions of the members' names.
#pragma once

#include <string>
#include <string_view>

#include "core/api/layer_histograms.h"
#include "core/api/quantab.h"
#include "core/api/suggest.h"
#include "core/api/try_all.h"
#include "core/eval/sensitivity_figures.h"

namespace quantab {

std::string ToJson(const ModelInfo& info);
std::string ToJson(const Comparison& comparison);
std::string ToJson(const LayerReport& report);
// {"metric", "largerIsBetter", "samples", "nodes": [{"node", "opType", "value", "maxAbsError"}]}
std::string ToJson(const SensitivityReport& report);
// {"metric", "remedy", "largerIsBetter", "target", "met", "complete", "trials", "considered",
// "kept": nodes as a SensitivityReport has them, "original", "quantized", "suggested": {"bytes",
// "value", "maxAbsError", "latency"}}
std::string ToJson(const Suggestion& suggestion);
// {"metric", "largerIsBetter", "original": figures as a Suggestion has them, "trials": [{"name",
// "recipe", "figures", "best", "error"}]}
std::string ToJson(const TryReport& report);
std::string ToJson(const Latency& latency);
// "type" is "dtype", and "shape" "dims", as tensors have them in JavaScript.
std::string ToJson(const WeightHistogram& histogram);
// [{"name", "kind": "activation" or "weight", "min", "max", "reference", "quantized": {"elements",
// "notFinite", "min", "max", "counts"}, "limits": {"min", "max"} or null, "clipped" or null}]
std::string ToJson(const std::vector<LayerHistogram>& histograms);
// {"runs", "total", "nodes": [{"node", "opType", "median", "share", "kernels"}]}
std::string ToJson(const Profile& profile);
std::string ToJson(const Error& error);
// {"text": <ToText's>, "calibrationCache": <onnxruntime's form>, "calibrationTables": TensorRT's:
// {"json", "flatbuffers" (base64), "cache"}}
std::string ToJson(const TensorRanges& ranges);
std::string ToJson(const std::vector<SupportedOperator>& operators);
// {"nodeBlockList", "overflowing", "inaccurate", "withinTolerance", "trials"}
std::string ToJson(const MixedPrecision& found);

// Options from a JSON object with camelCase keys ("perChannel": true) or snake_case ones, and
// "extraOptions": {"ActivationSymmetric": true} with onnxruntime's names. An unknown key or a
// wrong type throws Error(kInvalidArgument) that names it and lists what there is.
DynamicOptions DynamicOptionsFromJson(std::string_view json);
StaticOptions StaticOptionsFromJson(std::string_view json);

// Every command and option as data: {"version", "commands": [{"name", "help", "positionals",
// "options": [{"name", "type", "default", "choices", "help", "extraOption"}]}], "configurations":
// {config: {option: default}}}. The Node program, the TypeScript types and the page's form are made
// from it; the native program parses by it.
std::string DescribeAll();

}  // namespace quantab
