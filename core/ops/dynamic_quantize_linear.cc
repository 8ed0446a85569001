// DynamicQuantizeLinear (ai.onnx, since 11): uint8 with the scale and zero point that the tensor's
// own range asks for; and, made by lowering only, its form that is told the range:
//   quantab.DynamicQuantizeInRange(x, [smallest, largest]) -> y, scale, zero
#include "core/kernels/quantize/quantize.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Quantize(OpContext& c, const kernels::FloatRange& range) {
  const float* x = FloatInput(c, 0);
  const size_t n = Size(c.Input(0).count());
  const kernels::U8Parameters p = kernels::DynamicQuantizeParameters(range);
  uint8_t* y = c.Output(0, DType::kUint8, c.Input(0).shape()).mutable_data<uint8_t>();
  kernels::QuantizeU8(n, x, p.scale, p.zero, y);
  c.Output(1, DType::kFloat, {}).mutable_data<float>()[0] = p.scale;
  c.Output(2, DType::kUint8, {}).mutable_data<uint8_t>()[0] = p.zero;
}

void Compute(OpContext& c) {
  Quantize(c, kernels::MinMax(Size(c.Input(0).count()), FloatInput(c, 0)));
}

void ComputeInRange(OpContext& c) {
  const float* range = FloatInput(c, 1);
  Quantize(c, {range[0], range[1]});
}

}  // namespace

QUANTAB_REGISTER(ops, dynamic_quantize_linear) {
  r.Add({.name = "DynamicQuantizeLinear", .since = 11, .compute = Compute});
  r.Add({.name = "DynamicQuantizeInRange", .domain = "quantab", .compute = ComputeInRange});
}

}  // namespace quantab
