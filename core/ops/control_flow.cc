#include "core/ops/control_flow.h"

#include <utility>

#include "core/onnx/model.h"

namespace quantab {

bool Truth(const OpContext& c, const Value& value, std::string_view what) {
  const Tensor* tensor = value.tensor();
  if (tensor == nullptr || tensor->dtype() != DType::kBool || tensor->count() != 1) {
    c.Invalid(std::string(what) + " is " +
              (tensor == nullptr ? std::string(KindOf(value))
                                 : "'" + std::string(NameOf(tensor->dtype())) + "' " +
                                       ToString(tensor->shape())) +
              ", expected one boolean.");
  }
  return *tensor->data<bool>();
}

void SetOutputs(OpContext& c, std::vector<Value> values, size_t first) {
  const size_t outputs = static_cast<size_t>(c.output_count());
  if (values.size() != first + outputs) {
    c.Invalid("its graph gives " + std::to_string(values.size()) + " outputs, expected " +
              std::to_string(first + outputs) + ".");
  }
  for (size_t i = 0; i < outputs; ++i) {
    c.SetOutput(static_cast<int>(i), std::move(values[first + i]));
  }
}

const onnx::GraphProto& GraphAttribute(const OpContext& c, std::string_view name) {
  const onnx::GraphProto* graph = c.attributes().Graph(name);
  if (graph == nullptr) c.Invalid("attribute '" + std::string(name) + "' is missing.");
  return *graph;
}

Tensor NothingStacked(const onnx::GraphProto& graph, size_t i) {
  const onnx::TypeProto::Tensor& type = graph.output(static_cast<int>(i)).type().tensor_type();
  Shape shape = {0};
  for (const auto& dim : type.shape().dim()) {
    shape.push_back(dim.dim_value() > 0 ? dim.dim_value() : 0);
  }
  DType dtype = static_cast<DType>(type.elem_type());
  if (BitsOf(dtype) == 0 && dtype != DType::kString) dtype = DType::kFloat;
  return {dtype, std::move(shape)};
}

}  // namespace quantab
