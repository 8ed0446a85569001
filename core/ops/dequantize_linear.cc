// DequantizeLinear (ai.onnx since 10; com.microsoft): y = (x - zero) * scale, per tensor, per axis
// or by blocks. The result has the type of the scale, or what 'output_dtype' says.
#include <array>

#include "core/ops/half.h"
#include "core/ops/quantization.h"
#include "core/ops/shape_args.h"
#include "core/tensor/half.h"
#include "core/tensor/packed.h"

namespace quantab {
namespace {

// Elements of at least a byte, by kernels.
void DequantizeIntegers(const OpContext& c, const Tensor& x, const ScaleLayout& layout,
                        const float* scales, float* y) {
  const std::vector<int32_t> zeros = ZeroPoints(c.Optional(2));
  const bool one_zero = HasOneZero(c);
  const size_t width = SizeOf(x.dtype());
  ForEachScale(layout, [&](size_t start, size_t count, size_t i) {
    DequantizeRun(count, x.raw() + start * width, x.dtype(), scales[i],
                  one_zero ? zeros[0] : zeros[i], y + start);
  });
}

// Small floats, and integers narrower than a byte.
void DequantizeCodes(const OpContext& c, const Tensor& x, const ScaleLayout& layout,
                     const float* scales, float* y) {
  const Tensor* zero = c.Optional(2);
  const std::vector<float> zeros = zero == nullptr ? std::vector<float>{0} : NumbersOf(*zero);
  const bool one_zero = HasOneZero(c);
  const auto* codes = reinterpret_cast<const uint8_t*>(x.raw());
  const int bits = BitsOf(x.dtype());
  const std::array<float, 256> numbers = ValuesOfCodes(x.dtype());
  ForEachScale(layout, [&](size_t start, size_t count, size_t i) {
    const float zero_point = one_zero ? zeros[0] : zeros[i];
    for (size_t at = start; at < start + count; ++at) {
      y[at] = (numbers[PackedElement(codes, bits, at)] - zero_point) * scales[i];
    }
  });
}

void ComputeFloat(OpContext& c) {
  const Tensor x = c.Input(0);
  const DType dtype = x.dtype();
  const bool codes = HasCodes(dtype) && dtype != DType::kFloat8E8M0;
  if (!codes && dtype != DType::kInt32 && RangeOf(dtype).high == 0) UnsupportedInputType(c, 0);
  if (const Tensor* zero = c.Optional(2)) {
    if (codes) ExpectSameType(c, 0, 2);
    if (IsFloat(zero->dtype())) UnsupportedInputType(c, 2);
  }
  const float* scales = ScalesInput(c, 1);
  const ScaleLayout layout = LayoutOfScales(c, x.shape(), c.Input(1).shape());
  HasOneZero(c);
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  if (codes) {
    DequantizeCodes(c, x, layout, scales, y);
  } else {
    DequantizeIntegers(c, x, layout, scales, y);
  }
}

void Compute(OpContext& c) {
  HalfOutputs half = OutputsLikeInput(c, 1, 1);
  const auto wanted = static_cast<DType>(c.attributes().Int("output_dtype", 0));
  if (wanted != DType::kUndefined) half.dtype = wanted;
  // A scale that is only an exponent says nothing of the result.
  if (half.dtype == DType::kFloat8E8M0) half.dtype = DType::kFloat;
  if (half.dtype != DType::kFloat && !IsHalf(half.dtype)) {
    c.Unsupported("dequantizing to '" + std::string(NameOf(half.dtype)) + "' is not supported.");
  }
  ComputeInFloat(c, ComputeFloat, half);
}

}  // namespace

QUANTAB_REGISTER(ops, dequantize_linear) {
  r.Add({.name = "DequantizeLinear", .since = 10, .compute = Compute});
  r.Add({.name = "DequantizeLinear", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
