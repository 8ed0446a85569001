// Runs attention that is written out head by head, without its transposes.
//   before:  q -> Transpose -> MatMul by (k -> Transpose) -> Mul or Div by a number (-> Add a mask)
//            -> Softmax -> MatMul by (v -> Transpose) -> Transpose -> y
//   after:   quantab.HeadAttention(q, k, v, mask) -> y
// The number may also be on either side of the Transposes of q and k. Needs: Transposes that leave
// the elements of a head together; nobody else reads between the first MatMul and the last
// Transpose. The number is multiplied with k: results differ by roundings.
#include <algorithm>
#include <array>

#include "core/lower/lower.h"

namespace quantab {
namespace {

constexpr size_t kRank = 4;
using Order = std::array<int64_t, kRank>;
constexpr Order kSame = {0, 1, 2, 3};

// An operand of a product: `value` in another order, times a number.
struct Operand {
  std::string value;
  Order order = kSame;
  double scale = 1;
  bool scaled = false;
};

// The order of Transpose `i` of four dimensions.
std::optional<Order> OrderOf(const LowerGraph& graph, int i) {
  if (!graph.Is(i, "Transpose")) return std::nullopt;
  for (const onnx::AttributeProto& attribute : graph.node(i).attribute()) {
    if (attribute.name() != "perm" || attribute.ints_size() != static_cast<int>(kRank)) continue;
    Order order;
    std::copy(attribute.ints().begin(), attribute.ints().end(), order.begin());
    if (!std::is_permutation(order.begin(), order.end(), kSame.begin())) return std::nullopt;
    return order;
  }
  return std::nullopt;
}

// The number that node `i` multiplies one of its inputs with, or divides it by; that input.
struct Scaling {
  double factor;
  std::string value;
};
std::optional<Scaling> ScalingOf(const LowerGraph& graph, int i) {
  if (!graph.Is(i, "Mul") && !graph.Is(i, "Div")) return std::nullopt;
  const std::string &a = InputOf(graph.node(i), 0), &b = InputOf(graph.node(i), 1);
  const std::optional<double> second = graph.Scalar(b);
  if (graph.Is(i, "Div")) {
    if (!second || *second == 0) return std::nullopt;
    return Scaling{1 / *second, a};
  }
  if (second) return Scaling{*second, a};
  const std::optional<double> first = graph.Scalar(a);
  if (first) return Scaling{*first, b};
  return std::nullopt;
}

// Goes back over Transposes and numbers from `value`.
Operand OperandOf(const LowerGraph& graph, const std::string& value, bool may_scale) {
  Operand operand{value};
  constexpr int kMostSteps = 4;
  for (int step = 0; step < kMostSteps; ++step) {
    const int i = graph.Producer(operand.value);
    if (const std::optional<Order> before = OrderOf(graph, i)) {
      for (int64_t& axis : operand.order) axis = (*before)[static_cast<size_t>(axis)];
      operand.value = InputOf(graph.node(i), 0);
      continue;
    }
    const std::optional<Scaling> scaling = may_scale ? ScalingOf(graph, i) : std::nullopt;
    if (!scaling) break;
    operand.scale *= scaling->factor;
    operand.scaled = true;
    operand.value = scaling->value;
  }
  return operand;
}

// Whether Softmax `i`, of four dimensions, is one of rows.
bool IsOfRows(const LowerGraph& graph, int i) {
  const int64_t axis = IntAttribute(graph.node(i), "axis", graph.opset() < 13 ? 1 : -1);
  return axis == -1 || axis == 3;
}

void SetOrder(onnx::NodeProto& node, const std::string& name, const Order& order) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (int64_t axis : order) attribute.add_ints(axis);
}

// What makes the scores; k's number is that of both.
struct Scores {
  Operand q, k;
  std::string mask;
};

// The scores without a mask; nobody else may read them or the product.
std::optional<Scores> MatchProduct(const LowerGraph& graph, const std::string& value) {
  if (graph.OnlyReader(value) < 0) return std::nullopt;
  int i = graph.Producer(value);
  const std::optional<Scaling> scaling = i < 0 ? std::nullopt : ScalingOf(graph, i);
  if (scaling) i = graph.OnlyReader(scaling->value) < 0 ? -1 : graph.Producer(scaling->value);
  if (!graph.Is(i, "MatMul")) return std::nullopt;
  Scores scores = {OperandOf(graph, InputOf(graph.node(i), 0), true),
                   OperandOf(graph, InputOf(graph.node(i), 1), true),
                   {}};
  // A number says that the elements are float32.
  if (!scaling && !scores.q.scaled && !scores.k.scaled) return std::nullopt;
  scores.k.scale *= scores.q.scale * (scaling ? scaling->factor : 1);
  return scores;
}

std::optional<Scores> MatchScores(const LowerGraph& graph, const std::string& value) {
  const int add = graph.Producer(value);
  if (!graph.Is(add, "Add")) return MatchProduct(graph, value);
  if (graph.OnlyReader(value) < 0) return std::nullopt;
  for (const int side : {0, 1}) {
    std::optional<Scores> scores = MatchProduct(graph, InputOf(graph.node(add), side));
    if (!scores) continue;
    scores->mask = InputOf(graph.node(add), 1 - side);
    if (scores->mask.empty()) return std::nullopt;
    return scores;
  }
  return std::nullopt;
}

void Fuse(LowerGraph& graph, int softmax) {
  if (!IsOfRows(graph, softmax)) return;
  const int product = graph.OnlyReader(softmax);
  if (!graph.Is(product, "MatMul") ||
      InputOf(graph.node(product), 0) != OutputOf(graph.node(softmax), 0)) {
    return;
  }
  const int last = graph.OnlyReader(product);
  const std::optional<Order> y = last < 0 ? std::nullopt : OrderOf(graph, last);
  const std::optional<Scores> scores = MatchScores(graph, InputOf(graph.node(softmax), 0));
  if (!y || !scores) return;
  const Operand v = OperandOf(graph, InputOf(graph.node(product), 1), false);
  // The elements of a head must lie together, and all operands must exist.
  const bool fits = scores->q.order[3] == 3 && scores->k.order[2] == 3 && v.order[3] == 3 &&
                    (*y)[3] == 3 && !scores->q.value.empty() && !scores->k.value.empty() &&
                    !v.value.empty();
  if (!fits) return;
  onnx::NodeProto node = MakeNode("HeadAttention", kLowerDomain, graph.node(product).name(),
                                  {scores->q.value, scores->k.value, v.value, scores->mask},
                                  OutputOf(graph.node(last), 0));
  SetFloat(node, "scale", static_cast<float>(scores->k.scale));
  SetOrder(node, "q_perm", scores->q.order);
  SetOrder(node, "k_perm", scores->k.order);
  SetOrder(node, "v_perm", v.order);
  SetOrder(node, "y_perm", *y);
  graph.Replace(last, std::move(node));
}

}  // namespace

void FuseAttention(LowerGraph& graph) {
  const int count = graph.size();
  for (int i = 0; i < count; ++i) {
    if (graph.Is(i, "Softmax")) Fuse(graph, i);
  }
}

}  // namespace quantab
