// MaxRoiPool (ai.onnx): the largest element of each bin of each region. A region is a row of input
// 1: its sample, then its first and last column and row (x1, y1, x2, y2), before `spatial_scale`.
#include <algorithm>
#include <cmath>

#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// The rounded position of a region's side; what lies far outside any map counts as less far.
int64_t SideOf(float coordinate, float scale) {
  constexpr float kFarthest = 1LL << 40;
  const float side = std::round(coordinate * scale);
  return std::isnan(side) ? 0 : static_cast<int64_t>(std::clamp(side, -kFarthest, kFarthest));
}

// The elements [begin, end) of bin `i` of `bins` along an axis of `size` elements.
struct Range {
  int64_t begin, end;
};
Range BinOf(int64_t first, int64_t last, int64_t i, int64_t bins, int64_t size) {
  const float bin =
      static_cast<float>(std::max<int64_t>(last - first + 1, 1)) / static_cast<float>(bins);
  const auto begin = static_cast<int64_t>(std::floor(static_cast<float>(i) * bin));
  const auto end = static_cast<int64_t>(std::ceil(static_cast<float>(i + 1) * bin));
  return {std::clamp<int64_t>(first + begin, 0, size), std::clamp<int64_t>(first + end, 0, size)};
}

float LargestIn(const Range& rows, const Range& columns, const float* plane, int64_t width) {
  if (rows.begin >= rows.end || columns.begin >= columns.end) return 0;
  float most = plane[rows.begin * width + columns.begin];
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    for (int64_t j = columns.begin; j < columns.end; ++j) most = MaxOf(most, plane[i * width + j]);
  }
  return most;
}

void Compute(OpContext& c) {
  FloatInput(c, 0);
  const Tensor x = c.Input(0), rois = c.Input(1);
  const float* roi = FloatInput(c, 1);
  const std::vector<int64_t> bins = c.attributes().Ints("pooled_shape");
  const float scale = c.attributes().Float("spatial_scale", 1);
  if (x.rank() != 4 || rois.rank() != 2 || rois.dim(1) != 5) {
    c.Invalid("inputs have shapes " + ToString(x.shape()) + " and " + ToString(rois.shape()) +
              ", expected [N,C,H,W] and [regions,5].");
  }
  if (bins.size() != 2 || bins[0] < 1 || bins[1] < 1) {
    c.Invalid("attribute 'pooled_shape' is " + ToString(bins) + ", expected two sizes.");
  }
  const int64_t channels = x.dim(1), height = x.dim(2), width = x.dim(3);
  Tensor& output = c.Output(0, DType::kFloat, {rois.dim(0), channels, bins[0], bins[1]});
  if (output.count() == 0) return;
  float* y = output.mutable_data<float>();
  for (int64_t n = 0; n < rois.dim(0); ++n, roi += 5) {
    if (!(roi[0] >= 0 && roi[0] < static_cast<float>(x.dim(0)))) {
      ThrowInvalidArgument("region " + std::to_string(n) + " is of sample " +
                           std::to_string(roi[0]) + ", but there are '" + std::to_string(x.dim(0)) +
                           "'.");
    }
    const auto sample = std::min(static_cast<int64_t>(roi[0]), x.dim(0) - 1);
    const int64_t left = SideOf(roi[1], scale), top = SideOf(roi[2], scale);
    const int64_t right = SideOf(roi[3], scale), bottom = SideOf(roi[4], scale);
    for (int64_t k = 0; k < channels; ++k) {
      const float* plane = x.data<float>() + (sample * channels + k) * height * width;
      for (int64_t i = 0; i < bins[0]; ++i) {
        const Range rows = BinOf(top, bottom, i, bins[0], height);
        for (int64_t j = 0; j < bins[1]; ++j) {
          *y++ = LargestIn(rows, BinOf(left, right, j, bins[1], width), plane, width);
        }
      }
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, max_roi_pool) { r.Add({.name = "MaxRoiPool", .compute = InFloat<Compute>}); }

}  // namespace quantab
