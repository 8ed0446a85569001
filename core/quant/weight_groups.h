// Which elements of a weight share parameters: all of them, those of a channel, or those of a
// block.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "core/tensor/shape.h"

namespace quantab {

// Groups of a row-major tensor, in the order in which their parameters are stored: one; one for
// each index along `axis`; or, with `block_size` > 0, of a matrix, one for every `block_size`
// indices along `axis` (the last may be shorter) and each index along the other axis.
class WeightGroups {
 public:
  WeightGroups(const Shape& shape, std::optional<int64_t> axis, int64_t block_size = 0) {
    if (!axis) return;
    if (block_size > 0) {
      block_ = block_size;
      cols_ = shape[1];
      along_rows_ = *axis == 0;
      const int64_t length = along_rows_ ? shape[0] : shape[1];
      blocks_ = length / block_ + (length % block_ != 0 ? 1 : 0);
      count_ = blocks_ * (along_rows_ ? shape[1] : shape[0]);
      return;
    }
    count_ = shape[static_cast<size_t>(*axis)];
    inner_ = 1;
    for (size_t i = static_cast<size_t>(*axis) + 1; i < shape.size(); ++i) inner_ *= shape[i];
  }

  int64_t count() const { return count_; }

  // Whether the elements of a run belong to consecutive groups, rather than to one.
  bool consecutive() const { return block_ > 0 ? along_rows_ : inner_ == 1; }

  // Calls visit(group, first, n) for the runs of the n elements from `begin` on; `first` counts
  // from `begin`.
  template <class Visit>
  void ForEachRun(int64_t begin, int64_t n, Visit visit) const {
    if (n == 0) return;
    Run run = At(begin);
    for (int64_t i = 0;;) {
      const int64_t length = std::min(n - i, run.left);
      visit(run.group, i, length);
      i += length;
      if (i == n) return;
      run = block_ == 0 ? After(run) : At(begin + i);
    }
  }

 private:
  struct Run {
    int64_t group, left;
  };

  // The group of element `at`, and how many elements are left of its run.
  Run At(int64_t at) const {
    if (block_ == 0) {
      if (inner_ == 1) return {at % count_, count_ - at % count_};
      return {at / inner_ % count_, inner_ - at % inner_};
    }
    const int64_t row = at / cols_;
    const int64_t col = at % cols_;
    if (along_rows_) return {row / block_ * cols_ + col, cols_ - col};
    return {row * blocks_ + col / block_, std::min(block_ - col % block_, cols_ - col)};
  }

  // The whole run that follows one to its end; without blocks.
  Run After(Run run) const {
    if (inner_ == 1) return {0, count_};
    return {run.group + 1 == count_ ? 0 : run.group + 1, inner_};
  }

  int64_t count_ = 1;
  int64_t inner_ = std::numeric_limits<int64_t>::max();
  int64_t block_ = 0, blocks_ = 0, cols_ = 0;
  bool along_rows_ = false;
};

}  // namespace quantab
