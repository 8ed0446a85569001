// Element-wise activation functions that take attributes.
//
//   LeakyRelu, ThresholdedRelu, Elu, Selu, Celu, HardSigmoid, Swish, Shrink, Gelu, and
//   com.microsoft's Gelu, QuickGelu, FastGelu and BiasGelu, the last two with a bias along the last
//   dimension that is added first.
#include <cmath>

#include "core/kernels/elementwise/elementwise.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

using kernels::UnaryOp;

void RunKernel(OpContext& c, UnaryOp op, float alpha = 0, float beta = 0) {
  FloatInput(c, 0);
  const Tensor x = c.Input(0);
  Tensor& y = c.Output(0, DType::kFloat, x.shape());
  kernels::Unary(op, Size(x.count()), x.data<float>(), y.mutable_data<float>(), alpha, beta);
}

template <class F>
void Map(OpContext& c, F f) {
  FloatInput(c, 0);
  const Tensor x = c.Input(0);
  Tensor& y = c.Output(0, DType::kFloat, x.shape());
  const float* in = x.data<float>();
  float* out = y.mutable_data<float>();
  for (int64_t i = 0; i < x.count(); ++i) out[i] = f(in[i]);
}

void LeakyRelu(OpContext& c) {
  RunKernel(c, UnaryOp::kLeakyRelu, c.attributes().Float("alpha", 0.01f));
}

void Elu(OpContext& c) { RunKernel(c, UnaryOp::kElu, c.attributes().Float("alpha", 1.0f)); }

void HardSigmoid(OpContext& c) {
  RunKernel(c, UnaryOp::kHardSigmoid, c.attributes().Float("alpha", 0.2f),
            c.attributes().Float("beta", 0.5f));
}

void Swish(OpContext& c) { RunKernel(c, UnaryOp::kSilu, c.attributes().Float("alpha", 1.0f)); }

void QuickGelu(OpContext& c) {
  RunKernel(c, UnaryOp::kSilu, c.attributes().Float("alpha", 1.702f));
}

void Gelu(OpContext& c) {
  const std::string approximate = c.attributes().String("approximate", "none");
  if (approximate != "none" && approximate != "tanh") {
    c.Invalid("attribute 'approximate' is '" + approximate + "', expected 'none' or 'tanh'.");
  }
  RunKernel(c, approximate == "tanh" ? UnaryOp::kGeluTanh : UnaryOp::kGelu);
}

// y = op(x + bias).
void Biased(OpContext& c, UnaryOp op) {
  const float* b = FloatInput(c, 1);
  const Tensor& bias = c.Input(1);
  const float* in = FloatInput(c, 0);
  const Tensor x = c.Input(0);
  const size_t columns = Size(bias.count());
  if (x.rank() == 0 || Size(x.shape().back()) != columns) {
    c.Invalid("input 1 has shape " + ToString(bias.shape()) + ", expected the last dimension of " +
              ToString(x.shape()) + ".");
  }
  const size_t rows = columns == 0 ? 0 : Size(x.count()) / columns;
  float* out = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  kernels::Binary(kernels::BinaryOp::kAdd, rows, columns, in, columns, 1, b, 0, 1, out);
  kernels::Unary(op, rows * columns, out, out);
}

void FastGelu(OpContext& c) {
  if (c.Optional(1) == nullptr) return RunKernel(c, UnaryOp::kGeluTanh);
  Biased(c, UnaryOp::kGeluTanh);
}

void BiasGelu(OpContext& c) { Biased(c, UnaryOp::kGelu); }

void Selu(OpContext& c) {
  const float alpha = c.attributes().Float("alpha", 1.67326319217681884765625f);
  const float gamma = c.attributes().Float("gamma", 1.05070102214813232421875f);
  Map(c, [=](float x) { return gamma * (x > 0 ? x : alpha * std::expm1(x)); });
}

void Celu(OpContext& c) {
  const float alpha = c.attributes().Float("alpha", 1.0f);
  Map(c, [=](float x) { return x > 0 ? x : alpha * std::expm1(x / alpha); });
}

void ThresholdedRelu(OpContext& c) {
  const float alpha = c.attributes().Float("alpha", 1.0f);
  Map(c, [=](float x) { return x > alpha ? x : 0.0f; });
}

// y = x < -lambd ? x + bias : x > lambd ? x - bias : 0.
void Shrink(OpContext& c) {
  const float lambd = c.attributes().Float("lambd", 0.5f);
  const float bias = c.attributes().Float("bias", 0.0f);
  Map(c, [=](float x) { return x < -lambd ? x + bias : x > lambd ? x - bias : 0.0f; });
}

}  // namespace

QUANTAB_REGISTER(ops, activations) {
  const auto add = [&r](std::string_view name, std::string_view domain,
                        void (*compute)(OpContext&)) {
    r.Add({.name = name, .domain = domain, .in_place = true, .compute = compute});
  };
  add("LeakyRelu", "", InFloat<LeakyRelu>);
  add("ThresholdedRelu", "", InFloat<ThresholdedRelu>);
  add("Elu", "", InFloat<Elu>);
  add("Selu", "", InFloat<Selu>);
  add("Celu", "", InFloat<Celu>);
  add("HardSigmoid", "", InFloat<HardSigmoid>);
  add("Swish", "", InFloat<Swish>);
  add("Shrink", "", InFloat<Shrink>);
  add("Gelu", "", InFloat<Gelu>);
  add("Gelu", "com.microsoft", InFloat<Gelu>);
  add("FastGelu", "com.microsoft", InFloat<FastGelu>);
  add("BiasGelu", "com.microsoft", InFloat<BiasGelu>);
  add("QuickGelu", "com.microsoft", InFloat<QuickGelu>);
}

}  // namespace quantab
