// 8-bit operators that go through float32 whole: y = quantize(f(dequantize(x))), inputs
// (x, x_scale, x_zero, y_scale, y_zero).
//
//   com.microsoft: QLinearSoftmax, QLinearGlobalAveragePool, QLinearAveragePool (channels first)
#include "core/ops/float_call.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

void Run(OpContext& c, std::string_view op_type, int64_t opset) {
  IsSignedByte(c, 0);
  if (c.attributes().Int("channels_last", 0) != 0) {
    c.Unsupported("attribute 'channels_last' is 1, which is not supported.");
  }
  const Tensor& x = c.Input(0);
  Tensor values(DType::kFloat, x.shape());
  DequantizeRun(Size(x.count()), x.raw(), x.dtype(), ScalarInput(c, 1), ZeroInput(c, 2),
                values.mutable_data<float>());
  const Tensor result = CallFloat(op_type, opset, c.node(), c.attributes(), {std::move(values)});
  const DType dtype = c.Optional(4) ? c.Input(4).dtype() : x.dtype();
  Tensor& y = c.Output(0, dtype, result.shape());
  QuantizeRun(Size(result.count()), result.data<float>(), ScalarInput(c, 3), ZeroInput(c, 4), dtype,
              y.mutable_raw());
}

// The opset of ai.onnx whose definition the operator has.
constexpr int64_t kPoolOpset = 11;

void ComputeSoftmax(OpContext& c) { Run(c, "Softmax", c.attributes().Int("opset", 13)); }
void ComputeGlobalAveragePool(OpContext& c) { Run(c, "GlobalAveragePool", kPoolOpset); }
void ComputeAveragePool(OpContext& c) { Run(c, "AveragePool", kPoolOpset); }

}  // namespace

QUANTAB_REGISTER(ops, qlinear_float) {
  const auto add = [&r](std::string_view name, void (*compute)(OpContext&)) {
    r.Add({.name = name, .domain = "com.microsoft", .compute = compute});
  };
  add("QLinearSoftmax", ComputeSoftmax);
  add("QLinearGlobalAveragePool", ComputeGlobalAveragePool);
  add("QLinearAveragePool", ComputeAveragePool);
}

}  // namespace quantab
