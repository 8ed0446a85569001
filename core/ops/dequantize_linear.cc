// DequantizeLinear (ai.onnx since 10; com.microsoft): y = (x - zero) * scale, per tensor, per axis
// or by blocks. The result has the type of the scale, or what 'output_dtype' says.
#include "core/ops/half.h"
#include "core/ops/quantization.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

void ComputeFloat(OpContext& c) {
  const Tensor x = c.Input(0);
  const float* scales = FloatInput(c, 1);
  const ScaleLayout layout = LayoutOfScales(c, x.shape(), c.Input(1).shape());
  const std::vector<int32_t> zeros = ZeroPoints(c.Optional(2));
  const auto zero_of = [&](size_t i) { return zeros.size() == 1 ? zeros[0] : zeros[i]; };
  if (zeros.size() != 1 && zeros.size() != Size(c.Input(1).count())) {
    c.Invalid("inputs 1 and 2 have different shapes.");
  }
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  const DType dtype = x.dtype();
  if (dtype == DType::kInt32 || (RangeOf(dtype).high != 0 && BitsOf(dtype) >= 8)) {
    const size_t width = SizeOf(dtype);
    ForEachScale(layout, [&](size_t start, size_t count, size_t i) {
      DequantizeRun(count, x.raw() + start * width, dtype, scales[i], zero_of(i), y + start);
    });
  } else if (RangeOf(dtype).high != 0) {
    const std::vector<int32_t> values = IntegersOf(x);
    ForEachScale(layout, [&](size_t start, size_t count, size_t i) {
      const int32_t zero = zero_of(i);
      for (size_t at = start; at < start + count; ++at) {
        y[at] = static_cast<float>(values[at] - zero) * scales[i];
      }
    });
  } else {
    UnsupportedInputType(c, 0);
  }
}

void Compute(OpContext& c) {
  HalfOutputs half = OutputsLikeInput(c, 1, 1);
  const auto wanted = static_cast<DType>(c.attributes().Int("output_dtype", 0));
  if (wanted != DType::kUndefined) half.dtype = wanted;
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
