// QuantizeLinear (ai.onnx since 10; com.microsoft): y = saturate(round_half_even(x / scale) +
// zero), per tensor, per axis or by blocks.
#include "core/ops/half.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

DType OutputType(const OpContext& c) {
  if (const Tensor* zero = c.Optional(2)) return zero->dtype();
  const int64_t wanted = c.attributes().Int("output_dtype", 0);
  return wanted == 0 ? DType::kUint8 : static_cast<DType>(wanted);
}

void Compute(OpContext& c) {
  Tensor x = c.Input(0);
  const float* scales = FloatInput(c, 1);
  const DType dtype = OutputType(c);
  const QuantizedRange range = RangeOf(dtype);
  if (range.high == 0) {
    c.Unsupported("quantizing to '" + std::string(NameOf(dtype)) + "' is not supported.");
  }
  const float* values = nullptr;
  if (x.dtype() == DType::kInt32) {
    float* converted = c.ScratchOf<float>(Size(x.count()));
    const auto integers = x.span<int32_t>();
    std::transform(integers.begin(), integers.end(), converted,
                   [](int32_t v) { return static_cast<float>(v); });
    values = converted;
  } else {
    values = FloatInput(c, 0);
  }
  const ScaleLayout layout = LayoutOfScales(c, x.shape(), c.Input(1).shape());
  const std::vector<int32_t> zeros = ZeroPoints(c.Optional(2));
  const auto zero_of = [&](size_t i) { return zeros.size() == 1 ? zeros[0] : zeros[i]; };
  if (zeros.size() != 1 && zeros.size() != Size(c.Input(1).count())) {
    c.Invalid("inputs 1 and 2 have different shapes.");
  }
  auto* y = reinterpret_cast<uint8_t*>(c.Output(0, dtype, x.shape()).mutable_raw());
  if (BitsOf(dtype) >= 8) {
    const size_t width = SizeOf(dtype);
    ForEachScale(layout, [&](size_t start, size_t count, size_t i) {
      QuantizeRun(count, values + start, scales[i], zero_of(i), dtype, y + start * width);
    });
    return;
  }
  const int bits = BitsOf(dtype);
  const size_t per_byte = static_cast<size_t>(8 / bits);
  std::fill(y, y + BytesOf(dtype, x.count()), uint8_t{0});
  ForEachScale(layout, [&](size_t start, size_t count, size_t i) {
    for (size_t at = start; at < start + count; ++at) {
      const int32_t q = QuantizeOne(values[at], scales[i], zero_of(i), range);
      const int shift = static_cast<int>(at % per_byte) * bits;
      y[at / per_byte] |= static_cast<uint8_t>((q & ((1 << bits) - 1)) << shift);
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, quantize_linear) {
  r.Add({.name = "QuantizeLinear", .since = 10, .compute = InFloat<Compute>});
  r.Add({.name = "QuantizeLinear", .domain = "com.microsoft", .compute = InFloat<Compute>});
}

}  // namespace quantab
