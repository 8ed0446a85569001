// An OpContext that is another one in all that a derived class does not change.
#pragma once

#include <utility>

#include "core/ops/op.h"

namespace quantab {

class ForwardingContext : public OpContext {
 public:
  explicit ForwardingContext(OpContext& base) : base_(base) {}

  const onnx::NodeProto& node() const override { return base_.node(); }
  const Attributes& attributes() const override { return base_.attributes(); }
  int64_t opset() const override { return base_.opset(); }
  int input_count() const override { return base_.input_count(); }
  int output_count() const override { return base_.output_count(); }
  const Tensor* Optional(int i) const override { return base_.Optional(i); }
  const Value* OptionalValue(int i) const override { return base_.OptionalValue(i); }
  Tensor& Output(int i, DType dtype, Shape shape) override {
    return base_.Output(i, dtype, std::move(shape));
  }
  void SetOutput(int i, Value value) override { base_.SetOutput(i, std::move(value)); }
  std::vector<Value> RunGraph(std::string_view name, std::vector<Value> inputs) override {
    return base_.RunGraph(name, std::move(inputs));
  }
  OpState* state() const override { return base_.state(); }

 protected:
  OpContext& base() const { return base_; }

 private:
  std::span<std::byte> NewScratch(size_t bytes) override { return base_.Scratch(bytes); }

  OpContext& base_;
};

}  // namespace quantab
