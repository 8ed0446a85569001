#include "core/ops/legacy_broadcast.h"

#include "core/ops/forwarding_context.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

class SecondContext final : public ForwardingContext {
 public:
  SecondContext(OpContext& base, const Tensor& second)
      : ForwardingContext(base), second_(second), value_(second) {}

  const Tensor* Optional(int i) const override { return i == 1 ? &second_ : base().Optional(i); }
  const Value* OptionalValue(int i) const override {
    return i == 1 ? &value_ : base().OptionalValue(i);
  }

 private:
  const Tensor second_;
  const Value value_;
};

}  // namespace

Tensor LegacyOperand(const OpContext& c) {
  const Tensor& a = c.Input(0);
  const Tensor& b = c.Input(1);
  Shape shape = b.shape();
  if (c.attributes().Int("broadcast", 0) != 0 && c.attributes().Has("axis")) {
    const int64_t axis = NormalizeAxis(c, c.attributes().Int("axis", 0), a.rank());
    while (axis + static_cast<int64_t>(shape.size()) < a.rank()) shape.push_back(1);
  }
  const bool fits = c.attributes().Int("broadcast", 0) == 0
                        ? shape == a.shape()
                        : BroadcastShapes(a.shape(), shape) == a.shape();
  if (!fits) {
    c.Invalid("input 1 of shape " + ToString(b.shape()) +
              " does not broadcast to input 0 of shape " + ToString(a.shape()) +
              " as attributes 'broadcast' and 'axis' say.");
  }
  return b.Reshaped(std::move(shape));
}

void ComputeWithSecond(OpContext& c, void (*compute)(OpContext&), const Tensor& second) {
  SecondContext context(c, second);
  compute(context);
}

}  // namespace quantab
