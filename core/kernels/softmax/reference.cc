#include <algorithm>
#include <cmath>

#include "core/kernels/softmax/softmax.h"

namespace quantab::kernels {
namespace {

// Largest of the row, NaN if any is.
float Largest(size_t columns, const float* x) {
  float most = -INFINITY;
  for (size_t c = 0; c < columns; ++c) {
    if (!(x[c] <= most) && !std::isnan(most)) most = x[c];
  }
  return most;
}

void Plain(size_t rows, size_t columns, const float* x, float* y) {
  for (size_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const float most = Largest(columns, x);
    double sum = 0;
    for (size_t c = 0; c < columns; ++c) {
      y[c] = std::exp(x[c] - most);
      sum += y[c];
    }
    for (size_t c = 0; c < columns; ++c) y[c] = static_cast<float>(y[c] / sum);
  }
}

void Log(size_t rows, size_t columns, const float* x, float* y) {
  for (size_t r = 0; r < rows; ++r, x += columns, y += columns) {
    const float most = Largest(columns, x);
    double sum = 0;
    for (size_t c = 0; c < columns; ++c) sum += std::exp(static_cast<double>(x[c] - most));
    const double log_sum = std::log(sum);
    for (size_t c = 0; c < columns; ++c) y[c] = static_cast<float>(x[c] - most - log_sum);
  }
}

}  // namespace

const SoftmaxKernel softmax_reference = {Plain, Log};

}  // namespace quantab::kernels
