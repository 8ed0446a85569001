#include "core/eval/rows.h"

#include <cmath>

namespace quantab {

size_t RowLengthOf(const OutputPair& pair) {
  const Shape& shape = *pair.shape;
  size_t rank = shape.size();
  while (rank > 1 && shape[rank - 1] == 1) --rank;
  if (!pair.is_float || rank == 0 || shape[rank - 1] <= 1) return 0;
  return static_cast<size_t>(shape[rank - 1]);
}

bool IsAmongLargest(std::span<const double> row, size_t index, size_t k) {
  const double value = row[index];
  if (std::isnan(value)) return false;
  size_t before = 0;
  for (size_t i = 0; i < row.size() && before < k; ++i) {
    if (row[i] > value || (row[i] == value && i < index)) ++before;
  }
  return before < k;
}

}  // namespace quantab
