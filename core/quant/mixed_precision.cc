#include "core/quant/mixed_precision.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/error.h"
#include "core/quant/overrides.h"
#include "core/quant/params.h"
#include "core/quant/prepare.h"

namespace quantab {
namespace {

// A type and, where something is said about it, symmetry. What is said on one side only agrees.
struct TypeOfTensor {
  QuantType type;
  std::optional<bool> symmetric = {};

  bool Agrees(const TypeOfTensor& other) const {
    return type == other.type && (!symmetric || !other.symmetric || *symmetric == *other.symmetric);
  }
};

// What nodes ask of a tensor: its maker, and readers by name, all for the same type.
struct TypeRequest {
  std::optional<TypeOfTensor> made;
  std::optional<TypeOfTensor> read;
  std::set<std::string> readers;
};

class Fixer {
 public:
  Fixer(const Model& model, TensorQuantOverrides overrides, QuantType type, bool symmetric)
      : overrides_(std::move(overrides)), default_{type, symmetric} {
    model_ = model;
    InferMainGraph(model_);
    options_.activation_type = type;
    options_.weight_type = type;
    options_.tensor_quant_overrides = overrides_;
    CheckOverrides(model_, options_);
    const onnx::GraphProto& graph = model_.proto.graph();
    const auto describe = [&](const auto& infos) {
      for (const auto& info : infos) types_[info.name()] = info.type().tensor_type().elem_type();
    };
    describe(graph.value_info());
    describe(graph.output());
    describe(graph.input());
    for (const auto& tensor : graph.initializer()) constants_.insert(tensor.name());
    for (const auto& node : graph.node()) {
      for (const std::string& output : node.output()) producers_[output] = &node;
      for (const std::string& input : node.input()) {
        if (!input.empty()) consumers_[input].push_back(&node);
      }
    }
  }

  TensorQuantOverrides Fix() {
    Collect();
    for (const auto& [tensor, request] : requests_) Satisfy(tensor, request);
    options_.tensor_quant_overrides = overrides_;
    CheckOverrides(model_, options_);
    return std::move(overrides_);
  }

 private:
  bool IsActivation(const std::string& tensor) const {
    const auto type = types_.find(tensor);
    return !constants_.contains(tensor) && type != types_.end() &&
           IsReal(static_cast<DType>(type->second));
  }

  void Collect() {
    for (const auto& [tensor, entries] : overrides_) {
      if (!IsActivation(tensor) || entries.size() != 1 || entries[0].convert) continue;
      const TypeOfTensor type{entries[0].quant_type.value_or(default_.type), entries[0].symmetric};
      if (type.Agrees(default_)) continue;
      const auto producer = producers_.find(tensor);
      if (producer != producers_.end()) Request(*producer->second, type);
      for (const onnx::NodeProto* node : consumers_[tensor]) Request(*node, type);
    }
  }

  // All float inputs and outputs of `node` shall have one type.
  void Request(const onnx::NodeProto& node, const TypeOfTensor& type) {
    for (const std::string& output : node.output()) {
      if (!IsActivation(output)) continue;
      std::optional<TypeOfTensor>& made = requests_[output].made;
      if (made && !made->Agrees(type)) {
        ThrowInvalidArgument("Mixed precision: tensor '" + output +
                             "' would be made in two types. Give its neighbours one type.");
      }
      made = type;
    }
    for (const std::string& input : node.input()) {
      if (input.empty() || !IsActivation(input)) continue;
      TypeRequest& request = requests_[input];
      if (!request.read) request.read = type;
      if (!request.read->Agrees(type)) {
        ThrowInvalidArgument("Mixed precision: readers of tensor '" + input +
                             "' would need it in two more types. Give them one type.");
      }
      request.readers.insert(NameOfReader(node));
    }
  }

  static const std::string& NameOfReader(const onnx::NodeProto& node) {
    if (node.name().empty()) {
      ThrowInvalidArgument("Mixed precision: a node of type '" + node.op_type() +
                           "' has no name, which a conversion of its input needs. Name the "
                           "nodes first.");
    }
    return node.name();
  }

  std::set<std::string> AllReaders(const std::string& tensor) const {
    std::set<std::string> names;
    const auto found = consumers_.find(tensor);
    if (found == consumers_.end()) return names;
    for (const onnx::NodeProto* node : found->second) names.insert(NameOfReader(*node));
    return names;
  }

  void Satisfy(const std::string& tensor, const TypeRequest& request) {
    const TypeOfTensor plain{default_.type};
    if (!request.read) {
      Convert(tensor, *request.made, plain, AllReaders(tensor));
      return;
    }
    const TypeOfTensor made = request.made ? *request.made : TypeNow(tensor);
    if (!made.Agrees(*request.read)) {
      Convert(tensor, made, *request.read, request.readers);
      return;
    }
    if (!request.made) {
      CheckNotConverted(tensor, request.readers);
      return;
    }
    std::set<std::string> others;
    const std::set<std::string> all = AllReaders(tensor);
    std::set_difference(all.begin(), all.end(), request.readers.begin(), request.readers.end(),
                        std::inserter(others, others.end()));
    if (!others.empty()) {
      Convert(tensor, made, plain, others);
    } else if (!overrides_.contains(tensor)) {
      EntryOf(tensor, made);
    }
  }

  TypeOfTensor TypeNow(const std::string& tensor) const {
    const std::vector<TensorQuantOverride>* entries = FindOverrides(overrides_, tensor);
    if (entries == nullptr) return {default_.type};
    return {(*entries)[0].quant_type.value_or(default_.type), (*entries)[0].symmetric};
  }

  // The override of a tensor, made where there is none.
  TensorQuantOverride& EntryOf(const std::string& tensor, const TypeOfTensor& type) {
    std::vector<TensorQuantOverride>& entries = overrides_[tensor];
    if (entries.empty()) {
      entries.emplace_back();
      entries[0].quant_type = type.type;
      entries[0].symmetric = type.symmetric;
    }
    return entries[0];
  }

  void Convert(const std::string& tensor, const TypeOfTensor& made, const TypeOfTensor& read,
               const std::set<std::string>& readers) {
    TensorQuantOverride& entry = EntryOf(tensor, made);
    if (!made.Agrees({entry.quant_type.value_or(default_.type), entry.symmetric})) {
      ThrowInvalidArgument("Mixed precision: the override of '" + tensor +
                           "' contradicts the type that its maker needs.");
    }
    if (readers.empty()) return;
    if (!entry.convert) {
      entry.convert.emplace();
      entry.convert->quant_type = read.type;
      entry.convert->symmetric = read.symmetric;
    }
    ConvertOverride& convert = *entry.convert;
    if (!read.Agrees({convert.quant_type.value_or(default_.type), convert.symmetric})) {
      ThrowInvalidArgument("Mixed precision: the conversion of '" + tensor +
                           "' contradicts the type that its readers need.");
    }
    std::set<std::string> names(convert.recv_nodes.begin(), convert.recv_nodes.end());
    names.insert(readers.begin(), readers.end());
    convert.recv_nodes.assign(names.begin(), names.end());
  }

  void CheckNotConverted(const std::string& tensor, const std::set<std::string>& readers) const {
    const std::vector<TensorQuantOverride>* entries = FindOverrides(overrides_, tensor);
    if (entries == nullptr || !(*entries)[0].convert) return;
    const std::vector<std::string>& converted = (*entries)[0].convert->recv_nodes;
    if (converted.empty() ||
        std::any_of(converted.begin(), converted.end(),
                    [&](const std::string& name) { return readers.contains(name); })) {
      ThrowInvalidArgument("Mixed precision: the override of '" + tensor +
                           "' converts it for readers that need it as it is made.");
    }
  }

  TensorQuantOverrides overrides_;
  TypeOfTensor default_;
  Model model_;
  StaticOptions options_;
  std::unordered_map<std::string, int32_t> types_;
  std::set<std::string> constants_;
  std::unordered_map<std::string, const onnx::NodeProto*> producers_;
  std::unordered_map<std::string, std::vector<const onnx::NodeProto*>> consumers_;
  std::map<std::string, TypeRequest> requests_;
};

}  // namespace

TensorQuantOverrides FixMixedPrecision(const Model& model, TensorQuantOverrides overrides,
                                       QuantType default_activation_type,
                                       bool activation_symmetric) {
  return Fixer(model, std::move(overrides), default_activation_type, activation_symmetric).Fix();
}

}  // namespace quantab
