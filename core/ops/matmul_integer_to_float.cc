// com.microsoft's MatMulIntegerToFloat and DynamicQuantizeMatMul: an 8-bit product that leaves as
// float32,
//   Y = (A - a_zero) * (B - b_zero) * a_scale * b_scale + bias
// where the latter quantizes its float32 A to uint8 on the way in, as DynamicQuantizeLinear does.
// Scale and zero point of B are one value, one for each column, or one for each column of each
// matrix.
#include <algorithm>

#include "core/kernels/quantize/quantize.h"
#include "core/ops/half.h"
#include "core/ops/i8_matmul.h"

namespace quantab {
namespace {

struct Left {
  const void* data;
  bool is_signed;
  int32_t zero;
  float scale;
};

void Multiply(OpContext& c, const Left& a, int b, int b_scale, int b_zero, int bias) {
  I8MatMul product(c, c.Input(0).shape(), b, b_zero);
  const size_t n = product.shape().n;
  kernels::I8GemmEpilogue epilogue;
  epilogue.out = kernels::I8GemmOut::kDequantize;
  FloatInput(c, b_scale);
  const Tensor& scales = c.Input(b_scale);
  const size_t count = Size(scales.count());
  const bool by_matrix = count != n && count == kernels::SaturatingMul(n, product.matrices());
  if (!by_matrix) CheckByColumn(c, b_scale, n);
  float* scale = c.ScratchOf<float>(count);
  std::transform(scales.data<float>(), scales.data<float>() + scales.count(), scale,
                 [&](float s) { return a.scale * s; });
  epilogue.scale = scale;
  epilogue.scale_stride = count == 1 ? 0 : 1;
  if (c.Optional(bias) != nullptr) {
    epilogue.float_bias = FloatInput(c, bias);
    if (Size(c.Input(bias).count()) != n) {
      c.Invalid("input " + std::to_string(bias) + " has shape " + ToString(c.Input(bias).shape()) +
                ", expected [" + std::to_string(n) + "].");
    }
  }
  float* y = c.Output(0, DType::kFloat, product.shape().out).mutable_data<float>();
  product.Run(a.data, a.is_signed, a.zero, y, sizeof(float), epilogue, by_matrix ? n : 0);
}

std::unique_ptr<OpState> Prepare(PrepareContext& c) { return PrepareI8MatMul(c, 1, 5); }

void Compute(OpContext& c) {
  const bool is_signed = IsSignedByte(c, 0);
  const Left a{c.Input(0).raw(), is_signed, ZeroInput(c, 4), ScalarInput(c, 2)};
  Multiply(c, a, 1, 3, 5, 6);
}

void ComputeEither(OpContext& c) { ComputeInFloat(c, Compute, OutputsLikeInput(c, 2, 1)); }

std::unique_ptr<OpState> PrepareDynamic(PrepareContext& c) { return PrepareI8MatMul(c, 1, 3); }

void ComputeDynamic(OpContext& c) {
  const float* x = FloatInput(c, 0);
  const size_t n = Size(c.Input(0).count());
  const kernels::U8Parameters p = kernels::DynamicQuantizeParameters(kernels::MinMax(n, x));
  uint8_t* quantized = c.ScratchOf<uint8_t>(n);
  kernels::QuantizeU8(n, x, p.scale, p.zero, quantized);
  Multiply(c, {quantized, false, p.zero, p.scale}, 1, 2, 3, 4);
}

}  // namespace

QUANTAB_REGISTER(ops, matmul_integer_to_float) {
  r.Add({.name = "MatMulIntegerToFloat",
         .domain = "com.microsoft",
         .prepare = Prepare,
         .compute = ComputeEither});
  r.Add({.name = "DynamicQuantizeMatMul",
         .domain = "com.microsoft",
         .prepare = PrepareDynamic,
         .compute = ComputeDynamic});
}

}  // namespace quantab
