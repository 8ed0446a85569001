#include "core/api/node_quantizer.h"

#include <set>
#include <string>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/passes/fix_initializers.h"
#include "core/quant/config.h"
#include "core/quant/equalize.h"
#include "core/quant/matmul_bnb4.h"
#include "core/quant/matmul_nbits.h"
#include "core/quant/method.h"
#include "core/quant/prepare.h"
#include "core/quant/quantization.h"

namespace quantab {
namespace {

void RefuseOptionsThatLookAtSamples(const StaticOptions& options) {
  for (const auto& [name, wanted] : {std::pair("smooth_quant", options.smooth_quant),
                                     std::pair("bias_correction", options.bias_correction)}) {
    if (wanted) {
      ThrowInvalidArgument("'" + std::string(name) +
                           "' fits the whole model to samples, so that no node can be quantized "
                           "alone. Leave it out here.");
    }
  }
}

}  // namespace

NodeQuantizer::NodeQuantizer(const Model& model, const Recipe& recipe, Monitor* monitor) {
  Begin(model, recipe, monitor);
}

void NodeQuantizer::Begin(const Model& model, const Recipe& recipe, Monitor* monitor) {
  switch (recipe.method) {
    case RecipeMethod::kDynamic:
      return BeginStatic(model, ToStaticOptions(recipe.dynamic_options), monitor);
    case RecipeMethod::kStatic:
      RefuseOptionsThatLookAtSamples(recipe.static_options);
      return BeginStatic(model, ApplyConfig(model, recipe.static_options, monitor), monitor);
    case RecipeMethod::kMatMulNBits:
    case RecipeMethod::kMatMulBnb4:
      return BeginWeightsAlone(model, recipe, monitor);
    case RecipeMethod::kPreProcess:
    case RecipeMethod::kFloat16:
    case RecipeMethod::kMixedPrecision:
      break;
  }
  ThrowInvalidArgument(
      "Single nodes can be quantized by 'quantize_static', 'quantize_dynamic', "
      "'quantize_matmul_nbits' and 'quantize_matmul_bnb4', but this is a recipe for '" +
      std::string(MethodNameOf(recipe)) + "'.");
}

void NodeQuantizer::BeginStatic(const Model& given, const StaticOptions& options,
                                Monitor* monitor) {
  Model model = given;
  if (options.cross_layer_equalization) {
    FixInitializers(*model.proto.mutable_graph());
    EqualizeCrossLayers(model);
  }
  reference_ = Quantization(model, options, monitor).model();
  const std::vector<std::string>& types = options.op_types_to_quantize;
  SetNodes(model, NodesAskedFor(model, options),
           types.empty() ? QuantMethodRegistry::Get().Find(options.quant_format).types() : types);
  quantize_alone_ = [model, options](const Node& node, const TensorRanges& ranges) {
    StaticOptions alone = options;
    alone.nodes_to_quantize = {node.name};
    return Quantization(model, alone).Run(ranges);
  };
}

void NodeQuantizer::BeginWeightsAlone(const Model& model, const Recipe& recipe, Monitor* monitor) {
  // In the operator set that is quantized.
  const OnlyNodes none = OnlyNodes::value_type();
  const std::vector<std::string> types = {"MatMul", "Gather"};
  if (recipe.method == RecipeMethod::kMatMulBnb4) {
    reference_ = QuantizeMatMulBnb4(model, recipe.bnb4_options, monitor, none);
    SetNodes(model, NodesAskedFor(model, recipe.bnb4_options), types);
    MatMulBnb4Options options = recipe.bnb4_options;
    options.nodes_to_exclude.clear();
    quantize_alone_ = [this, options](const Node& node, const TensorRanges&) {
      return QuantizeMatMulBnb4(reference_, options, nullptr, OnlyNodes({node.output}));
    };
    return;
  }
  reference_ = QuantizeMatMulNBits(model, recipe.nbits_options, monitor, none);
  SetNodes(model, NodesAskedFor(model, recipe.nbits_options), types);
  MatMulNBitsOptions options = recipe.nbits_options;
  options.nodes_to_exclude.clear();
  options.nodes_to_include.clear();
  quantize_alone_ = [this, options](const Node& node, const TensorRanges&) {
    MatMulNBitsOptions alone = options;
    alone.op_types_to_quantize = {node.op_type};
    return QuantizeMatMulNBits(reference_, alone, nullptr, OnlyNodes({node.output}));
  };
}

void NodeQuantizer::SetNodes(const Model& model, const std::vector<const onnx::NodeProto*>& asked,
                             const std::vector<std::string>& types) {
  const std::set<std::string> wanted(types.begin(), types.end());
  const std::unordered_set<const onnx::NodeProto*> chosen(asked.begin(), asked.end());
  std::unordered_set<std::string> names;
  int index = 0;
  for (const onnx::NodeProto& node : model.proto.graph().node()) {
    const int at = index++;
    if (!chosen.contains(&node) || !wanted.contains(node.op_type())) continue;
    std::string name =
        node.name().empty() ? "#" + std::to_string(at) + " (" + node.op_type() + ")" : node.name();
    if (!names.insert(name).second) continue;
    nodes_.push_back({.name = std::move(name),
                      .op_type = node.op_type(),
                      .output = node.output_size() > 0 ? node.output(0) : ""});
  }
}

std::vector<SensitivityCandidate> NodeQuantizer::Candidates(
    std::shared_ptr<const TensorRanges> ranges) const {
  std::vector<SensitivityCandidate> candidates;
  for (const Node& node : nodes_) {
    candidates.push_back({node.name, node.op_type, [this, &node, ranges] {
                            return quantize_alone_(node, ranges ? *ranges : TensorRanges());
                          }});
  }
  return candidates;
}

}  // namespace quantab
