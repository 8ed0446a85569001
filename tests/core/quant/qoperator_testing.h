// Quantizing to the QOperator format in tests, and what a model consists of as text.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "core/graph/graph_edit.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {

inline StaticOptions QOperatorOptions() {
  StaticOptions options;
  options.quant_format = "QOperator";
  return options;
}

// With `range` for every tensor but those in `own`, which have theirs, and those in `without`.
inline Model QuantizeWith(const Model& model, const StaticOptions& options,
                          const TensorRange& range = {-2, 3}, Monitor* monitor = nullptr,
                          const std::map<std::string, TensorRange>& own = {},
                          const std::set<std::string>& without = {}) {
  const Quantization quantization(model, options, monitor);
  TensorRanges ranges;
  for (const std::string& name : quantization.TensorsToCalibrate()) {
    if (!without.contains(name)) ranges.ranges[name] = own.contains(name) ? own.at(name) : range;
  }
  return quantization.Run(ranges, monitor);
}

inline std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Each node as "ms.QLinearAdd 'name' (inputs) -> (outputs) {attributes}".
inline std::vector<std::string> NodeLines(const Model& model) {
  std::vector<std::string> lines;
  for (const auto& node : model.proto.graph().node()) {
    std::ostringstream text;
    text << (node.domain() == "com.microsoft" ? "ms." : "") << node.op_type() << " '" << node.name()
         << "' (" << Joined(node.input()) << ") -> (" << Joined(node.output()) << ")";
    std::string separator = " {";
    for (const auto& attribute : node.attribute()) {
      text << separator << attribute.name() << "=";
      separator = ", ";
      if (attribute.type() == onnx::AttributeProto::INTS) {
        std::string list;
        for (int64_t i : attribute.ints()) list += (list.empty() ? "" : " ") + std::to_string(i);
        text << "[" << list << "]";
      } else if (attribute.type() == onnx::AttributeProto::INT) {
        text << attribute.i();
      } else {
        text << attribute.f();
      }
    }
    if (node.attribute_size() > 0) text << "}";
    lines.push_back(text.str());
  }
  return lines;
}

inline std::string InitializerNames(const Model& model) {
  std::string text;
  for (const auto& tensor : model.proto.graph().initializer()) {
    text += (text.empty() ? "" : " ") + tensor.name();
  }
  return text;
}

// Another element type than float32 for a graph's input or output.
inline void SetTypeOf(onnx::ValueInfoProto& info, DType type) {
  info.mutable_type()->mutable_tensor_type()->set_elem_type(static_cast<int32_t>(type));
}

inline void AddScalarInput(QuantGraphBuilder& b, const std::string& name) {
  b.Input(name, {});
  b.graph().mutable_input()->rbegin()->mutable_type()->mutable_tensor_type()->mutable_shape();
}

inline void SetIntsOf(onnx::NodeProto& node, const std::string& name,
                      const std::vector<int64_t>& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  attribute.mutable_ints()->Add(values.begin(), values.end());
}

inline void SetFloatOf(onnx::NodeProto& node, const std::string& name, float value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

}  // namespace quantab
