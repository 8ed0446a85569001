// Takes out operators that change neither elements nor type nor shape.
//   before:  x -> Add 0, Mul 1, Cast to its own type, Slice of all, Pad by none, ... -> y -> Op
//   after:   x -> Op
// Needs: constants, types and dimensions that prove it. A sum with 0 may turn -0 into 0; that
// counts as no change.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/graph/graph_edit.h"
#include "core/passes/bypass.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

constexpr int64_t kLongest = 4096;  // elements of a constant that is looked at

// A node and what a rule may ask about it.
struct NoOpQuestion {
  const PatternGraph& graph;
  int node;
  int64_t int_max;  // no dimension is larger

  const std::string& input(int k) const { return graph.Input(node, k); }
  const onnx::NodeProto& proto() const { return graph.node(node); }
  std::optional<Shape> shape(int k) const { return graph.ShapeOfValue(input(k)); }
  DType type(int k) const { return graph.TypeOfValue(input(k)); }
};

bool AllAre(const std::vector<int64_t>& values, int64_t wanted) {
  return std::all_of(values.begin(), values.end(), [&](int64_t v) { return v == wanted; });
}

// Whether the first input and the output have the same known shape.
bool KeepsShape(const NoOpQuestion& q) {
  const auto in = q.shape(0);
  const auto out = q.graph.ShapeOfValue(q.graph.Output(q.node));
  return in && out && *in == *out && std::find(in->begin(), in->end(), -1) == in->end();
}

int PassesFirst(bool yes) { return yes ? 0 : kNoBypass; }

// Whether constant input `k` is `neutral` throughout, and broadcasts to the shape of input `other`.
bool IsNeutral(const NoOpQuestion& q, int k, int other, double neutral) {
  const auto numbers = q.graph.Numbers(q.input(k), kLongest);
  if (!numbers || numbers->empty()) return false;
  if (!std::all_of(numbers->begin(), numbers->end(), [&](double x) { return x == neutral; })) {
    return false;
  }
  const auto constant = q.shape(k);
  if (!constant) return false;
  if (constant->empty()) return true;
  const auto shape = q.shape(other);
  if (!shape || constant->size() > shape->size()) return false;
  const size_t ahead = shape->size() - constant->size();
  for (size_t i = 0; i < constant->size(); ++i) {
    if ((*constant)[i] != 1 && (*constant)[i] != (*shape)[ahead + i]) return false;
  }
  return true;
}

constexpr int64_t kFirstWithBroadcast = 7;  // before, an attribute says how operands are matched

int AddsNothing(const NoOpQuestion& q) {
  if (q.graph.opset() < kFirstWithBroadcast) return kNoBypass;
  if (IsNeutral(q, 1, 0, 0)) return 0;
  return q.proto().op_type() == "Add" && IsNeutral(q, 0, 1, 0) ? 1 : kNoBypass;
}

int MultipliesByOne(const NoOpQuestion& q) {
  if (q.graph.opset() < kFirstWithBroadcast) return kNoBypass;
  if (IsNeutral(q, 1, 0, 1)) return 0;
  return q.proto().op_type() == "Mul" && IsNeutral(q, 0, 1, 1) ? 1 : kNoBypass;
}

int CastsToSame(const NoOpQuestion& q) {
  const DType type = q.type(0);
  if (type == DType::kUndefined) return kNoBypass;
  if (q.proto().op_type() == "CastLike") return PassesFirst(type == q.type(1));
  return PassesFirst(IntAttribute(q.proto(), "to", 0) == static_cast<int64_t>(type));
}

int HasOneInput(const NoOpQuestion& q) { return PassesFirst(q.proto().input_size() == 1); }

int HasOneOutput(const NoOpQuestion& q) { return PassesFirst(q.proto().output_size() == 1); }

int TransposesNothing(const NoOpQuestion& q) {
  const auto perm = IntsAttribute(q.proto(), "perm");
  if (!perm || perm->empty()) {
    const auto shape = q.shape(0);
    return PassesFirst(shape && shape->size() <= 1);
  }
  for (size_t i = 0; i < perm->size(); ++i) {
    if ((*perm)[i] != static_cast<int64_t>(i)) return kNoBypass;
  }
  return 0;
}

int ReshapesToSame(const NoOpQuestion& q) {
  constexpr int64_t kFirstWithShapeInput = 5;
  if (q.graph.opset() < kFirstWithShapeInput) return kNoBypass;
  if (KeepsShape(q)) return 0;
  const auto target = q.graph.Ints(q.input(1));
  const auto shape = q.shape(0);
  if (!target || !shape || target->size() != shape->size()) return kNoBypass;
  const bool zero_copies = IntAttribute(q.proto(), "allowzero", 0) == 0;
  int computed = 0;
  for (size_t i = 0; i < shape->size(); ++i) {
    const int64_t wanted = (*target)[i];
    if (wanted == -1) {
      ++computed;
    } else if (!(wanted == 0 && zero_copies) && (wanted < 1 || wanted != (*shape)[i])) {
      return kNoBypass;
    }
  }
  return PassesFirst(computed <= 1);
}

int FlattensMatrix(const NoOpQuestion& q) {
  const auto shape = q.shape(0);
  return PassesFirst(shape && shape->size() == 2 && IntAttribute(q.proto(), "axis", 1) == 1);
}

int ExpandsNothing(const NoOpQuestion& q) {
  if (KeepsShape(q)) return 0;
  const auto target = q.graph.Ints(q.input(1));
  const auto shape = q.shape(0);
  if (!target || !shape || target->size() > shape->size()) return kNoBypass;
  const size_t ahead = shape->size() - target->size();
  for (size_t i = 0; i < target->size(); ++i) {
    if ((*target)[i] != 1 && (*target)[i] != (*shape)[ahead + i]) return kNoBypass;
  }
  return 0;
}

int TilesOnce(const NoOpQuestion& q) {
  constexpr int64_t kFirstWithRepeats = 6;
  const auto repeats = q.graph.Ints(q.input(1));
  return PassesFirst(q.graph.opset() >= kFirstWithRepeats && repeats && AllAre(*repeats, 1));
}

int PadsNothing(const NoOpQuestion& q) {
  constexpr int64_t kFirstWithInputs = 11;
  const auto pads = q.graph.opset() < kFirstWithInputs ? IntsAttribute(q.proto(), "pads")
                                                       : q.graph.Ints(q.input(1));
  return PassesFirst(pads && !pads->empty() && AllAre(*pads, 0));
}

// The numbers that say what a Slice takes: from an attribute before operator set 10.
std::optional<std::vector<int64_t>> SliceNumbers(const NoOpQuestion& q, const char* name, int k) {
  constexpr int64_t kFirstWithInputs = 10;
  return q.graph.opset() < kFirstWithInputs ? IntsAttribute(q.proto(), name)
                                            : q.graph.Ints(q.input(k));
}

int SlicesAll(const NoOpQuestion& q) {
  const auto steps = SliceNumbers(q, "steps", 4);
  if (steps ? !AllAre(*steps, 1) : !q.input(4).empty()) return kNoBypass;
  if (KeepsShape(q)) return 0;
  const auto starts = SliceNumbers(q, "starts", 1);
  const auto ends = SliceNumbers(q, "ends", 2);
  auto axes = SliceNumbers(q, "axes", 3);
  if (!starts || !ends || starts->size() != ends->size()) return kNoBypass;
  if (!axes && !q.input(3).empty()) return kNoBypass;
  const auto shape = q.shape(0);
  for (size_t i = 0; i < starts->size(); ++i) {
    int64_t axis = axes ? (i < axes->size() ? (*axes)[i] : -1) : static_cast<int64_t>(i);
    int64_t dim = q.int_max;
    if (shape) {
      const auto rank = static_cast<int64_t>(shape->size());
      if (axis < 0) axis += rank;
      if (axis < 0 || axis >= rank) return kNoBypass;
      if ((*shape)[static_cast<size_t>(axis)] >= 0) dim = (*shape)[static_cast<size_t>(axis)];
    }
    const bool from_first = (*starts)[i] == 0 || (*starts)[i] <= -dim;
    if (!from_first || (*ends)[i] < dim) return kNoBypass;
  }
  return 0;
}

int ResizesToSame(const NoOpQuestion& q) {
  constexpr int64_t kFirstWithRoi = 11;
  const std::string mode =
      StringAttribute(q.proto(), "coordinate_transformation_mode", "half_pixel");
  const bool exact = mode == "half_pixel" || mode == "pytorch_half_pixel" || mode == "asymmetric" ||
                     mode == "align_corners";
  const bool roi = q.proto().op_type() == "Resize" && q.graph.opset() >= kFirstWithRoi;
  const auto scales = q.graph.Numbers(q.input(roi ? 2 : 1), kLongest);
  return PassesFirst(exact && q.input(3).empty() && scales && !scales->empty() &&
                     std::all_of(scales->begin(), scales->end(), [](double x) { return x == 1; }));
}

int ClipsNothing(const NoOpQuestion& q) {
  constexpr int64_t kFirstWithInputs = 11;
  return PassesFirst(q.graph.opset() >= kFirstWithInputs && q.input(1).empty() &&
                     q.input(2).empty());
}

using NoOpRule = int (*)(const NoOpQuestion&);

const std::unordered_map<std::string, NoOpRule>& NoOpRules() {
  static const std::unordered_map<std::string, NoOpRule> rules = {
      {"Add", AddsNothing},        {"Sub", AddsNothing},
      {"Mul", MultipliesByOne},    {"Div", MultipliesByOne},
      {"Pow", MultipliesByOne},    {"Cast", CastsToSame},
      {"CastLike", CastsToSame},   {"Concat", HasOneInput},
      {"Sum", HasOneInput},        {"Mean", HasOneInput},
      {"Max", HasOneInput},        {"Min", HasOneInput},
      {"Split", HasOneOutput},     {"Transpose", TransposesNothing},
      {"Reshape", ReshapesToSame}, {"Flatten", FlattensMatrix},
      {"Expand", ExpandsNothing},  {"Tile", TilesOnce},
      {"Pad", PadsNothing},        {"Slice", SlicesAll},
      {"Resize", ResizesToSame},   {"Clip", ClipsNothing},
  };
  return rules;
}

bool EliminateNoOps(Model& model, const PassContext& context) {
  const int64_t int_max = std::max<int64_t>(context.options.int_max, 1);
  return BypassNodes(model, [&](const PatternGraph& graph, int i) {
    const auto rule = NoOpRules().find(graph.node(i).op_type());
    if (rule == NoOpRules().end() || !graph.Is(i, rule->first)) return kNoBypass;
    return rule->second({graph, i, int_max});
  });
}

}  // namespace

QUANTAB_REGISTER(passes, eliminate_no_ops) {
  r.Add({.name = "eliminate_no_ops", .stage = PassStage::kNormalize, .run = EliminateNoOps});
}

}  // namespace quantab
