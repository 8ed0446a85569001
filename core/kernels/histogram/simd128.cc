#include <algorithm>
#include <limits>

#include "core/base/simd.h"
#include "core/kernels/histogram/find_bin.h"
#include "core/kernels/histogram/histogram.h"

namespace quantab::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

template <bool kMagnitudes>
void RunOn(size_t n, const float* x, size_t bins, const float* edges, int64_t* counts) {
  const v128_t first = wasm_f32x4_splat(edges[0]);
  const v128_t per_unit = wasm_f32x4_splat(static_cast<float>(bins) / (edges[bins] - edges[0]));
  const v128_t none = wasm_i32x4_splat(0);
  const v128_t last = wasm_i32x4_splat(static_cast<int32_t>(bins - 1));
  // The guess is off by one at most edges that rounding moved, and by any number where bins are
  // narrower than the spacing of floats.
  const auto count = [&](v128_t values) {
    if (kMagnitudes) values = wasm_f32x4_abs(values);
    const v128_t place = wasm_f32x4_mul(wasm_f32x4_sub(values, first), per_unit);
    const v128_t guess =
        wasm_i32x4_max(wasm_i32x4_min(wasm_i32x4_trunc_sat_f32x4(place), last), none);
    float value[4];
    uint32_t bin[4];
    wasm_v128_store(value, values);
    wasm_v128_store(bin, guess);
    QUANTAB_UNROLL
    for (int lane = 0; lane < 4; ++lane) {
      const float v = value[lane];
      size_t b = bin[lane];
      if (!(v >= edges[b] && v < edges[b + 1])) b = FindBin(v, bins, edges);
      if (b < bins) ++counts[b];
    }
  };
  size_t i = 0;
  for (; i + 4 <= n; i += 4) count(wasm_v128_load(x + i));
  if (i < n) {
    float rest[4] = {kNan, kNan, kNan, kNan};
    std::copy_n(x + i, n - i, rest);
    count(wasm_v128_load(rest));
  }
}

void Run(size_t n, const float* x, bool magnitudes, size_t bins, const float* edges,
         int64_t* counts) {
  if (magnitudes) {
    RunOn<true>(n, x, bins, edges, counts);
  } else {
    RunOn<false>(n, x, bins, edges, counts);
  }
}

}  // namespace

const HistogramKernel histogram_simd128 = {Run};

}  // namespace quantab::kernels
