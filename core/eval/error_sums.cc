#include "core/eval/error_sums.h"

#include <algorithm>
#include <cmath>

namespace quantab {

void ErrorSums::Add(std::span<const float> reference, std::span<const float> test) {
  for (size_t i = 0; i < reference.size(); ++i) {
    const double a = reference[i];
    const double b = test[i];
    const double difference = std::abs(a - b);
    signal_ += a * a;
    noise_ += difference * difference;
    dot_ += a * b;
    test_ += b * b;
    if (std::isnan(difference) || difference > max_abs_error_) max_abs_error_ = difference;
    min_ = std::min(min_, b);
    max_ = std::max(max_, b);
    reference_min_ = std::min(reference_min_, a);
    reference_max_ = std::max(reference_max_, a);
  }
  count_ += reference.size();
}

ErrorFigures ErrorSums::Figures() const {
  if (count_ == 0) return {};
  ErrorFigures figures;
  figures.sqnr_db =
      noise_ == 0 ? std::numeric_limits<double>::infinity() : 10.0 * std::log10(signal_ / noise_);
  figures.mse = noise_ / static_cast<double>(count_);
  figures.max_abs_error = max_abs_error_;
  figures.cosine = signal_ == 0 || test_ == 0 ? (signal_ == test_ ? 1.0 : 0.0)
                                              : dot_ / (std::sqrt(signal_) * std::sqrt(test_));
  figures.min = min_;
  figures.max = max_;
  return figures;
}

}  // namespace quantab
