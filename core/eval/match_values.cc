#include "core/eval/match_values.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "core/graph/graph_edit.h"
#include "core/graph/graph_view.h"
#include "core/quant/naming.h"

namespace quantab {
namespace {

// Where an operator that makes integers has their scale; the zero point follows it.
struct ScalePlace {
  std::string_view op_type;
  int input;
};
constexpr ScalePlace kScalePlaces[] = {
    {"QuantizeLinear", 1},     {"QLinearConv", 6},
    {"QLinearMatMul", 6},      {"QLinearAdd", 6},
    {"QLinearMul", 6},         {"QLinearSigmoid", 3},
    {"QLinearLeakyRelu", 3},   {"QLinearSoftmax", 3},
    {"QLinearAveragePool", 3}, {"QGemm", 7},
    {"QLinearWhere", 7},       {"QLinearGlobalAveragePool", 3},
    {"QLinearConcat", 0},
};
// Operators whose result has the parameters of their first input.
constexpr std::string_view kMovers[] = {"MaxPool", "Reshape",   "Transpose", "Squeeze",
                                        "Flatten", "Unsqueeze", "Resize",    "Pad",
                                        "Split",   "Gather",    "Slice",     "Clip"};

class Matcher {
 public:
  Matcher(const Model& reference, const Model& quantized)
      : view_(reference.proto.graph()), matched_{quantized, {}, {}}, edit_(matched_.model) {}

  MatchedModel Match() {
    for (const onnx::ValueInfoProto* input : view_.RequiredInputs()) {
      MatchOne({.name = input->name(), .nodes = {}, .op_type = "", .target = ""});
    }
    for (const int index : view_.TopologicalOrder()) {
      const onnx::NodeProto& node = view_.graph().node(index);
      for (const std::string& output : node.output()) {
        if (!output.empty()) MatchOne(Made(node, index, output));
      }
    }
    SortNodes();
    return std::move(matched_);
  }

 private:
  MatchedValue Made(const onnx::NodeProto& node, int index, const std::string& output) const {
    MatchedValue value{
        .name = output, .nodes = {NodeLabel(node, index)}, .op_type = node.op_type(), .target = ""};
    for (const std::string& input : node.input()) {
      const auto found = unmatched_.find(input);
      if (found == unmatched_.end() || found->second.nodes.size() == kMostNodes) continue;
      const MatchedValue& before = found->second;
      value.nodes.insert(value.nodes.begin(), before.nodes.begin(), before.nodes.end());
      value.op_type = before.op_type + "+" + value.op_type;
      break;
    }
    return value;
  }

  bool IsMade(const std::string& value) const {
    return edit_.Producer(value) != nullptr ||
           (edit_.IsGraphInput(value) && edit_.Initializer(value) == nullptr);
  }
  bool IsMadeBy(const std::string& value, std::string_view op_type) const {
    const onnx::NodeProto* node = edit_.Producer(value);
    return node != nullptr && node->op_type() == op_type;
  }

  std::optional<Entrance> EntranceOf(const onnx::NodeProto& node, int scale) const {
    if (scale >= node.input_size() || edit_.Initializer(node.input(scale)) == nullptr) {
      return std::nullopt;
    }
    const std::string zero = scale + 1 < node.input_size() ? node.input(scale + 1) : "";
    if (!zero.empty() && edit_.Initializer(zero) == nullptr) return std::nullopt;
    return Entrance{.name = "", .quantized = true, .scale = node.input(scale), .zero = zero};
  }

  // How the integers `value` are quantized, where that is constant.
  std::optional<Entrance> ParametersOf(std::string value) const {
    for (int hops = 0; hops < kMostHops; ++hops) {
      for (const onnx::NodeProto* reader : edit_.Readers(value)) {
        if (reader->op_type() != "DequantizeLinear" || reader->input(0) != value) continue;
        return EntranceOf(*reader, 1);
      }
      const onnx::NodeProto* node = edit_.Producer(value);
      if (node == nullptr) return std::nullopt;
      const auto* place =
          std::find_if(std::begin(kScalePlaces), std::end(kScalePlaces),
                       [&](const ScalePlace& each) { return each.op_type == node->op_type(); });
      if (place != std::end(kScalePlaces)) return EntranceOf(*node, place->input);
      const bool moves =
          std::find(std::begin(kMovers), std::end(kMovers), node->op_type()) != std::end(kMovers);
      if (!moves || node->input_size() == 0) return std::nullopt;
      value = node->input(0);
    }
    return std::nullopt;
  }

  void MatchOne(MatchedValue value) {
    const std::string& x = value.name;
    const std::string input = QuantizeInputName(x);
    if (IsMade(input) && IsMade(x)) {
      value.target = x;
      AddEntrance(input, {.name = x, .quantized = false, .scale = "", .zero = ""});
    } else {
      const bool is_float = IsMade(x) && !IsMadeBy(x, "DequantizeLinear");
      if (is_float) AddEntrance(x, {.name = x, .quantized = false, .scale = "", .zero = ""});
      value.target = TargetOf(x);
    }
    if (value.target.empty()) {
      unmatched_.emplace(x, value);
    } else {
      matched_.values.push_back(std::move(value));
    }
  }

  std::string TargetOf(const std::string& x) {
    for (const char* copy : {"", "_1"}) {
      const std::string dequantized = DequantizeOutputName(x) + copy;
      if (IsMadeBy(dequantized, "DequantizeLinear")) return dequantized;
    }
    const std::string integers = IntegersOf(x);
    if (std::optional<Entrance> parameters = ParametersOf(integers)) {
      const std::string target = edit_.FreshValue(x + "_dequantized");
      std::vector<std::string> inputs = {integers, parameters->scale};
      if (!parameters->zero.empty()) inputs.push_back(parameters->zero);
      edit_.AddNode("DequantizeLinear", inputs, {target}, "");
      if (!IsMadeBy(integers, "QuantizeLinear")) {
        parameters->name = x;
        AddEntrance(integers, std::move(*parameters));
      }
      return target;
    }
    return IsMade(x) ? x : "";
  }

  // The integers that stand for `x`; empty where what is called so stands for what follows.
  std::string IntegersOf(const std::string& x) const {
    const std::span<const int> readers = view_.Consumers(x);
    if (readers.size() == 1 && BecameLimits(readers[0])) return "";
    const int producer = view_.Producer(x);
    if (producer >= 0 && BecameLimits(producer)) {
      return QuantizedName(view_.graph().node(producer).input(0));
    }
    return QuantizedName(x);
  }

  // Whether node `index` of the float model limits values, and the integers before it are so
  // limited in the quantized model, which does without the node.
  bool BecameLimits(int index) const {
    const onnx::NodeProto& node = view_.graph().node(index);
    if ((node.op_type() != "Relu" && node.op_type() != "Clip") || node.input_size() == 0 ||
        node.output_size() == 0) {
      return false;
    }
    const std::string& x = node.input(0);
    const std::string& y = node.output(0);
    if (view_.Consumers(x).size() != 1 || view_.Output(x) != nullptr ||
        edit_.Producer(QuantizedName(x)) == nullptr || IsMade(QuantizedName(y))) {
      return false;
    }
    const onnx::NodeProto* maker = edit_.Producer(y);
    return maker == nullptr || (maker->op_type() == "DequantizeLinear" && maker->input_size() > 0 &&
                                maker->input(0) == QuantizedName(x));
  }

  void AddEntrance(const std::string& value, Entrance entrance) {
    matched_.entrances.emplace(value, std::move(entrance));
  }

  // By the first matched value that each node leads to. What it reads leads there as well and
  // comes before it, in the order there is, where that value is the same.
  void SortNodes() {
    onnx::GraphProto& graph = *matched_.model.proto.mutable_graph();
    const GraphView view(graph);
    std::vector<int> order = view.TopologicalOrder();
    std::vector<size_t> rank(order.size(), std::numeric_limits<size_t>::max());
    const auto lower = [&](const std::string& value, size_t to) {
      const int producer = view.Producer(value);
      if (producer < 0) return;
      size_t& at = rank[static_cast<size_t>(producer)];
      at = std::min(at, to);
    };
    for (size_t i = 0; i < matched_.values.size(); ++i) lower(matched_.values[i].target, i);
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      const onnx::NodeProto& node = graph.node(*at);
      const size_t to = rank[static_cast<size_t>(*at)];
      for (const std::string& input : node.input()) lower(input, to);
      for (const std::string& captured : CapturedValues(node)) lower(captured, to);
    }
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return rank[static_cast<size_t>(a)] < rank[static_cast<size_t>(b)];
    });
    std::vector<onnx::NodeProto> sorted;
    sorted.reserve(order.size());
    for (const int index : order) sorted.push_back(std::move(*graph.mutable_node(index)));
    for (size_t i = 0; i < sorted.size(); ++i) {
      *graph.mutable_node(static_cast<int>(i)) = std::move(sorted[i]);
    }
  }

  // Graphs may be cyclic or as long as a file can be.
  static constexpr int kMostHops = 64;
  static constexpr size_t kMostNodes = 8;

  const GraphView view_;  // of the float model
  MatchedModel matched_;
  GraphEdit edit_;
  std::unordered_map<std::string, MatchedValue> unmatched_;  // by name
};

}  // namespace

MatchedModel MatchValues(const Model& reference, const Model& quantized) {
  return Matcher(reference, quantized).Match();
}

}  // namespace quantab
