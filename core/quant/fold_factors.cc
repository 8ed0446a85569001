#include "core/quant/fold_factors.h"

#include <functional>
#include <utility>

#include "core/quant/linear_layers.h"
#include "core/tensor/shape.h"

namespace quantab {
namespace {

// Plans the edits first, so that a value that cannot be followed to its end stays as it is.
class Folder {
 public:
  Folder(GraphEdit& edit, int64_t axis, const std::vector<float>& factors)
      : edit_(edit), axis_(axis), factors_(factors) {}

  bool Plan(const std::string& value) {
    onnx::NodeProto* node = edit_.Producer(value);
    if (node == nullptr || edit_.IsGraphOutput(value) || node->output_size() == 0 ||
        node->output(0) != value) {
      return false;
    }
    for (int i = 1; i < node->output_size(); ++i) {
      if (!node->output(i).empty() && edit_.CountReaders(node->output(i)) > 0) return false;
    }
    const std::string& type = node->op_type();
    if (type == "Relu") return PlanAlone(node->input(0));
    if (type == "Add" || type == "Mul") return PlanElementwise(*node);
    if (type == "Conv" || type == "MatMul" || type == "Gemm") return PlanLinear(*node);
    return PlanNormalization(*node);
  }

  void Apply() {
    for (const auto& step : steps_) step();
  }

 private:
  bool PlanAlone(const std::string& value) { return edit_.CountReaders(value) == 1 && Plan(value); }

  // Whether `name` is a float32 constant with one element for each channel, which come last.
  bool IsPerChannel(const std::string& name) const {
    const onnx::TensorProto* tensor = edit_.Initializer(name);
    if (tensor == nullptr || !IsFixed(edit_, name) || TypeOf(*tensor) != DType::kFloat) {
      return false;
    }
    const Shape shape = ShapeOf(*tensor);
    const int64_t channels = static_cast<int64_t>(factors_.size());
    return ElementCount(shape) == channels && !shape.empty() && shape.back() == channels;
  }

  bool PlanElementwise(onnx::NodeProto& node) {
    if (node.input_size() != 2 || axis_ >= 0) return false;
    const bool add = node.op_type() == "Add";
    for (int i : {1, 0}) {
      if (!IsPerChannel(node.input(i))) continue;
      if (add && !PlanAlone(node.input(1 - i))) return false;
      ScaleConstant(node, i, 0);
      return true;
    }
    return false;
  }

  bool PlanNormalization(onnx::NodeProto& node) {
    const std::string& type = node.op_type();
    const bool last = type == "LayerNormalization" || type == "SimplifiedLayerNormalization";
    if (!last && type != "BatchNormalization" && type != "InstanceNormalization") return false;
    if (last ? axis_ >= 0 || IntAttribute(node, "axis", -1) != -1 : axis_ != 1) return false;
    if (IntAttribute(node, "training_mode", 0) != 0) return false;
    for (int i = 1; i <= 2; ++i) {
      if (i >= node.input_size() || node.input(i).empty()) continue;
      const onnx::TensorProto* tensor = edit_.Initializer(node.input(i));
      if (tensor == nullptr || !IsFixed(edit_, node.input(i)) || TypeOf(*tensor) != DType::kFloat ||
          tensor->dims_size() != 1 || tensor->dims(0) != static_cast<int64_t>(factors_.size())) {
        return false;
      }
      ScaleConstant(node, i, 0);
    }
    return true;
  }

  bool PlanLinear(onnx::NodeProto& node) {
    for (const LinearLayer& layer :
         FindLinearLayers(edit_, [&](const onnx::NodeProto& other) { return &other == &node; })) {
      if (layer.activation_axis != axis_ ||
          layer.out_channels != static_cast<int64_t>(factors_.size())) {
        return false;
      }
      const int bias = layer.bias_index();
      if (bias >= 0 && bias < node.input_size() && !node.input(bias).empty()) {
        const onnx::TensorProto* tensor = edit_.Initializer(node.input(bias));
        if (tensor == nullptr || !IsFixed(edit_, node.input(bias)) ||
            TypeOf(*tensor) != DType::kFloat || tensor->dims_size() != 1 ||
            tensor->dims(0) != layer.out_channels) {
          return false;
        }
        ScaleConstant(node, bias, 0);
      }
      ScaleConstant(node, layer.weight_index(), layer.out_axis);
      return true;
    }
    return false;
  }

  // Multiplies a node's constant input along its channels: `axis` of its own, or, where it has only
  // one dimension of several elements, that.
  void ScaleConstant(onnx::NodeProto& node, int index, int64_t axis) {
    steps_.emplace_back([this, &node, index, axis] {
      const onnx::TensorProto tensor = *edit_.Initializer(node.input(index));
      const Shape shape = ShapeOf(tensor);
      const bool vector = ElementCount(shape) == static_cast<int64_t>(factors_.size());
      const Shape seen = vector ? Shape{ElementCount(shape)} : shape;
      ReplaceConstant(
          edit_, node, index, "_scaled",
          ScaledBlob(BytesOf(edit_.model(), tensor), seen, vector ? 0 : axis, 1, factors_));
    });
  }

  GraphEdit& edit_;
  int64_t axis_;
  const std::vector<float>& factors_;
  std::vector<std::function<void()>> steps_;
};

}  // namespace

bool FoldFactors(GraphEdit& edit, const std::string& value, int64_t axis,
                 const std::vector<float>& factors) {
  Folder folder(edit, axis, factors);
  if (!folder.Plan(value)) return false;
  folder.Apply();
  return true;
}

}  // namespace quantab
