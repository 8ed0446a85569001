// Affine, ScaledTanh and ParametricSoftplus (ai.onnx, experimental: withdrawn after opset 9, but
// ONNX Runtime still runs files that have them).
//
//   Affine:              y = alpha * x + beta
//   ScaledTanh:          y = alpha * tanh(beta * x)
//   ParametricSoftplus:  y = alpha * log(1 + exp(beta * x))
#include <cmath>

#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

float Line(float x, float alpha, float beta) { return alpha * x + beta; }
float Tanh(float x, float alpha, float beta) { return alpha * std::tanh(beta * x); }
float Softplus(float x, float alpha, float beta) {
  const float z = beta * x;
  return alpha * (std::fmax(z, 0.0F) + std::log1p(std::exp(-std::fabs(z))));
}

template <float (*kFunction)(float, float, float)>
void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  const float* in = FloatInput(c, 0);
  const float alpha = c.attributes().Float("alpha", 1);
  const float beta = c.attributes().Float("beta", kFunction == &Line ? 0.0F : 1.0F);
  float* out = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  for (int64_t i = 0; i < x.count(); ++i) out[i] = kFunction(in[i], alpha, beta);
}

}  // namespace

QUANTAB_REGISTER(ops, affine) {
  const auto add = [&r](std::string_view name, void (*compute)(OpContext&)) {
    r.Add({.name = name, .in_place = true, .compute = compute});
  };
  add("Affine", InFloat<Compute<Line>>);
  add("ScaledTanh", InFloat<Compute<Tanh>>);
  add("ParametricSoftplus", InFloat<Compute<Softplus>>);
}

}  // namespace quantab
