// LpPool (ai.onnx, since 2): the p-norm of each window; padding counts as 0.
#include <algorithm>
#include <cmath>

#include "core/kernels/im2col/window.h"
#include "core/ops/half.h"
#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {
namespace {

float Power(float x, int64_t p) {
  if (p == 1) return std::fabs(x);
  if (p == 2) return x * x;
  return std::pow(std::fabs(x), static_cast<float>(p));
}

float Root(float x, int64_t p) {
  if (p == 1) return x;
  if (p == 2) return std::sqrt(x);
  return std::pow(x, 1 / static_cast<float>(p));
}

void Compute(OpContext& c) {
  const float* x = FloatInput(c, 0);
  const Shape in = c.Input(0).shape();
  const Window window = MakePoolWindow(c);
  const kernels::ConvShape& shape = window.shape;
  const int64_t p = c.attributes().Int("p", 2);
  if (p < 1) c.Invalid("attribute 'p' is '" + std::to_string(p) + "', expected 1 or more.");
  Tensor& output = c.Output(0, DType::kFloat, window.OutShape(in[0], in[1]));
  float* y = output.mutable_data<float>();
  if (output.count() == 0) return;
  const size_t pixels = shape.InPixels();
  float* powers = c.ScratchOf<float>(pixels);
  for (size_t plane = 0; plane < Size(in[0] * in[1]); ++plane, x += pixels) {
    std::transform(x, x + pixels, powers, [p](float value) { return Power(value, p); });
    for (size_t d = 0; d < shape.out[0]; ++d) {
      for (size_t h = 0; h < shape.out[1]; ++h) {
        for (size_t w = 0; w < shape.out[2]; ++w) {
          float sum = 0;
          kernels::VisitWindow(shape, d, h, w, [&](size_t pixel, size_t) { sum += powers[pixel]; });
          *y++ = Root(sum, p);
        }
      }
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, lp_pool) {
  r.Add({.name = "LpPool", .since = 2, .compute = InFloat<Compute>});
}

}  // namespace quantab
