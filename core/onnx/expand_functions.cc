#include "core/onnx/expand_functions.h"

#include <climits>
#include <exception>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/onnx/official.h"
#include "onnx/defs/schema.h"

namespace quantab {
namespace {

// A function body may call operators that are functions themselves.
constexpr int kDeepest = 8;

using Names = std::unordered_map<std::string, std::string>;
using Types = std::unordered_map<std::string, const onnx::TypeProto*>;

// Puts the attributes of a call into the nodes of a function's body.
void BindAttributes(onnx::NodeProto& node,
                    const std::unordered_map<std::string, const onnx::AttributeProto*>& given) {
  google::protobuf::RepeatedPtrField<onnx::AttributeProto> bound;
  for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
    if (!attribute.ref_attr_name().empty()) {
      const auto at = given.find(attribute.ref_attr_name());
      if (at == given.end()) continue;  // the operator's own default
      onnx::AttributeProto value = *at->second;
      value.set_name(attribute.name());
      *bound.Add() = std::move(value);
      continue;
    }
    if (attribute.has_g()) {
      for (onnx::NodeProto& inner : *attribute.mutable_g()->mutable_node()) {
        BindAttributes(inner, given);
      }
    }
    *bound.Add() = std::move(attribute);
  }
  node.mutable_attribute()->Swap(&bound);
}

class Renamer {
 public:
  explicit Renamer(std::string prefix) : prefix_(std::move(prefix)) {}

  void Bind(const std::string& formal, std::string actual) { names_[formal] = std::move(actual); }

  void Rename(onnx::NodeProto& node) {
    for (std::string& input : *node.mutable_input()) input = NameOf(input);
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) RenameGraph(*attribute.mutable_g());
    }
    for (std::string& output : *node.mutable_output()) output = NameOf(output);
    node.set_name(prefix_ + (node.name().empty() ? node.op_type() : node.name()));
  }

 private:
  std::string NameOf(const std::string& name) {
    if (name.empty()) return name;
    const auto [at, fresh] = names_.try_emplace(name);
    if (fresh) at->second = prefix_ + name;
    return at->second;
  }

  // Names that a graph declares hide those outside it.
  void RenameGraph(onnx::GraphProto& graph) {
    const Names outside = names_;
    const auto declare = [&](const std::string& name) {
      if (!name.empty()) names_[name] = prefix_ + name;
    };
    for (const auto& input : graph.input()) declare(input.name());
    for (const auto& tensor : graph.initializer()) declare(tensor.name());
    for (const onnx::NodeProto& node : graph.node()) {
      for (const std::string& output : node.output()) declare(output);
    }
    for (auto& input : *graph.mutable_input()) input.set_name(NameOf(input.name()));
    for (auto& tensor : *graph.mutable_initializer()) tensor.set_name(NameOf(tensor.name()));
    for (onnx::NodeProto& node : *graph.mutable_node()) Rename(node);
    for (auto& output : *graph.mutable_output()) output.set_name(NameOf(output.name()));
    graph.clear_value_info();
    names_ = outside;
  }

  std::string prefix_;
  Names names_;
};

class Expander {
 public:
  Expander(Model& model, const IsKnown& is_known) : model_(model), is_known_(is_known) {}

  // Whether there was anything to replace. Bodies that depend on types are built when `typed`,
  // after inference.
  bool Round(bool typed) {
    expanded_ = false;
    wants_types_ = false;
    typed_ = typed;
    ExpandGraph(*model_.proto.mutable_graph(), {});
    return expanded_;
  }

  // Whether a body could not be had for want of types.
  bool WantsTypes() const { return wants_types_; }

 private:
  void ExpandGraph(onnx::GraphProto& graph, Types types) {
    for (const auto* infos : {&graph.input(), &graph.value_info(), &graph.output()}) {
      for (const onnx::ValueInfoProto& info : *infos) types[info.name()] = &info.type();
    }
    google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
    for (onnx::NodeProto& node : *graph.mutable_node()) {
      for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
        if (attribute.has_g()) ExpandGraph(*attribute.mutable_g(), types);
      }
      const onnx::OpSchema* schema = SchemaOf(node);
      std::optional<onnx::FunctionProto> body;
      if (schema != nullptr) body = BodyOf(*schema, node, types);
      if (!body) {
        *nodes.Add() = std::move(node);
        continue;
      }
      expanded_ = true;
      for (onnx::NodeProto& inner : Inlined(*schema, node, std::move(*body))) {
        *nodes.Add() = std::move(inner);
      }
    }
    graph.mutable_node()->Swap(&nodes);
  }

  int VersionFor(const onnx::NodeProto& node) const {
    const int64_t opset = OpsetVersion(model_.proto, node.domain());
    return opset > 0 && opset <= INT_MAX ? static_cast<int>(opset) : 0;
  }

  // The schema of an operator that is not known, or nullptr.
  const onnx::OpSchema* SchemaOf(const onnx::NodeProto& node) const {
    const int version = VersionFor(node);
    if (version == 0 || is_known_(node, version)) return nullptr;
    const onnx::OpSchema* schema =
        onnx::OpSchemaRegistry::Schema(node.op_type(), version, CanonicalDomain(node.domain()));
    const bool fits = schema != nullptr && node.input_size() <= schema->max_input() &&
                      node.output_size() <= schema->max_output();
    return fits ? schema : nullptr;
  }

  std::optional<onnx::FunctionProto> BodyOf(const onnx::OpSchema& schema,
                                            const onnx::NodeProto& node, const Types& types) {
    const int version = VersionFor(node);
    if (const onnx::FunctionProto* body = schema.GetFunction(version)) return *body;
    if (!schema.HasContextDependentFunction()) return std::nullopt;
    if (!typed_) {
      wants_types_ = true;
      return std::nullopt;
    }
    return Built(schema, node, types, version);
  }

  static std::optional<onnx::FunctionProto> Built(const onnx::OpSchema& schema,
                                                  const onnx::NodeProto& node, const Types& types,
                                                  int version) {
    std::vector<onnx::TypeProto> inputs;
    for (const std::string& input : node.input()) {
      const auto at = types.find(input);
      inputs.push_back(at == types.end() ? onnx::TypeProto() : *at->second);
    }
    try {
      const onnx::FunctionBodyBuildContextImpl context(node, inputs);
      onnx::FunctionProto body;
      const bool built = schema.BuildContextDependentFunction(context, body, version);
      return built ? std::optional(std::move(body)) : std::nullopt;
    } catch (const std::exception&) {
      return std::nullopt;  // the node is malformed, and stays as it is
    }
  }

  std::vector<onnx::NodeProto> Inlined(const onnx::OpSchema& schema, const onnx::NodeProto& call,
                                       onnx::FunctionProto body) {
    Import(body);
    Renamer renamer(NewPrefix(call));
    for (int i = 0; i < body.input_size(); ++i) {
      renamer.Bind(body.input(i), i < call.input_size() ? call.input(i) : std::string());
    }
    for (int i = 0; i < body.output_size(); ++i) {
      if (i < call.output_size() && !call.output(i).empty()) {
        renamer.Bind(body.output(i), call.output(i));
      }
    }
    std::unordered_map<std::string, const onnx::AttributeProto*> given;
    for (const auto& [name, attribute] : schema.attributes()) {
      if (!attribute.default_value.name().empty()) given[name] = &attribute.default_value;
    }
    for (const onnx::AttributeProto& attribute : body.attribute_proto()) {
      given[attribute.name()] = &attribute;
    }
    for (const onnx::AttributeProto& attribute : call.attribute()) {
      given[attribute.name()] = &attribute;
    }
    std::vector<onnx::NodeProto> nodes;
    for (onnx::NodeProto& node : *body.mutable_node()) {
      BindAttributes(node, given);
      renamer.Rename(node);
      nodes.push_back(std::move(node));
    }
    return nodes;
  }

  std::string NewPrefix(const onnx::NodeProto& call) {
    const std::string stem = (call.name().empty() ? call.op_type() : call.name()) + "/body";
    return stem + std::to_string(calls_++) + "/";
  }

  // A body may use operator sets that the model does not import.
  void Import(const onnx::FunctionProto& body) {
    for (const onnx::OperatorSetIdProto& needed : body.opset_import()) {
      if (OpsetVersion(model_.proto, needed.domain()) > 0) continue;
      *model_.proto.add_opset_import() = needed;
    }
  }

  Model& model_;
  const IsKnown& is_known_;
  bool typed_ = false;
  bool wants_types_ = false;
  bool expanded_ = false;
  int calls_ = 0;
};

}  // namespace

void ExpandFunctions(Model& model, const IsKnown& is_known) {
  Expander expander(model, is_known);
  bool typed = false;
  for (int round = 0; round < 2 * kDeepest; ++round) {
    if (expander.Round(typed)) {
      typed = false;
      continue;
    }
    if (!expander.WantsTypes()) return;
    InferShapes(model);
    typed = true;
  }
}

}  // namespace quantab
