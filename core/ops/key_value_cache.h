// The cache of keys or values of com.microsoft's attention operators: a tensor [batch, heads, rows,
// size] that comes in as `past` and leaves with new rows as `present`.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ops/attention_core.h"

namespace quantab {

struct CacheGrowth {
  int64_t batch = 0, heads = 0, size = 0;
  int64_t past_rows = 0;             // of `past`
  int64_t rows = 0;                  // of `present`
  int64_t new_rows = 0;              // for each sample
  std::vector<int64_t> counts = {};  // for each sample, where in `present` the new rows begin
  bool keep_rest = false;            // behind them: what `past` has there, else 0
};

// The caller: counts[b] <= past_rows and counts[b] + new_rows <= rows, with `keep_rest` past_rows
// <= rows. `past` may be null when past_rows is 0. `present` overlaps neither of the others.
void GrowCache(const CacheGrowth& growth, const float* past, HeadRows<const float> added,
               float* present);

}  // namespace quantab
