#include "core/api/json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/api/calibration_cache.h"
#include "core/api/calibration_table.h"
#include "core/api/option_visitors.h"

namespace quantab {
namespace {

using Json = nlohmann::ordered_json;

// Text from a model may be any bytes; a string that is no UTF-8 is written with replacements.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// JSON has no infinity and no NaN: both are null. Whole numbers are written as JavaScript does,
// without a fraction.
Json Number(double value) {
  constexpr double kMostExact = 9007199254740992;  // 2^53
  if (!std::isfinite(value)) return nullptr;
  if (std::trunc(value) == value && std::fabs(value) < kMostExact) {
    return static_cast<int64_t>(value);
  }
  return value;
}

const char* KindName(ValueType kind) {
  switch (kind) {
    case ValueType::kTensor:
      return "tensor";
    case ValueType::kSequence:
      return "sequence";
    case ValueType::kOptional:
      return "optional";
    case ValueType::kOther:
      break;
  }
  return "other";
}

Json ToObject(const ValueSummary& value) {
  return {{"name", value.name},
          {"kind", KindName(value.kind)},
          {"dtype", value.dtype},
          {"shape", value.shape},
          {"hasShape", value.has_shape}};
}

Json ToObject(const Distribution& distribution) {
  return {{"elements", distribution.elements},
          {"notFinite", distribution.not_finite},
          {"min", distribution.min},
          {"max", distribution.max},
          {"counts", distribution.counts}};
}

Json ToObject(const ErrorFigures& errors) {
  return {{"sqnrDb", Number(errors.sqnr_db)},
          {"mse", Number(errors.mse)},
          {"maxAbsError", Number(errors.max_abs_error)},
          {"cosine", Number(errors.cosine)},
          {"min", Number(errors.min)},
          {"max", Number(errors.max)}};
}

Json ToObject(const Latency& latency) {
  return {{"runs", latency.runs},
          {"min", latency.min_ms},
          {"median", latency.median_ms},
          {"p95", latency.p95_ms},
          {"peakActivationBytes", latency.peak_activation_bytes},
          {"constantBytes", latency.constant_bytes}};
}

Json ToObject(const FormFigures& form) {
  return {{"bytes", form.bytes},
          {"value", form.value ? Number(*form.value) : Json()},
          {"maxAbsError", Number(form.max_abs_error)},
          {"latency", form.latency ? ToObject(*form.latency) : Json()}};
}

Json ToArray(const std::vector<NodeSensitivity>& nodes) {
  Json array = Json::array();
  for (const NodeSensitivity& node : nodes) {
    array.push_back({{"node", node.node},
                     {"opType", node.op_type},
                     {"value", Number(node.value)},
                     {"maxAbsError", Number(node.max_abs_error)}});
  }
  return array;
}

Json ToObject(const Error& error) {
  Json where = Json::object();
  const Place& place = error.place();
  if (!place.file.empty()) where["file"] = place.file;
  if (!place.node.empty()) where["node"] = place.node;
  if (!place.tensor.empty()) where["tensor"] = place.tensor;
  if (place.byte) where["byte"] = *place.byte;
  return {{"code", ErrorCodeName(error.code())},
          {"message", error.message()},
          {"where", std::move(where)}};
}

// Bytes as text, three as four letters (RFC 4648).
std::string Base64(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += k <= group.size() ? kLetters[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

}  // namespace

std::string ToJson(const ModelInfo& info) {
  Json out = {{"name", info.name},
              {"producerName", info.producer_name},
              {"producerVersion", info.producer_version},
              {"graphName", info.graph_name},
              {"irVersion", info.ir_version},
              {"opsets", Json::object()},
              {"inputs", Json::array()},
              {"outputs", Json::array()},
              {"nodes", Json::array()},
              {"operators", Json::array()},
              {"parameters", info.parameters},
              {"weightBytes", info.weight_bytes},
              {"fileBytes", info.file_bytes},
              {"externalData", info.external_data},
              {"quantized", info.quantized},
              {"unsupported", Json::array()},
              {"warnings", info.warnings}};
  for (const auto& [domain, version] : info.opsets) out["opsets"][domain] = version;
  for (const ValueSummary& value : info.inputs) out["inputs"].push_back(ToObject(value));
  for (const ValueSummary& value : info.outputs) out["outputs"].push_back(ToObject(value));
  for (const NodeSummary& node : info.nodes) {
    out["nodes"].push_back({{"index", node.index},
                            {"name", node.name},
                            {"opType", node.op_type},
                            {"domain", node.domain},
                            {"inputs", node.inputs},
                            {"outputs", node.outputs}});
  }
  for (const OperatorSummary& op : info.operators) {
    out["operators"].push_back({{"opType", op.op_type},
                                {"domain", op.domain},
                                {"count", op.count},
                                {"parameters", op.parameters},
                                {"bytes", op.bytes}});
  }
  for (const UnsupportedNode& node : info.unsupported) {
    out["unsupported"].push_back({{"node", node.node},
                                  {"opType", node.op_type},
                                  {"domain", node.domain},
                                  {"opset", node.opset}});
  }
  return Dump(out);
}

std::string ToJson(const Comparison& comparison) {
  Json out = {{"samples", comparison.samples}, {"outputs", Json::array()}};
  for (const OutputComparison& output : comparison.outputs) {
    Json row = {{"name", output.name}, {"elements", output.elements}};
    for (const auto& [name, value] : output.metrics) row[CamelCase(name)] = Number(value);
    out["outputs"].push_back(std::move(row));
  }
  return Dump(out);
}

std::string ToJson(const LayerReport& report) {
  Json out = {{"samples", report.samples},
              {"layers", Json::array()},
              {"weights", Json::array()},
              {"peakActivationBytes", report.peak_activation_bytes}};
  for (const LayerFigures& layer : report.layers) {
    out["layers"].push_back({{"name", layer.name},
                             {"nodes", layer.nodes},
                             {"opType", layer.op_type},
                             {"elements", layer.elements},
                             {"min", Number(layer.min)},
                             {"max", Number(layer.max)},
                             {"accumulated", ToObject(layer.accumulated)},
                             {"own", layer.own ? ToObject(*layer.own) : Json()}});
  }
  for (const WeightFigures& weight : report.weights) {
    out["weights"].push_back({{"name", weight.name},
                              {"nodes", weight.nodes},
                              {"type", weight.type},
                              {"scheme", weight.scheme},
                              {"axis", weight.axis ? Json(*weight.axis) : Json()},
                              {"blockSize", weight.block_size},
                              {"bytesBefore", weight.bytes_before},
                              {"bytesAfter", weight.bytes_after},
                              {"sqnrDb", Number(weight.sqnr_db)},
                              {"maxAbsError", Number(weight.max_abs_error)},
                              {"saturated", weight.saturated}});
  }
  return Dump(out);
}

std::string ToJson(const WeightHistogram& histogram) {
  return Dump({{"name", histogram.name},
               {"dtype", histogram.type},
               {"dims", histogram.shape},
               {"elements", histogram.elements},
               {"notFinite", histogram.not_finite},
               {"zeros", histogram.zeros},
               {"min", histogram.min},
               {"max", histogram.max},
               {"mean", histogram.mean},
               {"deviation", histogram.deviation},
               {"counts", histogram.counts}});
}

std::string ToJson(const std::vector<LayerHistogram>& histograms) {
  Json out = Json::array();
  for (const LayerHistogram& each : histograms) {
    const Json limits =
        each.limits ? Json{{"min", each.limits->min}, {"max", each.limits->max}} : Json();
    out.push_back({{"name", each.name},
                   {"kind", each.weight ? "weight" : "activation"},
                   {"min", each.min},
                   {"max", each.max},
                   {"reference", ToObject(each.reference)},
                   {"quantized", ToObject(each.quantized)},
                   {"limits", limits},
                   {"clipped", each.clipped ? Json(*each.clipped) : Json()}});
  }
  return Dump(out);
}

std::string ToJson(const SensitivityReport& report) {
  return Dump({{"metric", CamelCase(report.metric)},
               {"largerIsBetter", report.larger_is_better},
               {"samples", report.samples},
               {"nodes", ToArray(report.nodes)}});
}

std::string ToJson(const Suggestion& suggestion) {
  return Dump({{"metric", CamelCase(suggestion.metric)},
               {"remedy", suggestion.remedy},
               {"largerIsBetter", suggestion.larger_is_better},
               {"target", Number(suggestion.target)},
               {"met", suggestion.met},
               {"complete", suggestion.complete},
               {"trials", suggestion.trials},
               {"considered", suggestion.considered},
               {"kept", ToArray(suggestion.kept)},
               {"original", ToObject(suggestion.original)},
               {"quantized", ToObject(suggestion.quantized)},
               {"suggested", ToObject(suggestion.suggested)}});
}

std::string ToJson(const TryReport& report) {
  Json trials = Json::array();
  for (const TriedRecipe& trial : report.trials) {
    trials.push_back({{"name", trial.name},
                      {"recipe", Json::parse(trial.recipe)},
                      {"figures", trial.error ? Json() : ToObject(trial.figures)},
                      {"best", trial.best},
                      {"error", trial.error ? ToObject(*trial.error) : Json()}});
  }
  return Dump({{"metric", CamelCase(report.metric)},
               {"largerIsBetter", report.larger_is_better},
               {"original", ToObject(report.original)},
               {"trials", std::move(trials)}});
}

std::string ToJson(const Latency& latency) { return Dump(ToObject(latency)); }

std::string ToJson(const Profile& profile) {
  Json out = {{"runs", profile.runs}, {"total", profile.total_ms}, {"nodes", Json::array()}};
  for (const NodeTime& node : profile.nodes) {
    out["nodes"].push_back({{"node", node.node},
                            {"opType", node.op_type},
                            {"median", node.median_ms},
                            {"share", node.share},
                            {"kernels", node.kernels}});
  }
  return Dump(out);
}

std::string ToJson(const std::vector<SupportedOperator>& operators) {
  Json out = Json::array();
  for (const SupportedOperator& op : operators) {
    out.push_back({{"domain", op.domain},
                   {"opType", op.op_type},
                   {"since", op.since},
                   {"until", op.until == 0 ? Json() : Json(op.until)},
                   {"byDefinition", op.by_definition}});
  }
  return Dump(out);
}

std::string ToJson(const Error& error) { return Dump(ToObject(error)); }

std::string ToJson(const TensorRanges& ranges) {
  const CalibrationTables tables = ToCalibrationTables(ranges);
  return Dump({{"text", ToText(ranges)},
               {"calibrationCache", ToCalibrationCache(ranges)},
               {"calibrationTables",
                {{"json", tables.json},
                 {"flatbuffers", Base64(tables.flatbuffers)},
                 {"cache", tables.cache}}}});
}

std::string ToJson(const MixedPrecision& found) {
  return Dump({{"nodeBlockList", found.node_block_list},
               {"overflowing", found.overflowing},
               {"inaccurate", found.inaccurate},
               {"withinTolerance", found.within_tolerance},
               {"trials", found.trials}});
}

DynamicOptions DynamicOptionsFromJson(std::string_view json) {
  return Guard([&] { return OptionsFromJson<DynamicOptions>(json); });
}

StaticOptions StaticOptionsFromJson(std::string_view json) {
  return Guard([&] { return OptionsFromJson<StaticOptions>(json); });
}

}  // namespace quantab
