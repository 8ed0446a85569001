#include "core/eval/layer_region.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>

#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

// Regions of values that are matched far apart overlap; the bound keeps all of them together
// within a multiple of the graph.
constexpr size_t kMostNodes = 256;

bool Quantizes(const onnx::NodeProto& node) {
  const std::string_view type = node.op_type();
  if (type.starts_with("QLinear") || type.find("Integer") != std::string_view::npos ||
      type.find("uantize") != std::string_view::npos) {
    return true;
  }
  constexpr std::string_view kOthers[] = {"QGemm", "QAttention", "QEmbedLayerNormalization",
                                          "MatMulNBits", "MatMulBnb4"};
  return std::find(std::begin(kOthers), std::end(kOthers), type) != std::end(kOthers);
}

class RegionMaker {
 public:
  RegionMaker(const MatchedModel& matched, const GraphView& view, const MatchedValue& value)
      : matched_(matched), view_(view), value_(value) {}

  std::optional<LayerRegion> Make() {
    if (!Collect()) return std::nullopt;
    const bool any = std::any_of(nodes_.begin(), nodes_.end(),
                                 [&](int index) { return Quantizes(view_.graph().node(index)); });
    return any ? std::optional(Build()) : std::nullopt;
  }

 private:
  // From the target back to where float values can be fed. False where that is not possible.
  bool Collect() {
    std::vector<std::string> open = {value_.target};
    while (!open.empty()) {
      const std::string value = std::move(open.back());
      open.pop_back();
      if (value.empty() || !seen_.insert(value).second) continue;
      const auto entrance = matched_.entrances.find(value);
      const bool is_entrance = entrance != matched_.entrances.end();
      const int producer = view_.Producer(value);
      if (is_entrance && (producer < 0 || entrance->second.name != value_.name)) {
        feeds_.emplace_back(value, &entrance->second);
      } else if (producer >= 0) {
        if (!nodes_.insert(producer).second) continue;
        if (nodes_.size() > kMostNodes) return false;
        const onnx::NodeProto& node = view_.graph().node(producer);
        open.insert(open.end(), node.input().begin(), node.input().end());
        const std::vector<std::string> captured = CapturedValues(node);
        open.insert(open.end(), captured.begin(), captured.end());
      } else if (!AddConstant(value)) {
        return false;
      }
    }
    return true;
  }

  bool AddConstant(const std::string& value) {
    const onnx::TensorProto* tensor = view_.Initializer(value);
    if (tensor != nullptr) constants_.push_back(tensor);
    return tensor != nullptr;
  }

  LayerRegion Build() {
    LayerRegion region;
    onnx::ModelProto& proto = region.model.proto;
    const onnx::ModelProto& whole = matched_.model.proto;
    proto.set_ir_version(whole.ir_version());
    *proto.mutable_opset_import() = whole.opset_import();
    onnx::GraphProto& graph = *proto.mutable_graph();
    graph.set_name(value_.name);
    for (const auto& [value, entrance] : feeds_) AddFeed(region, value, *entrance);
    for (const int index : nodes_) *graph.add_node() = view_.graph().node(index);
    for (const onnx::TensorProto* tensor : constants_) *graph.add_initializer() = *tensor;
    graph.add_output()->set_name(value_.target);
    region.model.weights = matched_.model.weights;
    CollectWeights(region.model);
    return region;
  }

  void AddFeed(LayerRegion& region, const std::string& value, const Entrance& entrance) {
    onnx::GraphProto& graph = *region.model.proto.mutable_graph();
    std::string input = value;
    if (entrance.quantized) {
      while (!seen_.insert(input).second) input += "_";
      onnx::NodeProto& node = *graph.add_node();
      node.set_op_type("QuantizeLinear");
      node.add_input(input);
      for (const std::string* parameter : {&entrance.scale, &entrance.zero}) {
        if (parameter->empty()) continue;
        node.add_input(*parameter);
        if (seen_.insert(*parameter).second) AddConstant(*parameter);
      }
      node.add_output(value);
    }
    graph.add_input()->set_name(input);
    region.feeds.emplace_back(input, entrance.name);
  }

  const MatchedModel& matched_;
  const GraphView& view_;
  const MatchedValue& value_;
  std::unordered_set<std::string> seen_;
  std::set<int> nodes_;  // in the order in which they run
  std::vector<const onnx::TensorProto*> constants_;
  std::vector<std::pair<std::string, const Entrance*>> feeds_;
};

}  // namespace

std::optional<LayerRegion> FindRegion(const MatchedModel& matched, const GraphView& view,
                                      size_t index) {
  return RegionMaker(matched, view, matched.values[index]).Make();
}

}  // namespace quantab
