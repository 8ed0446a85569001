// DynamicQuantizeLinear (ai.onnx, since 11): uint8 with the scale and zero point that the tensor's
// own range asks for.
#include "core/kernels/quantize/quantize.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const float* x = FloatInput(c, 0);
  const size_t n = Size(c.Input(0).count());
  const kernels::U8Parameters p = kernels::DynamicQuantizeParameters(kernels::MinMax(n, x));
  uint8_t* y = c.Output(0, DType::kUint8, c.Input(0).shape()).mutable_data<uint8_t>();
  kernels::QuantizeU8(n, x, p.scale, p.zero, y);
  c.Output(1, DType::kFloat, {}).mutable_data<float>()[0] = p.scale;
  c.Output(2, DType::kUint8, {}).mutable_data<uint8_t>()[0] = p.zero;
}

}  // namespace

QUANTAB_REGISTER(ops, dynamic_quantize_linear) {
  r.Add({.name = "DynamicQuantizeLinear", .since = 11, .compute = Compute});
}

}  // namespace quantab
