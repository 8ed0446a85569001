#include "core/quant/quantization.h"

#include <algorithm>

#include "core/quant/activation_sources.h"
#include "core/quant/check_options.h"
#include "core/quant/finish.h"
#include "core/quant/overrides.h"
#include "core/quant/prepare.h"

namespace quantab {
namespace {

Selection Select(const Model& model, const QuantMethodDef& method, const StaticOptions& options,
                 Monitor* monitor) {
  CheckQuantOptions(options);
  const std::vector<std::string> aliases =
      method.aliases == nullptr ? std::vector<std::string>() : method.aliases(model.proto.graph());
  return Selection(model, options, method.types(), method.needs_rule, aliases, monitor);
}

}  // namespace

Quantization::Quantization(const Model& model, const StaticOptions& options, Monitor* monitor)
    : options_(options),
      method_(&QuantMethodRegistry::Get().Find(options.quant_format)),
      selection_(Select(model, *method_, options, monitor)),
      model_(PrepareModel(model, options_, monitor)) {
  CheckOverrides(model_, options_);
  *declared_.mutable_value_info() = model.proto.graph().value_info();
}

std::set<std::string> Quantization::TensorsToCalibrate() const {
  std::set<std::string> tensors;
  for (const auto& node : model_.proto.graph().node()) {
    if (!selection_.HasType(node.op_type())) continue;
    tensors.insert(node.input().begin(), node.input().end());
    tensors.insert(node.output().begin(), node.output().end());
  }
  for (const auto& tensor : model_.proto.graph().initializer()) tensors.erase(tensor.name());
  tensors.erase("");
  return tensors;
}

bool Quantization::LeaveInFloat(const std::vector<std::string>& values) {
  const onnx::GraphProto& graph = model_.proto.graph();
  selection_.Exclude(graph, values);
  return std::any_of(graph.node().begin(), graph.node().end(),
                     [&](const onnx::NodeProto& node) { return selection_.Selected(node); });
}

std::unordered_map<std::string, std::string> Quantization::ActivationSources(
    const TensorRanges& ranges) const {
  return quantab::ActivationSources({model_, options_, selection_, ranges});
}

Model Quantization::Run(const TensorRanges& ranges, Monitor* monitor) const {
  Model quantized = method_->quantize({model_, options_, selection_, ranges, monitor});
  DeclareValues(quantized, declared_);
  return quantized;
}

}  // namespace quantab
