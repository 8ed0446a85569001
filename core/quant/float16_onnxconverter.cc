// The layout of onnxconverter_common.float16: graph by graph, with Casts of their own for every
// blocked node, then sorted and rid of Casts there and back.
#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/onnx/order.h"
#include "core/quant/float16_attributes.h"
#include "core/quant/float16_layouts.h"

namespace quantab {
namespace {

constexpr int32_t kFloat = onnx::TensorProto::FLOAT;
constexpr int32_t kHalf = onnx::TensorProto::FLOAT16;

int32_t ElementOf(const onnx::ValueInfoProto& info) {
  return info.type().tensor_type().elem_type();
}

void SetElement(onnx::ValueInfoProto& info, int32_t type) {
  info.mutable_type()->mutable_tensor_type()->set_elem_type(type);
}

void AddCast(onnx::GraphProto& graph, const std::string& from, const std::string& to, int32_t type,
             const std::string& name) {
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type("Cast");
  node.add_input(from);
  node.add_output(to);
  node.set_name(name);
  SetIntAttribute(node, "to", type);
}

class OnnxConverterLayout {
 public:
  OnnxConverterLayout(const LayoutRequest& request, HalfConstants& constants, bool retarget_casts)
      : request_(request), constants_(constants), retarget_casts_(retarget_casts) {}

  void Run(onnx::GraphProto& main) {
    std::vector<onnx::GraphProto*> level = {&main};
    while (!level.empty()) {
      std::vector<onnx::GraphProto*> next;
      for (onnx::GraphProto* graph : level) Graph(*graph, graph == &main, next);
      level = std::move(next);
    }
  }

 private:
  void Graph(onnx::GraphProto& graph, bool main, std::vector<onnx::GraphProto*>& next) {
    const bool keep_io = main && request_.keep_io;
    Inputs(graph, keep_io);
    const std::unordered_set<std::string> blocked = NodeTensors(graph);
    for (auto& info : *graph.mutable_value_info()) {
      if (!blocked.contains(info.name()) && ElementOf(info) == kFloat) SetElement(info, kHalf);
    }
    CastBlockedNodes(graph);
    Initializers(graph);
    Outputs(graph, keep_io);
    for (auto& node : *graph.mutable_node()) {
      if (request_.Blocks(node)) continue;
      for (auto& attribute : *node.mutable_attribute()) {
        if (attribute.g().node_size() > 0) next.push_back(attribute.mutable_g());
        for (auto& body : *attribute.mutable_graphs()) {
          if (body.node_size() > 0) next.push_back(&body);
        }
      }
    }
    if (!main) RenameKeptInputs(graph);
  }

  void Describe(onnx::GraphProto& graph, const onnx::ValueInfoProto& like, const std::string& name,
                int32_t type) {
    onnx::ValueInfoProto info = like;
    info.set_name(name);
    SetElement(info, type);
    *graph.add_value_info() = std::move(info);
  }

  void Inputs(onnx::GraphProto& graph, bool keep) {
    std::unordered_map<std::string, std::vector<int>> readers;
    const int own = graph.node_size();
    for (int i = 0; i < own && keep; ++i) {
      for (const std::string& input : graph.node(i).input()) {
        std::vector<int>& list = readers[input];
        if (list.empty() || list.back() != i) list.push_back(i);
      }
    }
    for (auto& input : *graph.mutable_input()) {
      if (ElementOf(input) != kFloat) continue;
      if (!keep) {
        SetElement(input, kHalf);
        continue;
      }
      for (const int index : readers[input.name()]) {
        onnx::NodeProto& reader = *graph.mutable_node(index);
        const std::string name = input.name() + "_cast_to_" + reader.name();
        AddCast(graph, input.name(), name, kHalf, name);
        Describe(graph, input, name, kHalf);
        for (std::string& value : *reader.mutable_input()) {
          if (value == input.name()) value = name;
        }
        kept_inputs_[input.name()] = name;
      }
    }
  }

  // Returns what blocked nodes make.
  std::unordered_set<std::string> NodeTensors(onnx::GraphProto& graph) {
    std::unordered_set<std::string> blocked;
    for (auto& node : *graph.mutable_node()) {
      if (request_.Blocks(node)) {
        blocked.insert(node.output().begin(), node.output().end());
        continue;
      }
      if (retarget_casts_ && node.op_type() == "Cast" && IntAttribute(node, "to", 0) == kFloat) {
        MakeHalf(node, constants_);
      }
      for (auto& attribute : *node.mutable_attribute()) {
        if (attribute.has_t()) constants_.Convert(*attribute.mutable_t());
        for (auto& tensor : *attribute.mutable_tensors()) constants_.Convert(tensor);
      }
    }
    return blocked;
  }

  void CastBlockedNodes(onnx::GraphProto& graph) {
    // Of several descriptions of a value the first counts.
    Index described, outputs;
    const auto add = [](Index& index, const onnx::ValueInfoProto& info, bool in_list, int at) {
      index.emplace(info.name(), std::pair(in_list, at));
    };
    for (int i = 0; i < graph.value_info_size(); ++i) {
      add(described, graph.value_info(i), true, i);
      add(outputs, graph.value_info(i), true, i);
    }
    for (int i = 0; i < graph.input_size(); ++i) add(described, graph.input(i), false, i);
    for (int i = 0; i < graph.output_size(); ++i) add(outputs, graph.output(i), false, i);
    const int own = graph.node_size();
    for (int i = 0; i < own; ++i) {
      onnx::NodeProto& node = *graph.mutable_node(i);
      if (!request_.Blocks(node)) continue;
      CastInputs(graph, node, described);
      CastOutputs(graph, node, outputs);
    }
  }

  using Index = std::unordered_map<std::string, std::pair<bool, int>>;  // in value_info, and where

  void CastInputs(onnx::GraphProto& graph, onnx::NodeProto& node, const Index& described) {
    for (int i = 0; i < node.input_size(); ++i) {
      const auto found = described.find(node.input(i));
      if (found == described.end()) continue;
      const auto [in_list, at] = found->second;
      const onnx::ValueInfoProto info = in_list ? graph.value_info(at) : graph.input(at);
      if (ElementOf(info) != kHalf) continue;
      const std::string name = node.name() + "_input_cast_" + std::to_string(i);
      Describe(graph, info, name, kFloat);
      AddCast(graph, node.input(i), name, kFloat, node.name() + "_input_cast" + std::to_string(i));
      node.set_input(i, name);
    }
  }

  void CastOutputs(onnx::GraphProto& graph, onnx::NodeProto& node, const Index& outputs) {
    for (int i = 0; i < node.output_size(); ++i) {
      const auto found = outputs.find(node.output(i));
      if (found == outputs.end()) continue;
      const auto [in_list, at] = found->second;
      onnx::ValueInfoProto& info =
          in_list ? *graph.mutable_value_info(at) : *graph.mutable_output(at);
      if (ElementOf(info) != kFloat) continue;
      const std::string name = node.name() + "_output_cast_" + std::to_string(i);
      SetElement(info, kHalf);
      Describe(graph, info, name, kFloat);
      AddCast(graph, name, node.output(i), kHalf, node.name() + "_output_cast" + std::to_string(i));
      node.set_output(i, name);
    }
  }

  void Initializers(onnx::GraphProto& graph) {
    std::unordered_set<std::string> blocked;
    for (const auto& node : graph.node()) {
      if (request_.Blocks(node)) blocked.insert(node.input().begin(), node.input().end());
    }
    for (auto& tensor : *graph.mutable_initializer()) {
      if (!blocked.contains(tensor.name())) constants_.Convert(tensor);
    }
  }

  void Outputs(onnx::GraphProto& graph, bool keep) {
    std::unordered_map<std::string, int> makers;
    for (int i = 0; i < graph.node_size() && keep; ++i) {
      for (const std::string& output : graph.node(i).output()) makers.emplace(output, i);
    }
    for (auto& output : *graph.mutable_output()) {
      if (ElementOf(output) != kFloat) continue;
      if (!keep) {
        SetElement(output, kHalf);
        continue;
      }
      const auto maker = makers.find(output.name());
      if (maker == makers.end()) continue;
      onnx::NodeProto& node = *graph.mutable_node(maker->second);
      const std::string name = node.name() + "_cast_to_" + output.name();
      AddCast(graph, name, output.name(), kFloat, name);
      Describe(graph, output, name, kHalf);
      for (std::string& value : *node.mutable_output()) {
        if (value == output.name()) value = name;
      }
    }
  }

  void RenameKeptInputs(onnx::GraphProto& graph) {
    for (auto& node : *graph.mutable_node()) {
      for (auto* names : {node.mutable_input(), node.mutable_output()}) {
        for (std::string& name : *names) {
          const auto found = kept_inputs_.find(name);
          if (found != kept_inputs_.end()) name = found->second;
        }
      }
    }
  }

  const LayoutRequest& request_;
  HalfConstants& constants_;
  const bool retarget_casts_;
  std::unordered_map<std::string, std::string> kept_inputs_;  // and the last Cast of each
};

void Reorder(onnx::GraphProto& graph, const std::vector<int>& order) {
  NodeList sorted;
  sorted.Reserve(graph.node_size());
  for (const int i : order) sorted.Add()->Swap(graph.mutable_node(i));
  graph.mutable_node()->Swap(&sorted);
}

// Always the first node of the list that can run, looking at inputs alone; then nodes go behind
// those whose values the graphs in them read, if they are not. Throws Error(kInvalidModel) for a
// cycle.
void SortGraph(onnx::GraphProto& graph) {
  const auto count = static_cast<size_t>(graph.node_size());
  std::unordered_map<std::string, int> maker;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& output : graph.node(i).output()) {
      if (!output.empty()) maker[output] = i;
    }
  }
  std::vector<std::vector<int>> followers(count);
  std::vector<int> missing(count, 0);
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& input : graph.node(i).input()) {
      const auto made = maker.find(input);
      if (made == maker.end()) continue;
      followers[static_cast<size_t>(made->second)].push_back(i);
      ++missing[static_cast<size_t>(i)];
    }
    if (missing[static_cast<size_t>(i)] == 0) ready.push(i);
  }
  std::vector<int> order;
  while (!ready.empty()) {
    const int at = ready.top();
    ready.pop();
    order.push_back(at);
    for (const int follower : followers[static_cast<size_t>(at)]) {
      if (--missing[static_cast<size_t>(follower)] == 0) ready.push(follower);
    }
  }
  if (order.size() == count) Reorder(graph, order);
  Reorder(graph, OrderNodes(
                     graph.node(), [](std::string_view) { return true; },
                     [&] { return "Graph '" + Shorten(graph.name()) + "'"; }));
  for (auto& node : *graph.mutable_node()) {
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.g().node_size() > 0) SortGraph(*attribute.mutable_g());
      for (auto& body : *attribute.mutable_graphs()) SortGraph(body);
    }
  }
}

//   before:  a -> Cast(float16) -> b -> Cast(float32) -> c, c read by other nodes
//   after:   a read by those nodes
// where b has no other reader, and a is not made by a Constant node.
void RemoveCastPairs(onnx::GraphProto& graph) {
  std::unordered_map<std::string, int> maker, reads;
  std::unordered_map<std::string, int> only_reader;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& output : graph.node(i).output()) maker[output] = i;
    for (const std::string& input : graph.node(i).input()) {
      ++reads[input];
      only_reader[input] = i;
    }
  }
  for (const auto& output : graph.output()) ++reads[output.name()];
  std::unordered_map<std::string, std::string> replaced;
  std::unordered_set<int> removed;
  for (int i = 0; i < graph.node_size(); ++i) {
    const onnx::NodeProto& down = graph.node(i);
    if (down.op_type() != "Cast" || IntAttribute(down, "to", 0) != kHalf ||
        down.output_size() != 1 || down.input_size() != 1 || reads[down.output(0)] != 1 ||
        !only_reader.contains(down.output(0))) {
      continue;
    }
    const int at = only_reader[down.output(0)];
    const onnx::NodeProto& up = graph.node(at);
    if (up.op_type() != "Cast" || IntAttribute(up, "to", 0) != kFloat || up.output_size() != 1) {
      continue;
    }
    const auto source = maker.find(down.input(0));
    if (source != maker.end() && graph.node(source->second).op_type() == "Constant") continue;
    const bool is_output =
        std::any_of(graph.output().begin(), graph.output().end(),
                    [&](const auto& output) { return output.name() == up.output(0); });
    if (is_output) continue;
    const auto before = replaced.find(down.input(0));
    replaced[up.output(0)] = before == replaced.end() ? down.input(0) : before->second;
    removed.insert({i, at});
  }
  int kept = 0;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (removed.contains(i)) continue;
    for (std::string& input : *graph.mutable_node(i)->mutable_input()) {
      const auto found = replaced.find(input);
      if (found != replaced.end()) input = found->second;
    }
    graph.mutable_node()->SwapElements(kept++, i);
  }
  graph.mutable_node()->DeleteSubrange(kept, graph.node_size() - kept);
}

}  // namespace

void ConvertLikeOnnxConverter(Model& model, const LayoutRequest& request, HalfConstants& constants,
                              bool retarget_casts) {
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  OnnxConverterLayout(request, constants, retarget_casts).Run(graph);
  SortGraph(graph);
  RemoveCastPairs(graph);
}

}  // namespace quantab
