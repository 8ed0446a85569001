#include "core/api/node_quantizer.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/passes/fix_initializers.h"
#include "core/quant/config.h"
#include "core/quant/equalize.h"
#include "core/quant/method.h"
#include "core/quant/prepare.h"
#include "core/quant/quantization.h"

namespace quantab {
namespace {

StaticOptions OptionsOf(const Model& model, const Recipe& recipe, Monitor* monitor) {
  if (recipe.method == RecipeMethod::kDynamic) return ToStaticOptions(recipe.dynamic_options);
  if (recipe.method != RecipeMethod::kStatic) {
    ThrowInvalidArgument(
        "Single nodes can be quantized by 'quantize_static' and "
        "'quantize_dynamic', but this is a recipe for '" +
        std::string(MethodNameOf(recipe)) + "'.");
  }
  const StaticOptions& options = recipe.static_options;
  for (const auto& [name, wanted] : {std::pair("smooth_quant", options.smooth_quant),
                                     std::pair("bias_correction", options.bias_correction)}) {
    if (wanted) {
      ThrowInvalidArgument("'" + std::string(name) +
                           "' fits the whole model to samples, so that no node can be quantized "
                           "alone. Leave it out here.");
    }
  }
  return ApplyConfig(model, options, monitor);
}

}  // namespace

NodeQuantizer::NodeQuantizer(const Model& model, const Recipe& recipe, Monitor* monitor)
    : model_(model), options_(OptionsOf(model, recipe, monitor)) {
  if (options_.cross_layer_equalization) {
    FixInitializers(*model_.proto.mutable_graph());
    EqualizeCrossLayers(model_);
  }
  reference_ = Quantization(model_, options_, monitor).model();

  const std::vector<std::string>& given = options_.op_types_to_quantize;
  const std::vector<std::string> types =
      given.empty() ? QuantMethodRegistry::Get().Find(options_.quant_format).types() : given;
  const std::set<std::string> wanted(types.begin(), types.end());
  const std::vector<const onnx::NodeProto*> asked = NodesAskedFor(model_, options_);
  const std::unordered_set<const onnx::NodeProto*> chosen(asked.begin(), asked.end());
  std::unordered_set<std::string> names;
  int index = 0;
  for (const onnx::NodeProto& node : model_.proto.graph().node()) {
    const int at = index++;
    if (!chosen.contains(&node) || !wanted.contains(node.op_type())) continue;
    std::string name =
        node.name().empty() ? "#" + std::to_string(at) + " (" + node.op_type() + ")" : node.name();
    if (names.insert(name).second) nodes_.push_back({std::move(name), node.op_type()});
  }
}

std::vector<SensitivityCandidate> NodeQuantizer::Candidates(
    std::shared_ptr<const TensorRanges> ranges) const {
  std::vector<SensitivityCandidate> candidates;
  for (const Node& node : nodes_) {
    candidates.push_back(
        {node.name, node.op_type, [this, name = node.name, ranges] {
           StaticOptions options = options_;
           options.nodes_to_quantize = {name};
           return Quantization(model_, options).Run(ranges ? *ranges : TensorRanges());
         }});
  }
  return candidates;
}

}  // namespace quantab
