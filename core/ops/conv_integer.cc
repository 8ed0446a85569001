// ConvInteger (ai.onnx, since 10): int32 convolution of 8-bit tensors, exact; and, made by lowering
// only, its form that leaves as float32:
//   quantab.ConvIntegerToFloat(x, w, x_zero, w_zero, scale, bias) -> y, range
//   y = acc * scale + bias, limited to attributes 'min' and 'max'
// with a scale for all or for each output channel; `range` (optional) is [smallest, largest] of y.
#include <limits>

#include "core/ops/i8_conv.h"

namespace quantab {
namespace {

std::unique_ptr<OpState> Prepare(PrepareContext& c) { return PrepareI8Conv(c, 1, 3); }

void Compute(OpContext& c) {
  I8Conv conv(c, 0, 1, 3);
  int32_t* y = c.Output(0, DType::kInt32, conv.geometry().out).mutable_data<int32_t>();
  conv.Run(ZeroInput(c, 2), y, {});
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
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  epilogue.low = c.attributes().Float("min", -kInfinity);
  epilogue.high = c.attributes().Float("max", kInfinity);
  kernels::SharedRange range;
  if (c.HasOutput(1)) epilogue.range = &range;
  float* y = c.Output(0, DType::kFloat, conv.geometry().out).mutable_data<float>();
  conv.Run(ZeroInput(c, 2), y, epilogue);
  if (!c.HasOutput(1)) return;
  float* limits = c.Output(1, DType::kFloat, {2}).mutable_data<float>();
  limits[0] = range.Get().min;
  limits[1] = range.Get().max;
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
