// ConvInteger (ai.onnx, since 10): int32 convolution of 8-bit tensors, exact; and, made by lowering
// only, its form that leaves as float32:
//   quantab.ConvIntegerToFloat(x, w, x_zero, w_zero, scale, bias):  y = acc * scale + bias
// with a scale for all or for each output channel.
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
  float* y = c.Output(0, DType::kFloat, conv.geometry().out).mutable_data<float>();
  conv.Run(ZeroInput(c, 2), y, epilogue);
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
