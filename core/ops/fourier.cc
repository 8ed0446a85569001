#include "core/ops/fourier.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace quantab {
namespace {

// exp(-pi i numerator / denominator).
Complex HalfTurn(size_t numerator, size_t denominator) {
  const double angle =
      -std::numbers::pi * static_cast<double>(numerator) / static_cast<double>(denominator);
  return {std::cos(angle), std::sin(angle)};
}

}  // namespace

FourierTransform::FourierTransform(size_t length) : length_(length) {
  const bool plain = (length & (length - 1)) == 0;
  const size_t least = plain ? length : 2 * length - 1;
  while (power_ < least) power_ *= 2;
  for (size_t k = 0; k < power_ / 2; ++k) roots_.push_back(HalfTurn(k, power_ / 2));
  if (plain) return;
  // k^2 modulo a full turn, from one k to the next.
  const size_t turn = 2 * length;
  size_t square = 0;
  for (size_t k = 0; k < length; ++k) {
    chirp_.push_back(HalfTurn(square, length));
    square = (square + 2 * k + 1) % turn;
  }
  filter_.resize(power_);
  for (size_t k = 0; k < length; ++k) {
    filter_[k] = Conjugate(chirp_[k]);
    if (k > 0) filter_[power_ - k] = filter_[k];
  }
  RunPowerOfTwo(filter_.data());
  work_.resize(power_);
}

void FourierTransform::Forward(Complex* x) {
  if (chirp_.empty()) {
    RunPowerOfTwo(x);
  } else {
    RunChirp(x);
  }
}

void FourierTransform::Inverse(Complex* x) {
  std::transform(x, x + length_, x, Conjugate);
  Forward(x);
  const double scale = 1 / static_cast<double>(length_);
  for (size_t k = 0; k < length_; ++k) x[k] = {x[k].re * scale, -x[k].im * scale};
}

// Cooley and Tukey's algorithm, after the bits of the indices have been reversed.
void FourierTransform::RunPowerOfTwo(Complex* x) const {
  for (size_t i = 1, j = 0; i < power_; ++i) {
    size_t bit = power_ / 2;
    for (; (j & bit) != 0; bit /= 2) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (size_t half = 1; half < power_; half *= 2) {
    const size_t step = power_ / 2 / half;
    for (size_t start = 0; start < power_; start += 2 * half) {
      for (size_t k = 0; k < half; ++k) {
        const Complex odd = x[start + half + k] * roots_[k * step];
        x[start + half + k] = x[start + k] - odd;
        x[start + k] = x[start + k] + odd;
      }
    }
  }
}

// Bluestein's algorithm: with j k = (j^2 + k^2 - (k - j)^2) / 2 the transform is a convolution with
// a chirp, which transforms of a longer length compute.
void FourierTransform::RunChirp(Complex* x) {
  for (size_t k = 0; k < length_; ++k) work_[k] = x[k] * chirp_[k];
  std::fill(work_.begin() + static_cast<std::ptrdiff_t>(length_), work_.end(), Complex{});
  RunPowerOfTwo(work_.data());
  // Conjugates before and after turn the second transform into the inverse one.
  for (size_t k = 0; k < power_; ++k) work_[k] = Conjugate(work_[k] * filter_[k]);
  RunPowerOfTwo(work_.data());
  const double scale = 1 / static_cast<double>(power_);
  for (size_t k = 0; k < length_; ++k) {
    const Complex value = Conjugate(work_[k]) * chirp_[k];
    x[k] = {value.re * scale, value.im * scale};
  }
}

}  // namespace quantab
