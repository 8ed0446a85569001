// BiasSoftmax (com.microsoft): y = softmax(x + bias), where the dimensions from `axis` on are one,
// and the bias is repeated to the shape of x. (Attribute is_inner_broadcast only says which of its
// dimensions are.)
#include "core/kernels/softmax/softmax.h"
#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const float* in = FloatInput(c, 0);
  const float* bias = FloatInput(c, 1);
  const Tensor x = c.Input(0);
  const Shape& added = c.Input(1).shape();
  if (BroadcastShapes(x.shape(), added) != x.shape()) {
    c.Invalid("input 1 has shape " + ToString(added) + ", which does not repeat to " +
              ToString(x.shape()) + ".");
  }
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 1), x.rank());
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  if (x.count() == 0) return;
  BroadcastMap(PlanBroadcastTo(x.shape(), added, x.shape()), in, bias, y,
               [](float a, float b) { return a + b; });
  kernels::Softmax(Size(CountOf(x.shape(), 0, axis)), Size(CountOf(x.shape(), axis, x.rank())), y,
                   y);
}

}  // namespace

QUANTAB_REGISTER(ops, bias_softmax) {
  r.Add({.name = "BiasSoftmax",
         .domain = "com.microsoft",
         .in_place = true,
         .compute = InFloat<Compute>});
}

}  // namespace quantab
