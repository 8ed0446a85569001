#include "core/eval/top_k_accuracy.h"

#include "core/eval/rows.h"

namespace quantab {

void TopKAccuracy::Add(const OutputPair& pair) {
  const size_t length = RowLengthOf(pair);
  applies_ = applies_ && pair.label && length > k_ && pair.reference.size() == length &&
             *pair.label >= 0 && static_cast<uint64_t>(*pair.label) < length;
  if (!applies_) return;
  ++samples_;
  if (IsAmongLargest(pair.*side_, static_cast<size_t>(*pair.label), k_)) ++right_;
}

std::optional<double> TopKAccuracy::Value() const {
  if (!applies_ || samples_ == 0) return std::nullopt;
  return static_cast<double>(right_) / static_cast<double>(samples_);
}

}  // namespace quantab
