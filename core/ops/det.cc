// Det (ai.onnx, since 11): the determinant of each matrix, by elimination with partial pivoting in
// double precision.
#include <cmath>
#include <utility>

#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// The determinant of the n*n matrix `a`, which is used up.
double Determinant(std::vector<double>& a, size_t n) {
  double determinant = 1;
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t row = k + 1; row < n; ++row) {
      if (std::abs(a[row * n + k]) > std::abs(a[pivot * n + k])) pivot = row;
    }
    if (pivot != k) {
      for (size_t column = k; column < n; ++column) {
        std::swap(a[k * n + column], a[pivot * n + column]);
      }
      determinant = -determinant;
    }
    determinant *= a[k * n + k];
    if (a[k * n + k] == 0) return 0;
    for (size_t row = k + 1; row < n; ++row) {
      const double factor = a[row * n + k] / a[k * n + k];
      for (size_t column = k; column < n; ++column) {
        a[row * n + column] -= factor * a[k * n + column];
      }
    }
  }
  return determinant;
}

template <class T>
void ComputeAs(OpContext& c, const Tensor& x) {
  const size_t n = Size(x.dim(x.rank() - 1));
  const Shape batch(x.shape().begin(), x.shape().end() - 2);
  Tensor& output = c.Output(0, x.dtype(), batch);
  const T* from = x.data<T>();
  T* y = output.mutable_data<T>();
  for (int64_t i = 0; i < output.count(); ++i, from += n * n) {
    std::vector<double> matrix(from, from + n * n);
    y[i] = static_cast<T>(Determinant(matrix, n));
  }
}

void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  if (x.rank() < 2 || x.dim(x.rank() - 1) != x.dim(x.rank() - 2)) {
    c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected square matrices.");
  }
  if (x.dtype() == DType::kFloat) {
    ComputeAs<float>(c, x);
  } else if (x.dtype() == DType::kDouble) {
    ComputeAs<double>(c, x);
  } else {
    UnsupportedInputType(c, 0);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, det) { r.Add({.name = "Det", .since = 11, .compute = InFloat<Compute>}); }

}  // namespace quantab
