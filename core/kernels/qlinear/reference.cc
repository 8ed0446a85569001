#include "core/kernels/qlinear/scalar.h"

namespace quantab::kernels {
namespace {

template <typename Numbers>
void Run(size_t n, const QLinearSide& a, const QLinearSide& b, const Numbers& numbers,
         const QLinearResult& y) {
  qlinear_scalar::Run(0, n, a, b, numbers, y);
}

}  // namespace

const QLinearKernel qlinear_reference = {Run<QLinearSum>, Run<QLinearProduct>};

}  // namespace quantab::kernels
