#include "core/ops/float_call.h"

namespace quantab {
namespace {

class CallContext final : public OpContext {
 public:
  CallContext(int64_t opset, const onnx::NodeProto& node, const Attributes& attributes,
              std::vector<Tensor> inputs)
      : opset_(opset), node_(node), attributes_(attributes), inputs_(std::move(inputs)) {
    values_.assign(inputs_.begin(), inputs_.end());
  }

  const onnx::NodeProto& node() const override { return node_; }
  const Attributes& attributes() const override { return attributes_; }
  int64_t opset() const override { return opset_; }
  int input_count() const override { return static_cast<int>(inputs_.size()); }
  int output_count() const override { return 1; }
  OpState* state() const override { return nullptr; }

  const Tensor* Optional(int i) const override {
    if (i < 0 || i >= input_count()) return nullptr;
    const Tensor& input = inputs_[static_cast<size_t>(i)];
    return input.exists() ? &input : nullptr;
  }
  const Value* OptionalValue(int i) const override {
    return Optional(i) == nullptr ? nullptr : &values_[static_cast<size_t>(i)];
  }
  std::vector<Value> RunGraph(std::string_view, std::vector<Value>) override {
    ThrowInternal("an operator called on tensors alone runs a graph.");
  }
  Tensor& Output(int i, DType dtype, Shape shape) override {
    if (i != 0) ThrowInternal("an operator called for its first output made another.");
    return output_ = Tensor(dtype, std::move(shape));
  }
  void SetOutput(int, Value value) override { output_ = std::move(*value.mutable_tensor()); }

  Tensor TakeOutput() { return std::move(output_); }

 private:
  std::span<std::byte> NewScratch(size_t bytes) override {
    scratch_.push_back(AllocateBuffer(bytes));
    return {scratch_.back().get(), bytes};
  }

  int64_t opset_;
  const onnx::NodeProto& node_;
  const Attributes& attributes_;
  std::vector<Tensor> inputs_;
  std::vector<Value> values_;
  Tensor output_;
  std::vector<std::shared_ptr<std::byte>> scratch_;
};

}  // namespace

Tensor CallOperator(std::string_view domain, std::string_view op_type, int64_t opset,
                    const onnx::NodeProto& node, const Attributes& attributes,
                    std::vector<Tensor> inputs) {
  const OpDef* def = OpRegistry::Get().Find(domain, op_type, opset);
  if (def == nullptr) {
    ThrowUnsupported("operator '" + std::string(op_type) + "' of opset " + std::to_string(opset) +
                     " is not supported.");
  }
  CallContext context(opset, node, attributes, std::move(inputs));
  def->compute(context);
  return context.TakeOutput();
}

Tensor CallFloat(std::string_view op_type, int64_t opset, const onnx::NodeProto& node,
                 const Attributes& attributes, std::vector<Tensor> inputs) {
  return CallOperator("", op_type, opset, node, attributes, std::move(inputs));
}

}  // namespace quantab
