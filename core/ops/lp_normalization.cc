// LpNormalization (ai.onnx): x divided by its L1 or L2 norm along one axis; 0 where the norm is 0.
#include <cmath>

#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  FloatInput(c, 0);
  const Tensor x = c.Input(0);
  const int64_t p = c.attributes().Int("p", 2);
  if (p != 1 && p != 2) c.Invalid("attribute 'p' is '" + std::to_string(p) + "', expected 1 or 2.");
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", -1), x.rank());
  const size_t outer = Size(CountOf(x.shape(), 0, axis));
  const size_t size = Size(x.dim(axis));
  const size_t inner = Size(CountOf(x.shape(), axis + 1, x.rank()));
  const float* in = x.data<float>();
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  for (size_t o = 0; o < outer; ++o) {
    for (size_t i = 0; i < inner; ++i) {
      const size_t base = o * size * inner + i;
      float norm = 0;
      for (size_t k = 0; k < size; ++k) {
        const float v = in[base + k * inner];
        norm += p == 1 ? std::fabs(v) : v * v;
      }
      if (p == 2) norm = std::sqrt(norm);
      for (size_t k = 0; k < size; ++k) {
        y[base + k * inner] = norm == 0 ? 0 : in[base + k * inner] / norm;
      }
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, lp_normalization) {
  r.Add({.name = "LpNormalization", .compute = InFloat<Compute>});
}

}  // namespace quantab
