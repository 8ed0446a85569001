// QuantizeLinear (ai.onnx since 10; com.microsoft): y = saturate(round_half_even(x / scale) +
// zero), per tensor, per axis or by blocks. Small floats take the nearest of their numbers instead.
#include <algorithm>
#include <cstring>

#include "core/ops/half.h"
#include "core/ops/quantization.h"
#include "core/tensor/half.h"
#include "core/tensor/packed.h"
#include "core/tensor/small_float.h"

namespace quantab {
namespace {

DType OutputType(const OpContext& c) {
  const auto wanted = static_cast<DType>(c.attributes().Int("output_dtype", 0));
  const Tensor* zero = c.Optional(2);
  if (zero == nullptr) return wanted == DType::kUndefined ? DType::kUint8 : wanted;
  if (wanted != DType::kUndefined && wanted != zero->dtype()) {
    c.Invalid("attribute 'output_dtype' is '" + std::string(NameOf(wanted)) +
              "', but input 2 has type '" + std::string(NameOf(zero->dtype())) + "'.");
  }
  return zero->dtype();
}

// Input 0 as float32.
const float* Values(OpContext& c) {
  const Tensor& x = c.Input(0);
  if (x.dtype() != DType::kInt32) return FloatInput(c, 0);
  float* converted = c.ScratchOf<float>(Size(x.count()));
  const auto integers = x.span<int32_t>();
  std::transform(integers.begin(), integers.end(), converted,
                 [](int32_t value) { return static_cast<float>(value); });
  return converted;
}

// What is quantized, and how.
struct Job {
  const float* x;
  const float* scales;
  ScaleLayout layout;
  DType dtype;
  bool one_zero;  // for all scales
};

float Rounded(DType dtype, float value) {
  return dtype == DType::kFloat16 ? HalfToFloat(FloatToHalf(value))
                                  : Bfloat16ToFloat(FloatToBfloat16(value));
}

// Divides in the half precision that attribute 'precision' asks for; the scales are 1 then.
void DivideInHalf(OpContext& c, DType precision, Job& job) {
  const size_t scale_count = Size(c.Input(1).count());
  float* quotients = c.ScratchOf<float>(Size(c.Input(0).count()));
  float* ones = c.ScratchOf<float>(scale_count);
  ForEachScale(job.layout, [&](size_t start, size_t count, size_t i) {
    const float scale = Rounded(precision, job.scales[i]);
    for (size_t at = start; at < start + count; ++at) {
      quotients[at] = Rounded(precision, Rounded(precision, job.x[at]) / scale);
    }
  });
  std::fill(ones, ones + scale_count, 1.0F);
  job.x = quotients;
  job.scales = ones;
}

void QuantizeIntegers(const Job& job, const std::vector<int32_t>& zeros, Tensor& out) {
  const QuantizedRange range = RangeOf(job.dtype);
  const auto zero_of = [&](size_t i) { return job.one_zero ? zeros[0] : zeros[i]; };
  auto* y = reinterpret_cast<uint8_t*>(out.mutable_raw());
  const int bits = BitsOf(job.dtype);
  if (bits >= 8) {
    const size_t width = SizeOf(job.dtype);
    ForEachScale(job.layout, [&](size_t start, size_t count, size_t i) {
      QuantizeRun(count, job.x + start, job.scales[i], zero_of(i), job.dtype, y + start * width);
    });
    return;
  }
  if (out.bytes() > 0) std::memset(y, 0, out.bytes());
  ForEachScale(job.layout, [&](size_t start, size_t count, size_t i) {
    for (size_t at = start; at < start + count; ++at) {
      const int32_t q = QuantizeOne(job.x[at], job.scales[i], zero_of(i), range);
      SetPackedElement(y, bits, at, static_cast<uint8_t>(q));
    }
  });
}

void QuantizeSmallFloats(const OpContext& c, const Job& job, const std::vector<float>& zeros,
                         Tensor& out) {
  SmallFloatRounding rounding;
  rounding.saturate = c.attributes().Int("saturate", 1) != 0;
  auto* y = reinterpret_cast<uint8_t*>(out.mutable_raw());
  const int bits = BitsOf(job.dtype);
  if (out.bytes() > 0) std::memset(y, 0, out.bytes());
  ForEachScale(job.layout, [&](size_t start, size_t count, size_t i) {
    const float zero = job.one_zero ? zeros[0] : zeros[i];
    for (size_t at = start; at < start + count; ++at) {
      const float value = job.x[at] / job.scales[i] + zero;
      SetPackedElement(y, bits, at, SmallFloatCode(job.dtype, value, rounding));
    }
  });
}

void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  const DType dtype = OutputType(c);
  const bool integers = RangeOf(dtype).high != 0;
  if (!integers && (!IsSmallFloat(dtype) || dtype == DType::kFloat8E8M0)) {
    c.Unsupported("quantizing to '" + std::string(NameOf(dtype)) + "' is not supported.");
  }
  Job job{Values(c), ScalesInput(c, 1), LayoutOfScales(c, x.shape(), c.Input(1).shape()), dtype,
          HasOneZero(c)};
  const auto precision = static_cast<DType>(c.attributes().Int("precision", 0));
  if (IsHalf(precision)) {
    DivideInHalf(c, precision, job);
  } else if (precision != DType::kUndefined && precision != DType::kFloat) {
    c.Unsupported("precision '" + std::string(NameOf(precision)) + "' is not supported.");
  }
  const Tensor zero = c.Optional(2) == nullptr ? Tensor() : *c.Optional(2);
  Tensor& y = c.Output(0, dtype, x.shape());
  if (integers) {
    QuantizeIntegers(job, ZeroPoints(zero.exists() ? &zero : nullptr), y);
  } else {
    QuantizeSmallFloats(c, job, zero.exists() ? NumbersOf(zero) : std::vector<float>{0}, y);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, quantize_linear) {
  r.Add({.name = "QuantizeLinear", .since = 10, .compute = InFloat<Compute>});
  r.Add({.name = "QuantizeLinear", .domain = "com.microsoft", .compute = InFloat<Compute>});
}

}  // namespace quantab
