#include "core/quant/config.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/quant/qdq_config.h"
#include "core/quant/qnn_config.h"
#include "core/quant/select.h"

namespace quantab {
namespace {

StaticOptions PlainDefaults() { return {}; }
StaticOptions PlainConfig(const Model&, StaticOptions options, Monitor*) { return options; }

struct ConfigDef {
  std::string_view name;
  StaticOptions (*defaults)();
  StaticOptions (*apply)(const Model& model, StaticOptions options, Monitor* monitor);
};
constexpr ConfigDef kConfigs[] = {
    {"none", PlainDefaults, PlainConfig},
    {"qdq", QdqConfigDefaults, QdqConfig},
    {"qnn", QnnConfigDefaults, QnnConfig},
};

const ConfigDef& FindConfig(std::string_view name) {
  std::string names;
  for (const ConfigDef& def : kConfigs) {
    if (def.name == name) return def;
    names += (names.empty() ? "'" : ", '") + std::string(def.name) + "'";
  }
  ThrowInvalidArgument("There is no 'config' '" + Shorten(std::string(name)) +
                       "'. The configurations are " + names + ".");
}

}  // namespace

std::vector<std::string> ConfigNames() {
  std::vector<std::string> names;
  for (const ConfigDef& def : kConfigs) names.emplace_back(def.name);
  return names;
}

StaticOptions DefaultsOfConfig(std::string_view config) {
  const ConfigDef& def = FindConfig(config);
  StaticOptions options = def.defaults();
  options.config = def.name;
  return options;
}

void SwitchConfig(StaticOptions& options, const std::string& config) {
  const StaticOptions to = DefaultsOfConfig(config);
  const StaticOptions from = DefaultsOfConfig(options.config);
  const auto follow = [&](auto member) {
    if (options.*member == from.*member) options.*member = to.*member;
  };
  follow(&StaticOptions::activation_type);
  follow(&StaticOptions::weight_type);
  follow(&StaticOptions::minimum_real_range);
  follow(&StaticOptions::force_quantize_no_input_check);
  options.config = to.config;
}

StaticOptions ApplyConfig(const Model& model, StaticOptions options, Monitor* monitor) {
  const ConfigDef& def = FindConfig(options.config);
  if (def.apply != PlainConfig && options.quant_format != "QDQ") {
    ThrowInvalidArgument("'config' " + options.config + " goes with 'quant_format' QDQ, not " +
                         options.quant_format + ".");
  }
  StaticOptions configured = def.apply(model, std::move(options), monitor);
  configured.config = "none";
  return configured;
}

std::vector<const onnx::NodeProto*> NodesAskedFor(const Model& model,
                                                  const StaticOptions& options) {
  StaticOptions names = options;
  names.op_types_to_quantize.clear();
  // A name may be that of a node to come; whether it is anybody's is found out later.
  std::vector<std::string> aliases;
  for (const auto* list : {&options.nodes_to_quantize, &options.nodes_to_exclude}) {
    for (const std::string& name : *list) {
      if (!name.starts_with('#')) aliases.push_back(name);
    }
  }
  const std::set<std::string> types(options.op_types_to_quantize.begin(),
                                    options.op_types_to_quantize.end());
  std::set<std::string> all;
  for (const auto& node : model.proto.graph().node()) all.insert(node.op_type());
  const Selection selection(model, names, {all.begin(), all.end()}, false, aliases);
  std::vector<const onnx::NodeProto*> nodes;
  for (const auto& node : model.proto.graph().node()) {
    if (!types.empty() && !types.contains(node.op_type())) continue;
    if (selection.Selected(node)) nodes.push_back(&node);
  }
  return nodes;
}

std::vector<std::string> OpTypesOf(const std::vector<const onnx::NodeProto*>& nodes,
                                   const std::vector<std::string>& except) {
  std::set<std::string> types;
  for (const onnx::NodeProto* node : nodes) types.insert(node->op_type());
  for (const std::string& type : except) types.erase(type);
  return {types.begin(), types.end()};
}

}  // namespace quantab
