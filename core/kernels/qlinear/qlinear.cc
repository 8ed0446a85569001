#include "core/kernels/qlinear/qlinear.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/qlinear/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily qlinear_family("qlinear", kEntries);

void QLinearAdd(size_t n, const QLinearSide& a, const QLinearSide& b, const QLinearResult& y) {
  QLinearSum sum = {.a_factor = a.scale / y.scale, .b_factor = b.scale / y.scale, .rest = 0};
  sum.rest = static_cast<float>(y.zero) - (sum.a_factor * static_cast<float>(a.zero) +
                                           sum.b_factor * static_cast<float>(b.zero));
  qlinear_family.Get<QLinearKernel>().add(n, a, b, sum, y);
}

void QLinearMul(size_t n, const QLinearSide& a, const QLinearSide& b, const QLinearResult& y) {
  const QLinearProduct product = {.a_zero = static_cast<float>(a.zero),
                                  .b_zero = static_cast<float>(b.zero),
                                  .factor = a.scale * b.scale / y.scale,
                                  .rest = static_cast<float>(y.zero)};
  qlinear_family.Get<QLinearKernel>().mul(n, a, b, product, y);
}

void QLinearAffine(const QLinearColumns& columns) {
  qlinear_family.Get<QLinearKernel>().affine(columns);
}

}  // namespace quantab::kernels
