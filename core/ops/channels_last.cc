#include "core/ops/channels_last.h"

#include <algorithm>
#include <numeric>

#include "core/kernels/transpose/transpose.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// Moves dimension 1 to the end, or the last one to dimension 1.
std::vector<size_t> ChannelOrder(size_t rank, bool to_last) {
  std::vector<size_t> order(rank);
  std::iota(order.begin(), order.end(), size_t{0});
  if (to_last) {
    std::rotate(order.begin() + 1, order.begin() + 2, order.end());
  } else {
    std::rotate(order.begin() + 1, order.end() - 1, order.end());
  }
  return order;
}

Shape Reordered(const Shape& shape, const std::vector<size_t>& order) {
  Shape reordered;
  for (size_t axis : order) reordered.push_back(shape[axis]);
  return reordered;
}

void MoveElements(const OpContext& c, const Tensor& from, const std::vector<size_t>& order,
                  Tensor& to) {
  if (from.count() == 0) return;
  const std::vector<size_t> dims(from.shape().begin(), from.shape().end());
  kernels::Transpose(dims.size(), dims.data(), order.data(), MovableSize(c, from), from.raw(),
                     to.mutable_raw());
}

class ChannelsFirstContext final : public OpContext {
 public:
  explicit ChannelsFirstContext(OpContext& base) : base_(base) {
    const Tensor& x = base.Input(0);
    Tensor turned(x.dtype(), ChannelsFirst(base, x.shape()));
    const std::vector<size_t> order = ChannelOrder(Size(x.rank()), false);
    MoveElements(base, x, order, turned);
    value_ = std::move(turned);
  }

  const onnx::NodeProto& node() const override { return base_.node(); }
  const Attributes& attributes() const override { return base_.attributes(); }
  int64_t opset() const override { return base_.opset(); }
  int input_count() const override { return base_.input_count(); }
  int output_count() const override { return base_.output_count(); }
  OpState* state() const override { return base_.state(); }

  const Tensor* Optional(int i) const override {
    return i == 0 ? value_.tensor() : base_.Optional(i);
  }
  const Value* OptionalValue(int i) const override {
    return i == 0 ? &value_ : base_.OptionalValue(i);
  }
  std::vector<Value> RunGraph(std::string_view name, std::vector<Value> inputs) override {
    return base_.RunGraph(name, std::move(inputs));
  }
  Tensor& Output(int, DType dtype, Shape shape) override {
    return output_ = Tensor(dtype, std::move(shape));
  }
  void SetOutput(int, Value value) override { output_ = std::move(*value.mutable_tensor()); }

  void Finish() {
    const std::vector<size_t> order = ChannelOrder(output_.shape().size(), true);
    Tensor& y = base_.Output(0, output_.dtype(), ChannelsLast(output_.shape()));
    MoveElements(base_, output_, order, y);
  }

 private:
  std::span<std::byte> NewScratch(size_t bytes) override { return base_.Scratch(bytes); }

  OpContext& base_;
  Value value_;
  Tensor output_;
};

}  // namespace

void ComputeChannelsLast(OpContext& c, void (*compute)(OpContext&)) {
  ChannelsFirstContext context(c);
  compute(context);
  context.Finish();
}

Shape ChannelsFirst(const OpContext& c, const Shape& shape) {
  if (shape.size() < 3 || shape.size() > kernels::kMaxTransposeRank) {
    c.Invalid("input 0 has shape " + ToString(shape) + ", expected 3 dimensions or more.");
  }
  return Reordered(shape, ChannelOrder(shape.size(), false));
}

Shape ChannelsLast(const Shape& shape) {
  return Reordered(shape, ChannelOrder(shape.size(), true));
}

bool IsChannelsLast(const OpContext& c) { return c.attributes().Int("channels_last", 0) != 0; }

}  // namespace quantab
