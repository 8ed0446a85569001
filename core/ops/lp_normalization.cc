// LpNormalization (ai.onnx): x divided by its L1 or L2 norm along one axis; 0 where the norm is 0.
#include <cmath>

#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

template <class T>
void Run(OpContext& c) {
  const Tensor x = c.Input(0);
  const int64_t p = c.attributes().Int("p", 2);
  if (p != 1 && p != 2) c.Invalid("attribute 'p' is '" + std::to_string(p) + "', expected 1 or 2.");
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", -1), x.rank());
  const size_t outer = Size(CountOf(x.shape(), 0, axis));
  const size_t size = Size(x.dim(axis));
  const size_t inner = Size(CountOf(x.shape(), axis + 1, x.rank()));
  const T* in = x.data<T>();
  T* y = c.Output(0, x.dtype(), x.shape()).template mutable_data<T>();
  for (size_t o = 0; o < outer; ++o) {
    for (size_t i = 0; i < inner; ++i) {
      const size_t base = o * size * inner + i;
      T norm = 0;
      for (size_t k = 0; k < size; ++k) {
        const T v = in[base + k * inner];
        norm += p == 1 ? std::abs(v) : v * v;
      }
      if (p == 2) norm = std::sqrt(norm);
      for (size_t k = 0; k < size; ++k) {
        y[base + k * inner] = norm == 0 ? 0 : in[base + k * inner] / norm;
      }
    }
  }
}

void Compute(OpContext& c) {
  if (c.Input(0).dtype() == DType::kDouble) return Run<double>(c);
  FloatInput(c, 0);
  Run<float>(c);
}

}  // namespace

QUANTAB_REGISTER(ops, lp_normalization) {
  r.Add({.name = "LpNormalization", .compute = InFloat<Compute>});
}

}  // namespace quantab
