#include "core/api/remedy.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/quant/config.h"
#include "core/quant/quantization.h"

namespace quantab {
namespace {

constexpr const char* kFloat = "float";
constexpr const char* k16Bit = "16-bit";

[[noreturn]] void Refuse(const std::string& why, const std::string& instead) {
  ThrowInvalidArgument("'remedy' 16-bit: " + why + " " + instead + ", or 'remedy' float.");
}

// Conversions name the nodes that read them.
void CheckNames(const Model& model, const StaticOptions& options) {
  if (options.config != "qnn" || !options.add_qtype_converts) return;
  const auto& nodes = model.proto.graph().node();
  for (int i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].name().empty() || nodes[i].input_size() == 0) continue;
    Refuse("'config' qnn converts between types by the nodes' names, and node " +
               NodeLabel(nodes[i], i) + " has none.",
           "Name the nodes, set 'add_qtype_converts' to false");
  }
}

void Check16Bit(const Model& model, const Recipe& recipe) {
  if (recipe.method != RecipeMethod::kStatic) {
    Refuse("this is a recipe for '" + std::string(MethodNameOf(recipe)) +
               "', which has no activations of 16 bits.",
           "Choose 'quantize_static' in 'quant_format' QDQ");
  }
  const StaticOptions& options = recipe.static_options;
  if (options.quant_format != "QDQ") {
    Refuse("'quant_format' " + options.quant_format + " has no operators for 16 bits.",
           "Choose 'quant_format' QDQ");
  }
  if (options.activation_type != QuantType::kQInt8 &&
      options.activation_type != QuantType::kQUInt8) {
    Refuse("activations of 'activation_type' " + std::string(NameOf(options.activation_type)) +
               " are not of 8-bit integers.",
           "Choose QInt8 or QUInt8");
  }
  CheckNames(model, options);
}

std::vector<std::string>& ExcludedBy(Recipe& recipe) {
  switch (recipe.method) {
    case RecipeMethod::kDynamic:
      return recipe.dynamic_options.nodes_to_exclude;
    case RecipeMethod::kMatMulNBits:
      return recipe.nbits_options.nodes_to_exclude;
    case RecipeMethod::kMatMulBnb4:
      return recipe.bnb4_options.nodes_to_exclude;
    default:
      return recipe.static_options.nodes_to_exclude;
  }
}

void Raise(std::vector<TensorQuantOverride>& entries, QuantType type) {
  if (entries.empty()) entries.emplace_back();
  TensorQuantOverride& entry = entries[0];
  if (entry.quant_type || entry.convert) return;
  entry.quant_type = type;
  entry.scale.reset();
  entry.zero_point.reset();
}

}  // namespace

std::vector<std::string> RemedyNames() { return {kFloat, k16Bit}; }

std::string WordsOf(const std::string& remedy) { return remedy == k16Bit ? "16 bits" : remedy; }

Remedy::Remedy(std::string name, const Model& model, const Recipe& recipe)
    : name_(std::move(name)), recipe_(recipe) {
  if (name_ == k16Bit) {
    Check16Bit(model, recipe);
  } else if (name_ != kFloat) {
    ThrowInvalidArgument("'remedy' is '" + Shorten(name_) + "', expected one of '" + kFloat +
                         "', '" + k16Bit + "'.");
  }
}

void Remedy::SetRanges(const Model& model, const TensorRanges& ranges) {
  if (name_ != k16Bit) return;
  const StaticOptions options = ApplyConfig(model, recipe_.static_options);
  const auto sources = Quantization(model, options).ActivationSources(ranges);
  const auto& nodes = model.proto.graph().node();
  for (int i = 0; i < nodes.size(); ++i) {
    const onnx::NodeProto& node = nodes[i];
    const std::string label = node.name().empty() ? NodeLabel(node, i) : node.name();
    for (const auto* values : {&node.input(), &node.output()}) {
      for (const std::string& value : *values) {
        const auto source = sources.find(value);
        if (source != sources.end()) activations_[label].push_back(source->second);
      }
    }
  }
}

Recipe Remedy::For(const std::vector<std::string>& nodes) const {
  Recipe helped = recipe_;
  if (name_ == kFloat) {
    std::vector<std::string>& excluded = ExcludedBy(helped);
    excluded.insert(excluded.end(), nodes.begin(), nodes.end());
    return helped;
  }
  StaticOptions& options = helped.static_options;
  const QuantType raised =
      options.activation_type == QuantType::kQUInt8 ? QuantType::kQUInt16 : QuantType::kQInt16;
  for (const std::string& node : nodes) {
    const auto found = activations_.find(node);
    if (found == activations_.end()) continue;
    for (const std::string& tensor : found->second) {
      Raise(options.tensor_quant_overrides[tensor], raised);
    }
  }
  return helped;
}

}  // namespace quantab
