#include "core/quant/finish.h"

#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/graph/graph_view.h"

namespace quantab {
namespace {

constexpr char kMicrosoft[] = "com.microsoft";
// ONNX Runtime's order: nodes without inputs; then, walking the sorted names of initializers and
// graph inputs, each node that has become ready; then, breadth first, those that follow. Values in
// `needs[i]` are what node i waits for, each as often as it reads it. Fewer nodes than there are
// come back where the graph cannot be ordered.
std::vector<int> OrderNodes(const onnx::GraphProto& graph,
                            const std::vector<std::vector<std::string>>& needs) {
  std::vector<size_t> missing(needs.size());
  std::unordered_map<std::string, std::vector<int>> waiting;
  std::vector<int> order;
  for (size_t i = 0; i < needs.size(); ++i) {
    missing[i] = needs[i].size();
    if (missing[i] == 0) order.push_back(static_cast<int>(i));
    for (const std::string& value : needs[i]) waiting[value].push_back(static_cast<int>(i));
  }
  const auto provide = [&](const std::string& value) {
    const auto found = waiting.find(value);
    if (found == waiting.end()) return;
    for (int node : found->second) {
      if (--missing[static_cast<size_t>(node)] == 0) order.push_back(node);
    }
    waiting.erase(found);
  };
  std::set<std::string> given;
  for (const auto& tensor : graph.initializer()) given.insert(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) given.insert(tensor.values().name());
  for (const auto& input : graph.input()) given.insert(input.name());
  for (const std::string& name : given) provide(name);
  for (size_t next = 0; next < order.size(); ++next) {
    for (const std::string& output : graph.node(order[next]).output()) {
      if (!output.empty()) provide(output);
    }
  }
  return order;
}

// Whether a subgraph of `graph` makes a value of a name in `outer`.
bool Repeats(const onnx::GraphProto& graph, const std::unordered_map<std::string, int>& outer) {
  bool repeats = false;
  for (const auto& node : graph.node()) {
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) {
      for (const auto& made : inner.node()) {
        for (const std::string& output : made.output()) {
          repeats |= !output.empty() && outer.contains(output);
        }
      }
      repeats |= Repeats(inner, outer);
    });
  }
  return repeats;
}

void SortNodes(onnx::GraphProto& graph) {
  std::vector<std::vector<std::string>> needs;
  std::vector<std::vector<std::string>> captures;
  std::unordered_map<std::string, int> maker;
  for (int i = 0; i < graph.node_size(); ++i) {
    const onnx::NodeProto& node = graph.node(i);
    std::vector<std::string> inputs;
    for (const std::string& input : node.input()) {
      if (!input.empty()) inputs.push_back(input);
    }
    needs.push_back(std::move(inputs));
    captures.push_back(CapturedValues(node));
    for (const std::string& output : node.output()) maker[output] = i;
  }
  std::vector<int> order = OrderNodes(graph, needs);

  // ONNX Runtime looks at nodes' own inputs only. Where that puts a node before one whose value its
  // subgraphs read, captured values count as inputs too.
  std::vector<size_t> position(needs.size(), 0);
  for (size_t i = 0; i < order.size(); ++i) position[static_cast<size_t>(order[i])] = i;
  bool captured_too_late = false;
  for (size_t i = 0; i < captures.size(); ++i) {
    for (const std::string& value : captures[i]) {
      const auto made = maker.find(value);
      captured_too_late |=
          made != maker.end() && position[static_cast<size_t>(made->second)] >= position[i];
    }
  }
  if (Repeats(graph, maker)) {
    // Runtimes accept the repeated name only where the outer value comes later, as in the file.
    order = GraphView(graph).TopologicalOrder();
  } else if (captured_too_late) {
    for (size_t i = 0; i < captures.size(); ++i) {
      needs[i].insert(needs[i].end(), captures[i].begin(), captures[i].end());
    }
    order = OrderNodes(graph, needs);
  }
  if (order.size() != needs.size()) {
    // It names the cycle or the value; a graph it accepts is a mistake of ours.
    GraphView(graph).TopologicalOrder();
    ThrowInternal("The quantized graph could not be sorted.");
  }
  google::protobuf::RepeatedPtrField<onnx::NodeProto> sorted;
  sorted.Reserve(graph.node_size());
  for (int i : order) sorted.Add()->Swap(graph.mutable_node(i));
  graph.mutable_node()->Swap(&sorted);
}

void SetMetadata(onnx::ModelProto& proto) {
  proto.set_producer_name("onnx.quantize");
  proto.set_producer_version("0.1.0");
  std::vector<std::pair<std::string, std::string>> kept;
  std::string inferred = "onnxruntime.quant";
  for (const auto& entry : proto.metadata_props()) {
    if (entry.key() == "onnx.infer") {
      inferred = entry.value();
    } else {
      kept.emplace_back(entry.key(), entry.value());
    }
  }
  kept.emplace(kept.begin(), "onnx.infer", inferred);
  proto.clear_metadata_props();
  for (const auto& [key, value] : kept) {
    auto* entry = proto.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  }
}

bool UsesMicrosoft(const onnx::GraphProto& graph) {
  bool uses = false;
  for (const auto& node : graph.node()) {
    uses |= node.domain() == kMicrosoft;
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { uses |= UsesMicrosoft(inner); });
  }
  return uses;
}

}  // namespace

std::unordered_set<std::string> CleanInitializers(onnx::GraphProto& graph) {
  std::unordered_set<std::string> wanted;
  for (auto& node : *graph.mutable_node()) {
    wanted.insert(node.input().begin(), node.input().end());
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) { wanted.merge(CleanInitializers(inner)); });
  }
  for (const auto& output : graph.output()) wanted.insert(output.name());
  for (const auto& node : graph.node()) {
    for (const std::string& output : node.output()) wanted.erase(output);
  }

  // Of several initializers of one name the last counts.
  std::unordered_set<std::string> unused, used;
  std::vector<bool> keep(static_cast<size_t>(graph.initializer_size()));
  for (int i = graph.initializer_size(); i-- > 0;) {
    const std::string& name = graph.initializer(i).name();
    if (used.contains(name)) continue;
    if (wanted.erase(name) == 0) {
      unused.insert(name);
      continue;
    }
    used.insert(name);
    keep[static_cast<size_t>(i)] = true;
  }
  int kept = 0;
  for (int i = 0; i < graph.initializer_size(); ++i) {
    if (keep[static_cast<size_t>(i)]) graph.mutable_initializer()->SwapElements(kept++, i);
  }
  graph.mutable_initializer()->DeleteSubrange(kept, graph.initializer_size() - kept);
  kept = 0;
  for (int i = 0; i < graph.input_size(); ++i) {
    wanted.erase(graph.input(i).name());
    if (!unused.contains(graph.input(i).name())) graph.mutable_input()->SwapElements(kept++, i);
  }
  graph.mutable_input()->DeleteSubrange(kept, graph.input_size() - kept);
  return wanted;
}

void ImportMicrosoft(onnx::ModelProto& proto) {
  for (const auto& import : proto.opset_import()) {
    if (import.domain() == kMicrosoft) return;
  }
  auto* import = proto.add_opset_import();
  import->set_version(1);
  import->set_domain(kMicrosoft);
}

void RaiseIrVersion(onnx::ModelProto& proto, int64_t version) {
  if (proto.ir_version() < version) proto.set_ir_version(version);
}

void FinishModel(Model& model, const FinishOptions& options) {
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  if (options.clean_initializers) CleanInitializers(graph);
  SortNodes(graph);
  SetMetadata(model.proto);
  if (UsesMicrosoft(graph)) ImportMicrosoft(model.proto);
  RaiseIrVersion(model.proto, kFirstWithFreeInitializers);
  CollectWeights(model);
}

void DeclareValues(Model& model, const onnx::GraphProto& source) {
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  std::unordered_set<std::string> made;
  for (const auto& node : graph.node()) made.insert(node.output().begin(), node.output().end());
  graph.clear_value_info();
  for (const auto& info : source.value_info()) {
    if (made.contains(info.name())) *graph.add_value_info() = info;
  }
}

}  // namespace quantab
