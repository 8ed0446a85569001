// One element at a time, for the reference kernel and the last elements of others.
#ifndef QUANTAB_CORE_KERNELS_QLINEAR_SCALAR_H_
#define QUANTAB_CORE_KERNELS_QLINEAR_SCALAR_H_

#include <algorithm>
#include <cmath>

#include "core/kernels/qlinear/qlinear.h"

namespace quantab::kernels::qlinear_scalar {

inline float ValueOf(uint8_t byte, bool is_signed) {
  return static_cast<float>(is_signed ? int{static_cast<int8_t>(byte)} : int{byte});
}

inline float Value(const QLinearSide& side, size_t i) {
  return ValueOf(side.data[i * side.step], side.is_signed);
}

inline float Apply(float a, float b, const QLinearSum& sum) {
  return a * sum.a_factor + b * sum.b_factor + sum.rest;
}

inline float Apply(float a, float b, const QLinearProduct& product) {
  return (a - product.a_zero) * (b - product.b_zero) * product.factor + product.rest;
}

// NaN, of an infinite factor, becomes the lowest value, as in the vector kernels.
inline uint8_t Byte(float value, bool is_signed) {
  const float lowest = is_signed ? -128 : 0;
  const float limited = value > lowest ? std::min(value, lowest + 255) : lowest;
  return static_cast<uint8_t>(static_cast<int32_t>(std::nearbyint(limited)));
}

template <typename Numbers>
inline void Run(size_t begin, size_t end, const QLinearSide& a, const QLinearSide& b,
                const Numbers& numbers, const QLinearResult& y) {
  for (size_t i = begin; i < end; ++i) {
    y.data[i] = Byte(Apply(Value(a, i), Value(b, i), numbers), y.is_signed);
  }
}

// Columns from `begin` on of one row.
inline void Affine(size_t begin, const QLinearColumns& c, const uint8_t* x, uint8_t* y) {
  for (size_t i = begin; i < c.n; ++i) {
    const float value = ValueOf(x[i], c.x_signed) * c.factor[i * c.step] + c.rest[i * c.step];
    y[i] = Byte(value, c.y_signed);
  }
}

}  // namespace quantab::kernels::qlinear_scalar

#endif  // QUANTAB_CORE_KERNELS_QLINEAR_SCALAR_H_
