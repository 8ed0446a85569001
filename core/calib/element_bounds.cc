#include "core/calib/element_bounds.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/extremes/extremes.h"

namespace quantab {
namespace {

// Elements that are looked at again when one of them is infinite.
constexpr size_t kBlock = 4096;

ElementBounds FiniteBounds(std::span<const float> values, uint64_t& infinities) {
  ElementBounds bounds;
  for (float x : values) {
    if (std::isfinite(x)) {
      bounds.Include({x, x, std::fabs(x)});
    } else if (!std::isnan(x)) {
      ++infinities;
    }
  }
  return bounds;
}

}  // namespace

float ElementBounds::most() const { return std::max(std::fabs(min), std::fabs(max)); }

void ElementBounds::Include(const ElementBounds& other) {
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  least = std::min(least, other.least);
}

ElementBounds FindElementBounds(std::span<const float> values, uint64_t& infinities) {
  ElementBounds bounds;
  while (!values.empty()) {
    const std::span<const float> block = values.first(std::min(values.size(), kBlock));
    values = values.subspan(block.size());
    const kernels::Extremes found = kernels::FindExtremes(block.size(), block.data());
    if (std::isfinite(found.min) && std::isfinite(found.max)) {
      bounds.Include({found.min, found.max, found.least});
    } else {
      bounds.Include(FiniteBounds(block, infinities));
    }
  }
  return bounds;
}

}  // namespace quantab
