// QLinearMatMul (ai.onnx, since 10): an 8-bit product that leaves as 8-bit,
//   y = saturate(round_half_even(acc * a_scale * b_scale / y_scale) + y_zero).
// Scale and zero point of the right operand may differ by column.
#include "core/ops/half.h"
#include "core/ops/i8_matmul.h"

namespace quantab {
namespace {

std::unique_ptr<OpState> Prepare(PrepareContext& c) { return PrepareI8MatMul(c, 3, 5); }

void Compute(OpContext& c) {
  const bool a_signed = IsSignedByte(c, 0);
  const bool y_signed = IsSignedByte(c, 7);
  I8MatMul product(c, c.Input(0).shape(), 3, 5);
  const size_t n = product.shape().n;
  CheckByColumn(c, 4, n);
  const float* b_scales = FloatInput(c, 4);
  const size_t count = Size(c.Input(4).count());
  const float a_scale = ScalarInput(c, 1), y_scale = ScalarInput(c, 6);
  float* scale = c.ScratchOf<float>(count);
  for (size_t i = 0; i < count; ++i) scale[i] = a_scale * b_scales[i] / y_scale;
  kernels::I8GemmEpilogue epilogue;
  epilogue.out = kernels::I8GemmOut::kRequantize;
  epilogue.scale = scale;
  epilogue.scale_stride = count == 1 ? 0 : 1;
  epilogue.out_signed = y_signed;
  epilogue.out_zero = ZeroInput(c, 7);
  Tensor& y = c.Output(0, y_signed ? DType::kInt8 : DType::kUint8, product.shape().out);
  product.Run(c.Input(0).raw(), a_signed, ZeroInput(c, 2), y.mutable_raw(), 1, epilogue);
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_matmul) {
  r.Add({.name = "QLinearMatMul",
         .since = 10,
         .prepare = InFloat<Prepare>,
         .compute = InFloat<Compute>});
}

}  // namespace quantab
