#include "core/kernels/qlinear/scalar.h"

namespace quantab::kernels {
namespace {

template <typename Numbers>
void Run(size_t n, const QLinearSide& a, const QLinearSide& b, const Numbers& numbers,
         const QLinearResult& y) {
  qlinear_scalar::Run(0, n, a, b, numbers, y);
}

void Affine(const QLinearColumns& c) {
  for (size_t r = 0; r < c.rows; ++r) qlinear_scalar::Affine(0, c, c.x + r * c.n, c.y + r * c.n);
}

}  // namespace

const QLinearKernel qlinear_reference = {Run<QLinearSum>, Run<QLinearProduct>, Affine};

}  // namespace quantab::kernels
