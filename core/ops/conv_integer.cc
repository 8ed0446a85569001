// ConvInteger (ai.onnx, since 10): int32 convolution of 8-bit tensors, exact; and, made by lowering
// only, its form that leaves as float32:
//   quantab.ConvIntegerToFloat(x, w, x_zero, w_zero, scale, bias, z) -> y, range
//   y = acc * scale + bias + z, limited to attributes 'min' and 'max'
// with a scale for all or for each output channel; `z` is optional and broadcast; `range`
// (optional) is [smallest, largest] of y.
#include <limits>

#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/quantize/quantize.h"
#include "core/ops/broadcast.h"
#include "core/ops/i8_conv.h"

namespace quantab {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::unique_ptr<OpState> Prepare(PrepareContext& c) { return PrepareI8Conv(c, 1, 3); }

void Compute(OpContext& c) {
  I8Conv conv(c, 0, 1, 3);
  int32_t* y = c.Output(0, DType::kInt32, conv.geometry().out).mutable_data<int32_t>();
  conv.Run(ZeroInput(c, 2), y, {});
}

void WriteRange(OpContext& c, kernels::FloatRange range) {
  if (!c.HasOutput(1)) return;
  float* limits = c.Output(1, DType::kFloat, {2}).mutable_data<float>();
  limits[0] = range.min;
  limits[1] = range.max;
}

// With an addend of another shape than the results.
void AddBroadcast(OpContext& c, I8Conv& conv, kernels::I8GemmEpilogue epilogue) {
  const Shape& shape = conv.geometry().out;
  float* results = c.ScratchOf<float>(Size(ElementCount(shape)));
  const float low = epilogue.low, high = epilogue.high;
  epilogue.low = -kInfinity;
  epilogue.high = kInfinity;
  conv.Run(ZeroInput(c, 2), results, epilogue);
  const BroadcastPlan plan = PlanBroadcast(c, shape, c.Input(6).shape());
  Tensor& y = c.Output(0, DType::kFloat, plan.out);
  float* sums = y.mutable_data<float>();
  BroadcastMap(plan, results, FloatInput(c, 6), sums, [](float a, float b) { return a + b; });
  const size_t count = Size(y.count());
  kernels::Unary(kernels::UnaryOp::kClip, count, sums, sums, low, high);
  WriteRange(c, kernels::MinMax(count, sums));
}

void ComputeToFloat(OpContext& c) {
  I8Conv conv(c, 0, 1, 3);
  kernels::I8GemmEpilogue epilogue;
  epilogue.out = kernels::I8GemmOut::kDequantize;
  epilogue.scale = FloatInput(c, 4);
  epilogue.scale_stride = c.Input(4).count() == 1 ? 0 : 1;
  CheckByChannel(c, 4, conv.geometry().shape.out_channels);
  if (c.Optional(5) != nullptr) {
    epilogue.float_bias = FloatInput(c, 5);
    CheckConvBias(c, 5, conv.geometry());
  }
  epilogue.low = c.attributes().Float("min", -kInfinity);
  epilogue.high = c.attributes().Float("max", kInfinity);
  const Tensor* addend = c.Optional(6);
  if (addend != nullptr && addend->shape() != conv.geometry().out) {
    return AddBroadcast(c, conv, epilogue);
  }
  kernels::SharedRange range;
  if (c.HasOutput(1)) epilogue.range = &range;
  float* y = c.Output(0, DType::kFloat, conv.geometry().out).mutable_data<float>();
  if (addend != nullptr) {
    epilogue.addend = FloatInput(c, 6);
    epilogue.results = y;
  }
  conv.Run(ZeroInput(c, 2), y, epilogue);
  WriteRange(c, range.Get());
}

}  // namespace

QUANTAB_REGISTER(ops, conv_integer) {
  r.Add({.name = "ConvInteger", .since = 10, .prepare = Prepare, .compute = Compute});
  r.Add({.name = "ConvIntegerToFloat",
         .domain = "quantab",
         .prepare = Prepare,
         .compute = ComputeToFloat});
}

}  // namespace quantab
