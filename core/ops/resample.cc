#include "core/ops/resample.h"

#include <algorithm>
#include <cmath>

#include "core/ops/types.h"

namespace quantab {
namespace {

// Coordinates beyond this, either way, are as good as this; they are whole numbers of int64.
constexpr float kFar = 0x1p40F;

// The input coordinate of output position `o`.
float Coordinate(const OpContext& c, const std::string& mode, const ResizeAxis& axis, int64_t o) {
  const float x = static_cast<float>(o);
  const float in = static_cast<float>(axis.in);
  const float out = static_cast<float>(axis.out);
  const float half_pixel = (x + 0.5F) / axis.scale - 0.5F;
  if (mode == "half_pixel") return half_pixel;
  if (mode == "pytorch_half_pixel") return axis.out > 1 ? half_pixel : 0;
  if (mode == "half_pixel_symmetric") {
    const float adjustment = out / (axis.scale * in);
    return in / 2 * (1 - adjustment) + half_pixel;
  }
  if (mode == "asymmetric") return x / axis.scale;
  if (mode == "align_corners") return axis.out == 1 ? 0 : x * (in - 1) / (out - 1);
  if (mode == "tf_half_pixel_for_nn") return (x + 0.5F) / axis.scale;
  if (mode == "tf_crop_and_resize") {
    if (axis.out == 1) return 0.5F * (axis.roi_start + axis.roi_end) * (in - 1);
    return axis.roi_start * (in - 1) + x * (axis.roi_end - axis.roi_start) * (in - 1) / (out - 1);
  }
  c.Invalid("attribute 'coordinate_transformation_mode' is '" + mode + "', which is not defined.");
}

int64_t Nearest(const OpContext& c, const std::string& mode, float x, float scale) {
  if (mode == "round_prefer_floor") {
    return static_cast<int64_t>(x == std::floor(x) + 0.5F ? std::floor(x) : std::round(x));
  }
  if (mode == "round_prefer_ceil") return static_cast<int64_t>(std::round(x));
  if (mode == "floor") return static_cast<int64_t>(std::floor(x));
  if (mode == "ceil") return static_cast<int64_t>(std::ceil(x));
  if (mode == "simple") return static_cast<int64_t>(scale < 1 ? std::ceil(x) : x);
  c.Invalid("attribute 'nearest_mode' is '" + mode + "', which is not defined.");
}

// Weight of an element at this distance, linear or Keys' cubic with parameter a (Cubic convolution
// interpolation for digital image processing, 1981).
float Kernel(const ResizeOptions& options, float distance) {
  const float x = std::abs(distance);
  if (options.mode == Interpolation::kLinear) return std::max(0.0F, 1 - x);
  const float a = options.cubic_a;
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

}  // namespace

Taps MakeTaps(const OpContext& c, const ResizeOptions& options, const ResizeAxis& axis) {
  Taps taps;
  const int64_t last = axis.in - 1;
  const bool nearest = options.mode == Interpolation::kNearest;
  // Shrinking with antialias stretches the kernel over all the elements that merge.
  const float stretch = options.antialias ? std::min(axis.scale, 1.0F) : 1.0F;
  const float reach = options.mode == Interpolation::kCubic ? 2.0F : 1.0F;
  const int64_t first = static_cast<int64_t>(std::floor(-reach / stretch)) + 1;
  taps.taps = nearest ? 1 : 2 - 2 * first;
  for (int64_t o = 0; o < axis.out; ++o) {
    float x = Coordinate(c, options.coordinates, axis, o);
    taps.outside.push_back(!(x >= 0 && x <= static_cast<float>(last)));
    // A region of interest may be anywhere, and no number at all.
    x = x >= -kFar ? std::min(x, kFar) : -kFar;
    if (nearest) {
      taps.index.push_back(
          std::clamp<int64_t>(Nearest(c, options.nearest_mode, x, axis.scale), 0, last));
      taps.weight.push_back(1);
      continue;
    }
    if (options.mode == Interpolation::kLinear && !options.antialias && !options.exclude_outside) {
      x = std::clamp(x, 0.0F, static_cast<float>(last));
    }
    const float base = std::floor(x);
    float sum = 0;
    for (int64_t t = 0; t < taps.taps; ++t) {
      const int64_t step = first + t;
      const int64_t at = static_cast<int64_t>(base) + step;
      float weight = Kernel(options, (static_cast<float>(step) - (x - base)) * stretch);
      if (options.exclude_outside && (at < 0 || at > last)) weight = 0;
      taps.index.push_back(std::clamp<int64_t>(at, 0, last));
      taps.weight.push_back(weight);
      sum += weight;
    }
    if ((options.exclude_outside || options.antialias) && sum != 0) {
      for (int64_t t = 0; t < taps.taps; ++t) taps.weight[Size(o * taps.taps + t)] /= sum;
    }
  }
  return taps;
}

namespace {

template <class T>
void Apply(const Taps& taps, const ResizeAxis& axis, int64_t outer, int64_t inner, const T* x,
           T* y) {
  for (int64_t block = 0; block < outer; ++block) {
    for (int64_t o = 0; o < axis.out; ++o) {
      const size_t at = Size(o * taps.taps);
      for (int64_t t = 0; t < taps.taps; ++t) {
        const T weight = static_cast<T>(taps.weight[at + Size(t)]);
        const T* row = x + taps.index[at + Size(t)] * inner;
        if (t == 0) {
          for (int64_t i = 0; i < inner; ++i) y[i] = weight * row[i];
        } else {
          for (int64_t i = 0; i < inner; ++i) y[i] += weight * row[i];
        }
      }
      y += inner;
    }
    x += axis.in * inner;
  }
}

}  // namespace

void ApplyTaps(const Taps& taps, const ResizeAxis& axis, int64_t outer, int64_t inner,
               const float* x, float* y) {
  Apply(taps, axis, outer, inner, x, y);
}

void ApplyTaps(const Taps& taps, const ResizeAxis& axis, int64_t outer, int64_t inner,
               const double* x, double* y) {
  Apply(taps, axis, outer, inner, x, y);
}

}  // namespace quantab
