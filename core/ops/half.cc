#include "core/ops/half.h"

#include <map>

#include "core/ops/forwarding_context.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

class FloatContext : public ForwardingContext {
 public:
  FloatContext(OpContext& base, HalfOutputs half) : ForwardingContext(base), half_(half) {
    for (int i = 0; i < base.input_count(); ++i) {
      const Value* value = base.OptionalValue(i);
      const Tensor* input = value == nullptr ? nullptr : value->tensor();
      if (input == nullptr || !IsHalf(input->dtype())) continue;
      if (input->raw() == nullptr) continue;  // packed by prepare(), which has widened it
      inputs_[i] = HalfToFloat(*input);
    }
  }

  const Tensor* Optional(int i) const override {
    const auto found = inputs_.find(i);
    return found == inputs_.end() ? base().Optional(i) : &found->second;
  }
  Tensor& Output(int i, DType dtype, Shape shape) override {
    if (!BecomesHalf(i, dtype)) return base().Output(i, dtype, std::move(shape));
    return outputs_[i] = Tensor(dtype, std::move(shape));
  }
  void SetOutput(int i, Value value) override {
    const Tensor* tensor = value.tensor();
    if (tensor == nullptr || !BecomesHalf(i, tensor->dtype())) {
      return base().SetOutput(i, std::move(value));
    }
    outputs_[i] = *tensor;
  }

  void Finish() {
    for (auto& [i, tensor] : outputs_) {
      FloatToHalf(tensor, base().Output(i, half_.dtype, tensor.shape()));
    }
  }

 private:
  bool BecomesHalf(int i, DType dtype) const {
    return dtype == DType::kFloat && IsHalf(half_.dtype) && i < half_.count;
  }

  HalfOutputs half_;
  std::map<int, Tensor> inputs_;
  std::map<int, Tensor> outputs_;
};

class FloatPrepareContext : public PrepareContext {
 public:
  explicit FloatPrepareContext(PrepareContext& base) : base_(base) {}

  const onnx::NodeProto& node() const override { return base_.node(); }
  const Attributes& attributes() const override { return base_.attributes(); }
  int64_t opset() const override { return base_.opset(); }
  int input_count() const override { return base_.input_count(); }
  void Release(int i) override { base_.Release(i); }

  const Tensor* Constant(int i) const override {
    const Tensor* constant = base_.Constant(i);
    if (constant == nullptr || !IsHalf(constant->dtype())) return constant;
    Tensor& widened = widened_[i];
    if (!widened.exists()) widened = HalfToFloat(*constant);
    return &widened;
  }
  DType InputType(int i) const override {
    const DType dtype = base_.InputType(i);
    return IsHalf(dtype) ? DType::kFloat : dtype;
  }

 private:
  PrepareContext& base_;
  mutable std::map<int, Tensor> widened_;
};

}  // namespace

bool HasHalfInput(const OpContext& c) {
  for (int i = 0; i < c.input_count(); ++i) {
    const Value* input = c.OptionalValue(i);
    if (input == nullptr || input->tensor() == nullptr) continue;
    if (IsHalf(input->tensor()->dtype())) return true;
  }
  return false;
}

HalfOutputs OutputsLikeInput(const OpContext& c, int i, int count) {
  const Tensor* input = c.Optional(i);
  return {input == nullptr ? DType::kFloat : input->dtype(), count};
}

void ComputeInFloat(OpContext& c, void (*compute)(OpContext&), HalfOutputs half) {
  FloatContext context(c, half);
  compute(context);
  context.Finish();
}

std::unique_ptr<OpState> PrepareInFloat(PrepareContext& c,
                                        std::unique_ptr<OpState> (*prepare)(PrepareContext&)) {
  FloatPrepareContext context(c);
  return prepare(context);
}

}  // namespace quantab
