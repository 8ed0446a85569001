#include <cmath>

#include "core/base/simd.h"
#include "core/kernels/weight_range/weight_range.h"

namespace quantab::kernels {
namespace {

// pmin(a, b) and pmax(a, b) are a where b is NaN. x - x has a bit set where x is not finite, and
// none elsewhere.
v128_t NotFinite(v128_t x) { return wasm_f32x4_sub(x, x); }

bool WidenScalar(float x, float& min, float& max) {
  if (x < min) min = x;
  if (x > max) max = x;
  return std::isfinite(x);
}

bool One(size_t n, const float* x, float* min, float* max) {
  constexpr int kVectors = 4;
  v128_t least[kVectors];
  v128_t most[kVectors];
  v128_t bad = wasm_i32x4_splat(0);
  QUANTAB_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    least[v] = wasm_f32x4_splat(*min);
    most[v] = wasm_f32x4_splat(*max);
  }
  size_t i = 0;
  for (; i + 4 * kVectors <= n; i += 4 * kVectors) {
    QUANTAB_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const v128_t value = wasm_v128_load(x + i + 4 * v);
      least[v] = wasm_f32x4_pmin(least[v], value);
      most[v] = wasm_f32x4_pmax(most[v], value);
      bad = wasm_v128_or(bad, NotFinite(value));
    }
  }
  bool finite = !wasm_v128_any_true(bad);
  for (; i < n; ++i) finite &= WidenScalar(x[i], *min, *max);
  float low[4];
  float high[4];
  wasm_v128_store(low, wasm_f32x4_pmin(wasm_f32x4_pmin(least[0], least[1]),
                                       wasm_f32x4_pmin(least[2], least[3])));
  wasm_v128_store(
      high, wasm_f32x4_pmax(wasm_f32x4_pmax(most[0], most[1]), wasm_f32x4_pmax(most[2], most[3])));
  for (int lane = 0; lane < 4; ++lane) {
    if (low[lane] < *min) *min = low[lane];
    if (high[lane] > *max) *max = high[lane];
  }
  return finite;
}

bool Each(size_t n, const float* x, float* min, float* max) {
  v128_t bad = wasm_i32x4_splat(0);
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t value = wasm_v128_load(x + i);
    wasm_v128_store(min + i, wasm_f32x4_pmin(wasm_v128_load(min + i), value));
    wasm_v128_store(max + i, wasm_f32x4_pmax(wasm_v128_load(max + i), value));
    bad = wasm_v128_or(bad, NotFinite(value));
  }
  bool finite = !wasm_v128_any_true(bad);
  for (; i < n; ++i) finite &= WidenScalar(x[i], min[i], max[i]);
  return finite;
}

}  // namespace

const WeightRangeKernel weight_range_simd128 = {.one = One, .each = Each};

}  // namespace quantab::kernels
