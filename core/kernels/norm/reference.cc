#include "core/kernels/norm/norm.h"

namespace quantab::kernels {
namespace {

void MeanVariance(size_t columns, const float* x, float* mean, float* variance) {
  double sum = 0;
  for (size_t c = 0; c < columns; ++c) sum += x[c];
  const double centre = sum / static_cast<double>(columns);
  double squares = 0;
  for (size_t c = 0; c < columns; ++c) squares += (x[c] - centre) * (x[c] - centre);
  *mean = static_cast<float>(centre);
  *variance = static_cast<float>(squares / static_cast<double>(columns));
}

float MeanSquare(size_t columns, const float* x) {
  double squares = 0;
  for (size_t c = 0; c < columns; ++c) squares += static_cast<double>(x[c]) * x[c];
  return static_cast<float>(squares / static_cast<double>(columns));
}

void Normalize(size_t columns, const float* x, float mean, float inv, const float* gamma,
               const float* beta, float* y) {
  for (size_t c = 0; c < columns; ++c) {
    const float scaled = (x[c] - mean) * inv * (gamma == nullptr ? 1.0F : gamma[c]);
    y[c] = beta == nullptr ? scaled : scaled + beta[c];
  }
}

void ScaleShift(size_t columns, const float* x, float scale, float shift, float* y) {
  for (size_t c = 0; c < columns; ++c) y[c] = x[c] * scale + shift;
}

}  // namespace

const NormKernel norm_reference = {MeanVariance, MeanSquare, Normalize, ScaleShift};

}  // namespace quantab::kernels
