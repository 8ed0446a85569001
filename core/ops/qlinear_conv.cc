// QLinearConv (ai.onnx, since 10; com.microsoft): an 8-bit convolution that leaves as 8-bit,
//   y = saturate(round_half_even((acc + bias) * x_scale * w_scale / y_scale) + y_zero).
// Scale and zero point of the weights may differ by output channel. com.microsoft's has channels
// last in x and y when attribute 'channels_last' says so; its weights are as ever.
#include "core/ops/i8_conv.h"

namespace quantab {
namespace {

std::unique_ptr<OpState> Prepare(PrepareContext& c) { return PrepareI8Conv(c, 3, 5); }

void Compute(OpContext& c) {
  I8Conv conv(c, 0, 3, 5);
  const bool y_signed = IsSignedByte(c, 7);
  CheckByChannel(c, 4, conv.geometry().shape.out_channels);
  const float* w_scales = FloatInput(c, 4);
  const size_t count = Size(c.Input(4).count());
  const float x_scale = ScalarInput(c, 1), y_scale = ScalarInput(c, 6);
  float* scale = c.ScratchOf<float>(count);
  for (size_t i = 0; i < count; ++i) scale[i] = x_scale * w_scales[i] / y_scale;
  kernels::I8GemmEpilogue epilogue;
  epilogue.out = kernels::I8GemmOut::kRequantize;
  epilogue.scale = scale;
  epilogue.scale_stride = count == 1 ? 0 : 1;
  epilogue.out_signed = y_signed;
  epilogue.out_zero = ZeroInput(c, 7);
  if (const Tensor* bias = c.Optional(8)) {
    if (bias->dtype() != DType::kInt32) UnsupportedInputType(c, 8);
    CheckConvBias(c, 8, conv.geometry());
    epilogue.bias = bias->data<int32_t>();
  }
  Tensor& y = c.Output(0, y_signed ? DType::kInt8 : DType::kUint8, conv.geometry().out);
  conv.Run(ZeroInput(c, 2), y.mutable_raw(), epilogue);
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_conv) {
  r.Add({.name = "QLinearConv", .since = 10, .prepare = Prepare, .compute = Compute});
  r.Add({.name = "QLinearConv", .domain = "com.microsoft", .prepare = Prepare, .compute = Compute});
}

}  // namespace quantab
