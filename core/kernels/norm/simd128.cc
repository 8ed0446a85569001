#include "core/base/simd.h"
#include "core/kernels/norm/norm.h"

namespace quantab::kernels {
namespace {

float SumLanes(v128_t v) {
  v = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  v = wasm_f32x4_add(v, wasm_i32x4_shuffle(v, v, 1, 0, 3, 2));
  return wasm_f32x4_extract_lane(v, 0);
}

// Sum of x - shift, or of its square.
template <bool kSquare>
float SumShifted(size_t columns, const float* x, float shift) {
  constexpr int kVectors = 4;
  const v128_t shifts = wasm_f32x4_splat(shift);
  v128_t acc[kVectors];
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) acc[v] = wasm_f32x4_splat(0);
  size_t c = 0;
  for (; c + 4 * kVectors <= columns; c += 4 * kVectors) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const v128_t value = wasm_f32x4_sub(wasm_v128_load(x + c + 4 * v), shifts);
      acc[v] = wasm_f32x4_add(acc[v], kSquare ? wasm_f32x4_mul(value, value) : value);
    }
  }
  float sum =
      SumLanes(wasm_f32x4_add(wasm_f32x4_add(acc[0], acc[1]), wasm_f32x4_add(acc[2], acc[3])));
  for (; c < columns; ++c) {
    const float value = x[c] - shift;
    sum += kSquare ? value * value : value;
  }
  return sum;
}

void MeanVariance(size_t columns, const float* x, float* mean, float* variance) {
  const auto count = static_cast<float>(columns);
  // The second sum takes away the rounding error of the first.
  const float rough = SumShifted<false>(columns, x, 0) / count;
  *mean = rough + SumShifted<false>(columns, x, rough) / count;
  *variance = SumShifted<true>(columns, x, *mean) / count;
}

float MeanSquare(size_t columns, const float* x) {
  return SumShifted<true>(columns, x, 0) / static_cast<float>(columns);
}

template <bool kGamma, bool kBeta>
void NormalizeWith(size_t columns, const float* x, float mean, float inv, const float* gamma,
                   const float* beta, float* y) {
  const v128_t means = wasm_f32x4_splat(mean);
  const v128_t invs = wasm_f32x4_splat(inv);
  size_t c = 0;
  for (; c + 4 <= columns; c += 4) {
    v128_t value = wasm_f32x4_mul(wasm_f32x4_sub(wasm_v128_load(x + c), means), invs);
    if (kGamma) value = wasm_f32x4_mul(value, wasm_v128_load(gamma + c));
    if (kBeta) value = wasm_f32x4_add(value, wasm_v128_load(beta + c));
    wasm_v128_store(y + c, value);
  }
  for (; c < columns; ++c) {
    float value = (x[c] - mean) * inv;
    if (kGamma) value *= gamma[c];
    if (kBeta) value += beta[c];
    y[c] = value;
  }
}

void Normalize(size_t columns, const float* x, float mean, float inv, const float* gamma,
               const float* beta, float* y) {
  if (gamma != nullptr && beta != nullptr) {
    NormalizeWith<true, true>(columns, x, mean, inv, gamma, beta, y);
  } else if (gamma != nullptr) {
    NormalizeWith<true, false>(columns, x, mean, inv, gamma, beta, y);
  } else if (beta != nullptr) {
    NormalizeWith<false, true>(columns, x, mean, inv, gamma, beta, y);
  } else {
    NormalizeWith<false, false>(columns, x, mean, inv, gamma, beta, y);
  }
}

void ScaleShift(size_t columns, const float* x, float scale, float shift, float* y) {
  const v128_t scales = wasm_f32x4_splat(scale);
  const v128_t shifts = wasm_f32x4_splat(shift);
  size_t c = 0;
  for (; c + 4 <= columns; c += 4) {
    wasm_v128_store(y + c, wasm_f32x4_add(wasm_f32x4_mul(wasm_v128_load(x + c), scales), shifts));
  }
  for (; c < columns; ++c) y[c] = x[c] * scale + shift;
}

}  // namespace

const NormKernel norm_simd128 = {MeanVariance, MeanSquare, Normalize, ScaleShift};

}  // namespace quantab::kernels
