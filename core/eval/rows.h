// Outputs that are tables: rows of scores of classes, or of probabilities.
#pragma once

#include <cstddef>
#include <span>

#include "core/eval/metric.h"

namespace quantab {

// How many elements a row has: the last dimension, a trailing run of dimensions of size 1
// ([N,1000,1,1]) passed over. 0 for outputs that are no table: those that are not floating-point,
// have rank 0, or whose rows have one element or none.
size_t RowLengthOf(const OutputPair& pair);

// Whether element `index` is among the `k` largest of `row`. Of equal elements the first counts as
// the largest; NaN is never among them.
bool IsAmongLargest(std::span<const double> row, size_t index, size_t k);

// Calls visit(reference row, row of the other) for all rows of `length` elements.
template <class Visit>
void ForEachRow(const OutputPair& pair, size_t length, Visit visit) {
  for (size_t at = 0; at + length <= pair.reference.size(); at += length) {
    visit(pair.reference.subspan(at, length), pair.test.subspan(at, length));
  }
}

}  // namespace quantab
