// Makes constants weights, which is where other passes and the quantizers look for them.
//   before:  Constant -> y -> Op
//   after:   initializer y -> Op
// Needs: y is no output of its graph, and the constant is dense.
#include <unordered_set>

#include "core/graph/graph_edit.h"
#include "core/passes/aliases.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

// The constant of a node in whichever attribute it is; nothing when it is sparse or malformed.
std::optional<onnx::TensorProto> TensorOf(const onnx::NodeProto& node) {
  if (node.attribute_size() != 1) return std::nullopt;
  const onnx::AttributeProto& attribute = node.attribute(0);
  const std::string& name = attribute.name();
  onnx::TensorProto tensor;
  if (name == "value" && attribute.has_t()) {
    tensor = attribute.t();
  } else if (name == "value_float") {
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_float_data(attribute.f());
  } else if (name == "value_floats") {
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(attribute.floats_size());
    *tensor.mutable_float_data() = attribute.floats();
  } else if (name == "value_int") {
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_int64_data(attribute.i());
  } else if (name == "value_ints") {
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(attribute.ints_size());
    *tensor.mutable_int64_data() = attribute.ints();
  } else if (name == "value_string") {
    tensor.set_data_type(onnx::TensorProto::STRING);
    tensor.add_string_data(attribute.s());
  } else if (name == "value_strings") {
    tensor.set_data_type(onnx::TensorProto::STRING);
    tensor.add_dims(attribute.strings_size());
    *tensor.mutable_string_data() = attribute.strings();
  } else {
    return std::nullopt;
  }
  return tensor;
}

bool MakeInitializers(onnx::GraphProto& graph, const PatternGraph& pattern) {
  std::unordered_set<std::string> moved;
  for (int i = 0; i < pattern.size(); ++i) {
    if (!pattern.Is(i, "Constant") || pattern.node(i).output_size() != 1) continue;
    const std::string& name = pattern.Output(i);
    if (name.empty() || pattern.IsOutput(name)) continue;
    std::optional<onnx::TensorProto> tensor = TensorOf(pattern.node(i));
    if (!tensor) continue;
    tensor->set_name(name);
    *graph.add_initializer() = std::move(*tensor);
    moved.insert(name);
    graph.mutable_node(i)->Clear();
  }
  if (moved.empty()) return false;
  EraseFrom(*graph.mutable_node(), [](const auto& node) { return node.op_type().empty(); });
  EraseFrom(*graph.mutable_value_info(),
            [&](const auto& info) { return moved.contains(info.name()); });
  return true;
}

// Before, every initializer had to be an input too.
constexpr int64_t kFirstWithFreeInitializers = 4;

}  // namespace

QUANTAB_REGISTER(passes, constant_to_initializer) {
  r.Add({.name = "constant_to_initializer",
         .stage = PassStage::kNormalize,
         .run = [](Model& model, const PassContext&) {
           return model.proto.ir_version() >= kFirstWithFreeInitializers &&
                  VisitGraphs(model, MakeInitializers);
         }});
}

}  // namespace quantab
