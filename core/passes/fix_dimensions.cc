// Gives dimensions of inputs fixed sizes.
//   before:  x [batch,3,?,?]     y [batch,1000]
//   after:   x [1,3,224,224]     y [1,1000]
#include <functional>
#include <set>
#include <string>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/passes/steps.h"

namespace quantab {
namespace {

using Dimension = onnx::TensorShapeProto::Dimension;

void ForEachShape(onnx::TypeProto& type,
                  const std::function<void(onnx::TensorShapeProto&)>& visit) {
  if (type.has_tensor_type() && type.tensor_type().has_shape()) {
    visit(*type.mutable_tensor_type()->mutable_shape());
  } else if (type.has_sparse_tensor_type() && type.sparse_tensor_type().has_shape()) {
    visit(*type.mutable_sparse_tensor_type()->mutable_shape());
  } else if (type.has_sequence_type()) {
    ForEachShape(*type.mutable_sequence_type()->mutable_elem_type(), visit);
  } else if (type.has_optional_type()) {
    ForEachShape(*type.mutable_optional_type()->mutable_elem_type(), visit);
  } else if (type.has_map_type()) {
    ForEachShape(*type.mutable_map_type()->mutable_value_type(), visit);
  }
}

// Every dimension that the graph and the graphs inside it declare.
void ForEachDimension(onnx::GraphProto& graph, const std::function<void(Dimension&)>& visit) {
  const auto visit_shape = [&](onnx::TensorShapeProto& shape) {
    for (Dimension& dim : *shape.mutable_dim()) visit(dim);
  };
  for (auto* infos : {graph.mutable_input(), graph.mutable_output(), graph.mutable_value_info()}) {
    for (auto& info : *infos) ForEachShape(*info.mutable_type(), visit_shape);
  }
  for (auto& node : *graph.mutable_node()) {
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) { ForEachDimension(inner, visit); });
  }
}

void ForgetInferredShapes(onnx::GraphProto& graph) {
  for (auto& info : *graph.mutable_value_info()) {
    if (info.type().has_tensor_type()) {
      info.mutable_type()->mutable_tensor_type()->clear_shape();
    }
  }
  for (auto& node : *graph.mutable_node()) {
    ForEachSubgraph(node, ForgetInferredShapes);
  }
}

void SetDimension(Dimension& dim, int64_t value) {
  dim.Clear();
  dim.set_dim_value(value);
}

void FixName(onnx::GraphProto& graph, const std::string& name, int64_t value) {
  ForEachDimension(graph, [&](Dimension& dim) {
    if (dim.has_dim_param() && dim.dim_param() == name) SetDimension(dim, value);
  });
}

std::string Listed(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + Shorten(name) + "'";
  return text.empty() ? "none" : text;
}

std::set<std::string> NamesOfDimensions(onnx::GraphProto& graph) {
  std::set<std::string> names;
  for (auto& input : *graph.mutable_input()) {
    ForEachShape(*input.mutable_type(), [&](onnx::TensorShapeProto& shape) {
      for (const Dimension& dim : shape.dim()) {
        if (dim.has_dim_param() && !dim.dim_param().empty()) names.insert(dim.dim_param());
      }
    });
  }
  return names;
}

void CheckSize(int64_t size, const std::string& what) {
  if (size >= 1) return;
  ThrowInvalidArgument(what + ": " + std::to_string(size) + " is no size, expected at least 1.");
}

onnx::ValueInfoProto& InputOf(onnx::GraphProto& graph, const std::string& name) {
  std::set<std::string> names;
  for (auto& input : *graph.mutable_input()) {
    if (input.name() == name) return input;
    names.insert(input.name());
  }
  ThrowInvalidArgument("The model has no input '" + name + "'; its inputs are: " + Listed(names) +
                       ".");
}

void FixInput(onnx::GraphProto& graph, const std::string& name, const std::vector<int64_t>& sizes) {
  const std::string what = "Input '" + name + "'";
  onnx::ValueInfoProto& input = InputOf(graph, name);
  if (!input.type().has_tensor_type()) {
    ThrowInvalidArgument(what + " is no tensor, so it has no shape that could be fixed.");
  }
  for (const int64_t size : sizes) CheckSize(size, what);
  auto& type = *input.mutable_type()->mutable_tensor_type();
  if (!type.has_shape()) {
    for (const int64_t size : sizes) type.mutable_shape()->add_dim()->set_dim_value(size);
    return;
  }
  onnx::TensorShapeProto& shape = *type.mutable_shape();
  if (shape.dim_size() != static_cast<int>(sizes.size())) {
    ThrowInvalidArgument(what + " has " + std::to_string(shape.dim_size()) +
                         " dimensions, but the shape for it " + std::to_string(sizes.size()) + ".");
  }
  for (int i = 0; i < shape.dim_size(); ++i) {
    Dimension& dim = *shape.mutable_dim(i);
    const int64_t size = sizes[static_cast<size_t>(i)];
    if (dim.has_dim_value()) {
      if (dim.dim_value() == size) continue;
      ThrowInvalidArgument(what + ": dimension " + std::to_string(i) + " is " +
                           std::to_string(dim.dim_value()) + " in the model and cannot become " +
                           std::to_string(size) + ".");
    }
    if (dim.has_dim_param() && !dim.dim_param().empty()) {
      FixName(graph, std::string(dim.dim_param()), size);
    } else {
      SetDimension(dim, size);
    }
  }
}

}  // namespace

void FixDimensions(Model& model, const PreProcessOptions& options) {
  if (options.dim_params.empty() && options.input_shapes.empty()) return;
  onnx::GraphProto& graph = *model.proto.mutable_graph();
  ForgetInferredShapes(graph);
  ForEachDimension(graph, [](Dimension& dim) {
    if (dim.has_dim_value() && dim.dim_value() < 1) dim.Clear();
  });
  const std::set<std::string> known = NamesOfDimensions(graph);
  for (const auto& [name, size] : options.dim_params) {
    CheckSize(size, "Dimension '" + name + "'");
    if (!known.contains(name)) {
      ThrowInvalidArgument("No input of the model has a dimension '" + name +
                           "'; named dimensions are: " + Listed(known) + ".");
    }
    FixName(graph, name, size);
  }
  for (const auto& [name, sizes] : options.input_shapes) FixInput(graph, name, sizes);
}

}  // namespace quantab
