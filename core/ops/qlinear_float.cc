// 8-bit operators that go through float32 whole: y = quantize(f(dequantize(x))), inputs
// (x, x_scale, x_zero, y_scale, y_zero).
//
//   com.microsoft: QLinearGlobalAveragePool, QLinearAveragePool (channels first, or last as
//   attribute 'channels_last' says), QLinearReduceMean
//
//   quantab, made by lowering only: QLinearAveragePool, likewise
//
// QLinearAveragePool rounds when the zero point has been added, as ONNX Runtime's does: means of
// few integers often lie half-way between two. That of lowering rounds as QuantizeLinear does.
//
// QLinearGlobalAveragePool of channels-last images adds integers up:
//   y = quantize((sum of x - pixels * x_zero) * x_scale / pixels)
#include <algorithm>
#include <numeric>
#include <vector>

#include "core/kernels/pool_last/pool_last.h"
#include "core/ops/channels_last.h"
#include "core/ops/float_call.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

// The opset of ai.onnx whose definition the operators have.
constexpr int64_t kOpset = 11;

enum class Round { kBeforeZeroPoint, kAfterZeroPoint };

void Run(OpContext& c, std::string_view op_type, Round round) {
  IsSignedByte(c, 0);
  const Tensor& x = c.Input(0);
  Tensor values(DType::kFloat, x.shape());
  DequantizeRun(Size(x.count()), x.raw(), x.dtype(), ScalarInput(c, 1), ZeroInput(c, 2),
                values.mutable_data<float>());
  const Tensor result = CallFloat(op_type, kOpset, c.node(), c.attributes(), {std::move(values)});
  const int32_t zero = ZeroInput(c, 4);
  const DType dtype = c.Optional(4) ? c.Input(4).dtype() : x.dtype();
  const float scale = ScalarInput(c, 3);
  Tensor& y = c.Output(0, dtype, result.shape());
  const size_t count = Size(result.count());
  if (round == Round::kBeforeZeroPoint) {
    return QuantizeRun(count, result.data<float>(), scale, zero, dtype, y.mutable_raw());
  }
  std::vector<float> shifted(count);
  std::transform(result.data<float>(), result.data<float>() + count, shifted.begin(),
                 [&](float value) { return value / scale + static_cast<float>(zero); });
  QuantizeRun(count, shifted.data(), 1.0f, 0, dtype, y.mutable_raw());
}

void GlobalAveragePool(OpContext& c) { Run(c, "GlobalAveragePool", Round::kBeforeZeroPoint); }
void AveragePool(OpContext& c) { Run(c, "AveragePool", Round::kAfterZeroPoint); }
void LoweredAveragePool(OpContext& c) { Run(c, "AveragePool", Round::kBeforeZeroPoint); }
void ReduceMean(OpContext& c) { Run(c, "ReduceMean", Round::kBeforeZeroPoint); }

template <void (*kCompute)(OpContext&)>
void Pool(OpContext& c) {
  IsChannelsLast(c) ? ComputeChannelsLast(c, kCompute) : kCompute(c);
}

// What the sum of so many pixels fits in 32 bits.
constexpr int64_t kMostPixels = int64_t{1} << 23;

void GlobalAveragePoolByLayout(OpContext& c) {
  const Tensor& x = c.Input(0);
  const bool is_signed = IsSignedByte(c, 0);
  if (!IsChannelsLast(c)) return GlobalAveragePool(c);
  const Shape first = ChannelsFirst(c, x.shape());
  const size_t images = Size(first[0]), channels = Size(first[1]);
  const int64_t pixels = std::accumulate(first.begin() + 2, first.end(), int64_t{1},
                                         [](int64_t a, int64_t b) { return a * b; });
  if (pixels == 0 || pixels > kMostPixels || x.count() == 0) {
    return ComputeChannelsLast(c, GlobalAveragePool);
  }
  const int64_t zeros = pixels * ZeroInput(c, 2);
  const double factor = double{ScalarInput(c, 1)} / static_cast<double>(pixels);
  const float scale = ScalarInput(c, 3);
  const int32_t zero = ZeroInput(c, 4);
  const DType dtype = c.Optional(4) ? c.Input(4).dtype() : x.dtype();
  Shape shape(x.shape().size(), 1);
  shape.front() = first[0];
  shape.back() = first[1];
  Tensor& y = c.Output(0, dtype, shape);
  auto* sums = c.ScratchOf<int32_t>(channels);
  std::vector<float> means(channels);
  for (size_t n = 0; n < images; ++n) {
    const auto* image = reinterpret_cast<const uint8_t*>(x.raw()) + n * Size(pixels) * channels;
    kernels::SumPixels(Size(pixels), channels, image, is_signed, sums);
    std::transform(sums, sums + channels, means.begin(), [&](int32_t sum) {
      return static_cast<float>(static_cast<double>(sum - zeros) * factor);
    });
    QuantizeRun(channels, means.data(), scale, zero, dtype,
                reinterpret_cast<uint8_t*>(y.mutable_raw()) + n * channels);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_float) {
  const auto add = [&r](std::string_view name, void (*compute)(OpContext&),
                        std::string_view domain = "com.microsoft") {
    r.Add({.name = name, .domain = domain, .compute = compute});
  };
  add("QLinearGlobalAveragePool", GlobalAveragePoolByLayout);
  add("QLinearAveragePool", Pool<AveragePool>);
  add("QLinearAveragePool", Pool<LoweredAveragePool>, "quantab");
  add("QLinearReduceMean", ReduceMean);
}

}  // namespace quantab
