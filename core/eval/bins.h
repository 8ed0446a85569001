// Bins of equal width.
#pragma once

#include <algorithm>
#include <cstddef>

namespace quantab {

// Bin i of `count` has [min + i w, min + (i + 1) w), w = (max - min) / count; the last has max too.
// Where min is max, it is in the first.
class Bins {
 public:
  Bins(double min, double max, size_t count)
      : min_(min),
        per_unit_(max > min ? static_cast<double>(count) / (max - min) : 0),
        count_(count) {}

  // Of a number from min to max.
  size_t Of(double value) const {
    return std::min(static_cast<size_t>((value - min_) * per_unit_), count_ - 1);
  }

 private:
  double min_, per_unit_;
  size_t count_;
};

// Throws Error(kInvalidArgument) for less than one bin, and for more than kMostHistogramBins
// (core/eval/weight_histogram.h).
void CheckBins(int bins);

}  // namespace quantab
