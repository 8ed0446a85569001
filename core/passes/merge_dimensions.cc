#include "core/passes/merge_dimensions.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/graph/graph_edit.h"

namespace quantab {
namespace {

constexpr std::array<std::string_view, 16> kElementwise = {
    "Add", "Sub", "Mul",   "Div",   "Max",     "Min",  "Sum", "Mean",
    "And", "Or",  "Equal", "Where", "Greater", "Less", "Mod", "Pow"};

using Dimension = onnx::TensorShapeProto::Dimension;
using Shapes = std::unordered_map<std::string, const onnx::TensorShapeProto*>;

// Names that stand for one size, and the size where it is known. Of two names the one of an input
// stays, else the first.
class NameClasses {
 public:
  explicit NameClasses(const onnx::GraphProto& graph) {
    for (const auto& input : graph.input()) {
      for (const auto& dim : input.type().tensor_type().shape().dim()) {
        inputs_.insert(dim.dim_param());
      }
    }
  }

  void Unite(const Dimension& a, const Dimension& b) {
    const bool a_named = !a.dim_param().empty();
    const bool b_named = !b.dim_param().empty();
    if (a_named && b_named) {
      std::string first = Find(a.dim_param());
      std::string second = Find(b.dim_param());
      if (inputs_.contains(second) && !inputs_.contains(first)) std::swap(first, second);
      if (first != second) parents_[second] = first;
      if (sizes_.contains(second)) sizes_.try_emplace(first, sizes_[second]);
    } else if (a_named && b.has_dim_value() && b.dim_value() != 1) {
      sizes_.try_emplace(Find(a.dim_param()), b.dim_value());
    } else if (b_named && a.has_dim_value() && a.dim_value() != 1) {
      sizes_.try_emplace(Find(b.dim_param()), a.dim_value());
    }
  }

  // Puts what is known of a dimension's name in its place. Returns whether that is something else.
  bool Apply(Dimension& dim) const {
    if (dim.dim_param().empty()) return false;
    const std::string name = Find(dim.dim_param());
    const auto size = sizes_.find(name);
    if (size != sizes_.end()) {
      dim.set_dim_value(size->second);
      return true;
    }
    if (name == dim.dim_param()) return false;
    dim.set_dim_param(name);
    return true;
  }

 private:
  std::string Find(std::string name) const {
    for (auto at = parents_.find(name); at != parents_.end(); at = parents_.find(name)) {
      name = at->second;
    }
    return name;
  }

  std::unordered_set<std::string> inputs_;
  std::unordered_map<std::string, std::string> parents_;
  std::unordered_map<std::string, int64_t> sizes_;
};

Shapes KnownShapes(const onnx::GraphProto& graph) {
  Shapes shapes;
  for (const auto* infos : {&graph.input(), &graph.value_info(), &graph.output()}) {
    for (const auto& info : *infos) {
      if (info.type().tensor_type().has_shape()) {
        shapes.emplace(info.name(), &info.type().tensor_type().shape());
      }
    }
  }
  return shapes;
}

bool IsElementwise(const onnx::NodeProto& node) {
  const auto& types = kElementwise;
  return CanonicalDomain(node.domain()).empty() &&
         std::find(types.begin(), types.end(), node.op_type()) != types.end();
}

void UniteOperands(const onnx::NodeProto& node, const Shapes& shapes, NameClasses& classes) {
  const bool concat = CanonicalDomain(node.domain()).empty() && node.op_type() == "Concat";
  if (!concat && !IsElementwise(node)) return;
  const onnx::TensorShapeProto* first = nullptr;
  for (const std::string& input : node.input()) {
    const auto found = shapes.find(input);
    if (found == shapes.end()) continue;
    const onnx::TensorShapeProto* shape = found->second;
    if (first == nullptr) {
      first = shape;
      continue;
    }
    int64_t axis = IntAttribute(node, "axis", 1);
    if (axis < 0) axis += first->dim_size();
    const int common = std::min(first->dim_size(), shape->dim_size());
    for (int i = 1; i <= common; ++i) {
      if (concat && (first->dim_size() != shape->dim_size() || first->dim_size() - i == axis)) {
        continue;
      }
      classes.Unite(first->dim(first->dim_size() - i), shape->dim(shape->dim_size() - i));
    }
    if (shape->dim_size() > first->dim_size()) first = shape;
  }
}

// What an elementwise operator makes is as large as its operands, where they are larger than 1.
void UniteWithResult(const onnx::NodeProto& node, const Shapes& shapes, NameClasses& classes) {
  if (!IsElementwise(node) || node.output_size() == 0) return;
  const auto result = shapes.find(node.output(0));
  if (result == shapes.end()) return;
  const onnx::TensorShapeProto& made = *result->second;
  for (const std::string& input : node.input()) {
    const auto found = shapes.find(input);
    if (found == shapes.end()) continue;
    const onnx::TensorShapeProto& shape = *found->second;
    const int common = std::min(made.dim_size(), shape.dim_size());
    for (int i = 1; i <= common; ++i) {
      classes.Unite(shape.dim(shape.dim_size() - i), made.dim(made.dim_size() - i));
    }
  }
}

}  // namespace

bool MergeDimensions(Model& model) {
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  const Shapes shapes = KnownShapes(graph);
  NameClasses classes(graph);
  for (const onnx::NodeProto& node : graph.node()) {
    UniteOperands(node, shapes, classes);
    UniteWithResult(node, shapes, classes);
  }
  bool changed = false;
  for (auto& info : *graph.mutable_value_info()) {
    if (!info.type().tensor_type().has_shape()) continue;
    for (Dimension& dim :
         *info.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim()) {
      changed |= classes.Apply(dim);
    }
  }
  return changed;
}

}  // namespace quantab
