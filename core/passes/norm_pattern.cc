#include "core/passes/norm_pattern.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

// Of a commutative node, the input that is not `value`.
const std::string& OtherInput(const PatternGraph& graph, int i, const std::string& value) {
  return graph.Input(i, graph.Input(i, 0) == value ? 1 : 0);
}

// The value whose square node `i` makes, or nullptr.
const std::string* SquaredBy(const PatternGraph& graph, int i) {
  const bool squares = (graph.Is(i, "Pow") && graph.Scalar(graph.Input(i, 1)) == 2.0) ||
                       (graph.Is(i, "Mul") && graph.Input(i, 0) == graph.Input(i, 1));
  return squares ? &graph.Input(i, 0) : nullptr;
}

// The value under the root that node `i` makes, or nullptr. `power` is 0.5 or -0.5.
const std::string* UnderRoot(const PatternGraph& graph, int i, double power) {
  const bool root = (power > 0 && graph.Is(i, "Sqrt")) ||
                    (graph.Is(i, "Pow") && graph.Scalar(graph.Input(i, 1)) == power);
  return root ? &graph.Input(i, 0) : nullptr;
}

// The value s of which node `i` makes 1 / sqrt(s), or nullptr.
const std::string* UnderInverseRoot(const PatternGraph& graph, int i, std::vector<int>& nodes) {
  nodes.push_back(i);
  if (const std::string* direct = UnderRoot(graph, i, -0.5)) return direct;
  int root = -1;
  if (graph.Is(i, "Reciprocal")) root = graph.Producer(graph.Input(i, 0));
  if (graph.Is(i, "Div") && graph.Scalar(graph.Input(i, 0)) == 1.0) {
    root = graph.Producer(graph.Input(i, 1));
  }
  nodes.push_back(root);
  return UnderRoot(graph, root, 0.5);
}

// The value s of dividend / sqrt(s), which node `last` makes; fills in dividend and nodes.
const std::string* UnderDivisor(const PatternGraph& graph, int last, RootMeanSquare& rms) {
  if (graph.Is(last, "Div")) {
    const int root = graph.Producer(graph.Input(last, 1));
    rms.dividend = graph.Input(last, 0);
    rms.nodes = {last, root};
    return UnderRoot(graph, root, 0.5);
  }
  if (!graph.Is(last, "Mul")) return nullptr;
  for (int k = 0; k < 2; ++k) {
    rms.dividend = graph.Input(last, 1 - k);
    rms.nodes = {last};
    const int inverse = graph.Producer(graph.Input(last, k));
    if (const auto* under = UnderInverseRoot(graph, inverse, rms.nodes)) return under;
  }
  return nullptr;
}

bool HasDims(const PatternGraph& graph, const std::string& value, const NormPattern& pattern) {
  const onnx::TensorProto* tensor = graph.Constant(value);
  return tensor != nullptr && TypeOf(*tensor) == pattern.type && ShapeOf(*tensor) == pattern.dims;
}

// Takes the only reader of the pattern's result into it when it is `op_type` with a constant that
// fits; returns the constant's name.
std::string Absorb(const PatternGraph& graph, const char* op_type, NormPattern& pattern) {
  const int reader = graph.OnlyReaderOf(pattern.last);
  if (!graph.Is(reader, op_type)) return "";
  const std::string& operand = OtherInput(graph, reader, graph.Output(pattern.last));
  if (!HasDims(graph, operand, pattern)) return "";
  pattern.last = reader;
  pattern.nodes.push_back(reader);
  return operand;
}

bool IsClosed(const PatternGraph& graph, const NormPattern& pattern) {
  return std::all_of(pattern.nodes.begin(), pattern.nodes.end(), [&](int i) {
    if (graph.node(i).output_size() != 1) return false;
    return i == pattern.last || graph.IsReadOnlyBy(graph.Output(i), pattern.nodes);
  });
}

}  // namespace

bool IsTrailingMean(const PatternGraph& graph, int i, int64_t axes, int64_t* found) {
  if (!graph.Is(i, "ReduceMean") || IntAttribute(graph.node(i), "keepdims", 1) != 1) return false;
  auto list = AxesOf(graph, i, 1);
  if (!list) return false;
  const bool counted_from_front =
      std::any_of(list->begin(), list->end(), [](int64_t axis) { return axis >= 0; });
  if (counted_from_front) {
    const auto shape = graph.ShapeOfValue(graph.Input(i, 0));
    if (!shape) return false;
    for (int64_t& axis : *list) axis -= axis >= 0 ? static_cast<int64_t>(shape->size()) : 0;
  }
  std::sort(list->begin(), list->end());
  const int64_t count = static_cast<int64_t>(list->size());
  for (int64_t k = 0; k < count; ++k) {
    if ((*list)[static_cast<size_t>(k)] != k - count) return false;
  }
  if (found != nullptr) *found = count;
  return axes == 0 || axes == count;
}

std::optional<RootMeanSquare> MatchRootMeanSquare(const PatternGraph& graph, int last) {
  RootMeanSquare rms;
  const std::string* sum = UnderDivisor(graph, last, rms);
  const int add = sum == nullptr ? -1 : graph.Producer(*sum);
  if (!graph.Is(add, "Add")) return std::nullopt;
  const int constant = graph.Constant(graph.Input(add, 1)) != nullptr ? 1 : 0;
  const auto epsilon = graph.Scalar(graph.Input(add, constant));
  if (!epsilon || !std::isfinite(static_cast<float>(*epsilon)) || *epsilon <= 0) {
    return std::nullopt;
  }
  const int mean = graph.Producer(graph.Input(add, 1 - constant));
  if (!IsTrailingMean(graph, mean, 0, &rms.axes)) return std::nullopt;
  const int square = graph.Producer(graph.Input(mean, 0));
  const std::string* squared = SquaredBy(graph, square);
  if (squared == nullptr) return std::nullopt;
  rms.squared = *squared;
  rms.epsilon = *epsilon;
  rms.type = graph.TypeOfValue(graph.Input(add, constant));
  rms.nodes.insert(rms.nodes.end(), {add, mean, square});
  return rms;
}

std::optional<NormPattern> NormalizationOf(const PatternGraph& graph, const RootMeanSquare& rms,
                                           const std::string& x, bool with_bias) {
  if (rms.type != DType::kFloat && rms.type != DType::kFloat16) return std::nullopt;
  const auto shape = graph.ShapeOfValue(x);
  if (!shape || static_cast<int64_t>(shape->size()) < rms.axes) return std::nullopt;
  NormPattern pattern{.x = x, .type = rms.type, .nodes = rms.nodes, .last = rms.nodes[0]};
  pattern.dims.assign(shape->end() - rms.axes, shape->end());
  const bool known =
      std::all_of(pattern.dims.begin(), pattern.dims.end(), [](int64_t dim) { return dim > 0; });
  if (!known) return std::nullopt;
  pattern.scale = Absorb(graph, "Mul", pattern);
  if (with_bias) pattern.bias = Absorb(graph, "Add", pattern);
  constexpr int64_t kMostOnes = 1 << 20;  // a scale of ones must not make the model much larger
  const int64_t count = CheckedElementCount(pattern.dims).value_or(kMostOnes + 1);
  if ((pattern.scale.empty() && count > kMostOnes) || !IsClosed(graph, pattern)) {
    return std::nullopt;
  }
  return pattern;
}

void ReplaceNormalization(PatternGraph& graph, const NormPattern& pattern,
                          const RootMeanSquare& rms, const std::string& op_type) {
  const std::string output = graph.Output(pattern.last);
  std::string scale = pattern.scale;
  if (scale.empty()) {
    const std::vector<double> ones(static_cast<size_t>(ElementCount(pattern.dims)), 1);
    scale = graph.AddNumbers(output + "_scale", pattern.type, pattern.dims, ones);
  }
  std::vector<std::string> inputs = {pattern.x, scale};
  if (!pattern.bias.empty()) inputs.push_back(pattern.bias);
  onnx::NodeProto node = PatternNode(op_type, graph.node(pattern.last).name(), inputs, output);
  PutInt(node, "axis", -rms.axes);
  PutFloat(node, "epsilon", static_cast<float>(rms.epsilon));
  graph.ReplaceTogether(pattern.nodes, pattern.last, std::move(node));
}

}  // namespace quantab
