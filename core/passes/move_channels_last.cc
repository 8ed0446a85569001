// Gives inputs and outputs of the model their channels in the last dimension.
//   before:  x (N, C, D1, ...) -> readers
//   after:   x (N, D1, ..., C) -> Transpose -> x_channel_first_0 (N, C, D1, ...) -> readers
// and
//   before:  node -> y (N, C, D1, ...)
//   after:   node -> y_channel_first_0 (N, C, D1, ...) -> Transpose -> y (N, D1, ..., C)
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/passes/pattern.h"
#include "core/passes/steps.h"

namespace quantab {
namespace {

using Renames = std::map<std::string, std::string>;
using NameSet = std::unordered_set<std::string>;

void CollectNames(const onnx::GraphProto& graph, NameSet& values, NameSet& nodes) {
  for (const auto& input : graph.input()) values.insert(input.name());
  for (const auto& tensor : graph.initializer()) values.insert(tensor.name());
  for (const auto& node : graph.node()) {
    values.insert(node.input().begin(), node.input().end());
    values.insert(node.output().begin(), node.output().end());
    nodes.insert(node.name());
    ForEachSubgraph(node, [&](const onnx::GraphProto& in) { CollectNames(in, values, nodes); });
  }
}

std::string NumberedName(const std::string& prefix, NameSet& taken) {
  for (int i = 0;; ++i) {
    std::string name = prefix + std::to_string(i);
    if (taken.insert(name).second) return name;
  }
}

// In everything that reads, in graphs inside too, but for what they define themselves.
void RenameReads(onnx::GraphProto& graph, Renames renames, bool is_main) {
  if (!is_main) {
    for (const auto& input : graph.input()) renames.erase(input.name());
    for (const auto& tensor : graph.initializer()) renames.erase(tensor.name());
    for (const auto& node : graph.node()) {
      for (const std::string& output : node.output()) renames.erase(output);
    }
  }
  const auto rename = [&](std::string& name) {
    const auto found = renames.find(name);
    if (found != renames.end()) name = found->second;
  };
  for (auto& node : *graph.mutable_node()) {
    for (std::string& input : *node.mutable_input()) rename(input);
    ForEachSubgraph(node, [&](onnx::GraphProto& in) { RenameReads(in, renames, false); });
  }
  if (is_main) return;
  for (auto& output : *graph.mutable_output()) rename(*output.mutable_name());
}

[[noreturn]] void Reject(const char* option, const std::string& name, const std::string& what) {
  ThrowInvalidArgument(std::string("'") + option + "' names '" + Shorten(name) + "', " + what);
}

onnx::ValueInfoProto& ValueNamed(google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>& values,
                                 const char* option, const char* kind, const std::string& name) {
  std::string known;
  for (auto& value : values) {
    if (value.name() == name) return value;
    known += (known.empty() ? "'" : ", '") + Shorten(value.name()) + "'";
  }
  Reject(option, name,
         std::string("which is no ") + kind + " of the model. There are " +
             (known.empty() ? "none" : known) + ".");
}

// Moves the second dimension of `value` to the end. Returns the number of dimensions.
int RotateShape(onnx::ValueInfoProto& value, const char* option) {
  if (!value.type().has_tensor_type() || !value.type().tensor_type().has_shape()) {
    Reject(option, value.name(), "whose dimensions are unknown.");
  }
  auto& dims = *value.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim();
  if (dims.size() < 3) {
    Reject(option, value.name(),
           "which has " + std::to_string(dims.size()) + " dimensions; expected 3 or more.");
  }
  for (int i = 1; i + 1 < dims.size(); ++i) dims.SwapElements(i, i + 1);
  return dims.size();
}

onnx::NodeProto TransposeNode(const std::string& from, const std::string& to, int rank,
                              bool to_first, NameSet& names) {
  std::vector<int64_t> perm = {0};
  if (to_first) perm.push_back(rank - 1);
  for (int64_t i = to_first ? 1 : 2; i < (to_first ? rank - 1 : rank); ++i) perm.push_back(i);
  if (!to_first) perm.push_back(1);
  onnx::NodeProto node =
      PatternNode("Transpose", NumberedName("Transpose_channel_", names), {from}, to);
  PutInts(node, "perm", perm);
  return node;
}

class ChannelMover {
 public:
  explicit ChannelMover(onnx::GraphProto& graph) : graph_(graph) {
    CollectNames(graph, values_, nodes_);
  }

  void MoveInput(const std::string& name) {
    constexpr char kOption[] = "inputs_to_make_channel_last";
    onnx::ValueInfoProto& input = ValueNamed(*graph_.mutable_input(), kOption, "input", name);
    const auto holds = [&](const auto& list) {
      return std::any_of(list.begin(), list.end(),
                         [&](const auto& item) { return item.name() == name; });
    };
    if (holds(graph_.initializer())) Reject(kOption, name, "which is a constant.");
    if (holds(graph_.output())) Reject(kOption, name, "which is an output as well.");
    const std::string inner = Inner(input);
    const int rank = RotateShape(input, kOption);
    RenameReads(graph_, {{name, inner}}, true);
    before_.push_back(TransposeNode(name, inner, rank, true, nodes_));
  }

  void MoveOutput(const std::string& name) {
    constexpr char kOption[] = "outputs_to_make_channel_last";
    onnx::ValueInfoProto& output = ValueNamed(*graph_.mutable_output(), kOption, "output", name);
    std::string* made = nullptr;
    for (auto& node : *graph_.mutable_node()) {
      for (std::string& value : *node.mutable_output()) {
        if (value == name) made = &value;
      }
    }
    if (made == nullptr) Reject(kOption, name, "which no operator makes.");
    const std::string inner = Inner(output);
    const int rank = RotateShape(output, kOption);
    RenameReads(graph_, {{name, inner}}, true);
    *made = inner;
    after_.push_back(TransposeNode(inner, name, rank, false, nodes_));
  }

  // Puts the new nodes in: those of inputs first, those of outputs last.
  void Finish() {
    google::protobuf::RepeatedPtrField<onnx::NodeProto> all;
    for (auto& node : before_) *all.Add() = std::move(node);
    for (auto& node : *graph_.mutable_node()) *all.Add() = std::move(node);
    for (auto& node : after_) *all.Add() = std::move(node);
    graph_.mutable_node()->Swap(&all);
  }

 private:
  // A name for `value` as it is inside, which value_info describes.
  std::string Inner(const onnx::ValueInfoProto& value) {
    const std::string name = NumberedName(value.name() + "_channel_first_", values_);
    onnx::ValueInfoProto& info = *graph_.add_value_info();
    info = value;
    info.set_name(name);
    return name;
  }

  onnx::GraphProto& graph_;
  NameSet values_, nodes_;
  std::vector<onnx::NodeProto> before_, after_;
};

}  // namespace

void MoveChannelsLast(Model& model, const PreProcessOptions& options) {
  const auto& inputs = options.inputs_to_make_channel_last;
  const auto& outputs = options.outputs_to_make_channel_last;
  if (inputs.empty() && outputs.empty()) return;
  ChannelMover mover(*model.proto.mutable_graph());
  for (const std::string& name : std::set<std::string>(inputs.begin(), inputs.end())) {
    mover.MoveInput(name);
  }
  for (const std::string& name : std::set<std::string>(outputs.begin(), outputs.end())) {
    mover.MoveOutput(name);
  }
  mover.Finish();
}

}  // namespace quantab
