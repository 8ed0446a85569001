#include "core/ops/key_value_cache.h"

#include <algorithm>

namespace quantab {

void GrowCache(const CacheGrowth& growth, const float* past, HeadRows<const float> added,
               float* present) {
  const CacheGrowth& g = growth;
  // Dimensions of an empty tensor may be too large to walk.
  if (g.batch == 0 || g.heads == 0 || g.size == 0 || g.rows == 0) return;
  const int64_t head = g.rows * g.size;
  for (int64_t b = 0; b < g.batch; ++b) {
    const int64_t count = g.counts[static_cast<size_t>(b)];
    const int64_t kept = g.keep_rest ? g.past_rows : count;
    for (int64_t h = 0; h < g.heads; ++h, present += head) {
      if (kept > 0) std::copy_n(past, kept * g.size, present);
      std::fill(present + kept * g.size, present + head, 0.0f);
      if (past != nullptr) past += g.past_rows * g.size;
      const float* from = added.data + b * added.batch + h * added.head;
      float* to = present + count * g.size;
      for (int64_t r = 0; r < g.new_rows; ++r, from += added.row, to += g.size) {
        std::copy_n(from, g.size, to);
      }
    }
  }
}

}  // namespace quantab
