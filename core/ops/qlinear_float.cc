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
#include <algorithm>

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

}  // namespace

QUANTAB_REGISTER(ops, qlinear_float) {
  const auto add = [&r](std::string_view name, void (*compute)(OpContext&),
                        std::string_view domain = "com.microsoft") {
    r.Add({.name = name, .domain = domain, .compute = compute});
  };
  add("QLinearGlobalAveragePool", Pool<GlobalAveragePool>);
  add("QLinearAveragePool", Pool<AveragePool>);
  add("QLinearAveragePool", Pool<LoweredAveragePool>, "quantab");
  add("QLinearReduceMean", ReduceMean);
}

}  // namespace quantab
