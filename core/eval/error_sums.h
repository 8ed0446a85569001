// Running sums of how far numbers are from others.
#pragma once

#include <cstddef>
#include <limits>
#include <span>

#include "core/eval/layer_figures.h"

namespace quantab {

class ErrorSums {
 public:
  // As many of each.
  void Add(std::span<const float> reference, std::span<const float> test);

  size_t count() const { return count_; }
  ErrorFigures Figures() const;
  double reference_min() const { return count_ == 0 ? 0 : reference_min_; }
  double reference_max() const { return count_ == 0 ? 0 : reference_max_; }

 private:
  size_t count_ = 0;
  double signal_ = 0, noise_ = 0, dot_ = 0, test_ = 0, max_abs_error_ = 0;
  double min_ = std::numeric_limits<double>::infinity(), max_ = -min_;
  double reference_min_ = min_, reference_max_ = max_;
};

}  // namespace quantab
