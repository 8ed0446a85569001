#include <algorithm>

#include "core/base/simd.h"
#include "core/kernels/extremes/extremes.h"

namespace quantab::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Four Extremes side by side. pmin(a, b) and pmax(a, b) are a where b is NaN.
struct Lanes {
  v128_t min = wasm_f32x4_splat(Extremes().min);
  v128_t max = wasm_f32x4_splat(Extremes().max);
  v128_t least = wasm_f32x4_splat(Extremes().least);

  void Include(v128_t x) {
    min = wasm_f32x4_pmin(min, x);
    max = wasm_f32x4_pmax(max, x);
    least = wasm_f32x4_pmin(least, wasm_f32x4_abs(x));
  }
};

Extremes Run(size_t n, const float* x) {
  Lanes lanes[2];
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    lanes[0].Include(wasm_v128_load(x + i));
    lanes[1].Include(wasm_v128_load(x + i + 4));
  }
  for (; i < n; i += 4) {
    float last[4] = {kNan, kNan, kNan, kNan};
    std::copy_n(x + i, std::min<size_t>(n - i, 4), last);
    lanes[0].Include(wasm_v128_load(last));
  }
  float min[4];
  float max[4];
  float least[4];
  wasm_v128_store(min, wasm_f32x4_pmin(lanes[0].min, lanes[1].min));
  wasm_v128_store(max, wasm_f32x4_pmax(lanes[0].max, lanes[1].max));
  wasm_v128_store(least, wasm_f32x4_pmin(lanes[0].least, lanes[1].least));
  return {*std::min_element(min, min + 4), *std::max_element(max, max + 4),
          *std::min_element(least, least + 4)};
}

}  // namespace

const ExtremesKernel extremes_simd128 = {Run};

}  // namespace quantab::kernels
