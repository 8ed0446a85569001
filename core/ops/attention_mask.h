// The masks of com.microsoft's attention operators.
#pragma once

#include "core/ops/attention_core.h"

namespace quantab {

// Input `mask`, in any of its forms, and input `bias`, which broadcasts to the scores, as one bias
// of the scores of `p`, whose sizes are set; `past` of its keys come from the cache. A key that is
// masked has attribute 'mask_filter_value' added to its scores. Forms of the mask, int32:
//
//   [batch], [3 * batch + 2]   the first `batch` values: how many keys of each sample are valid
//   [2 * batch]                the same, then each sample's first valid key
//   [batch, keys]              1 is valid, 0 is masked
//   [batch or 1, 1]            no mask
//   [batch, queries, keys]     1 is valid, 0 is masked, for each query
//   [batch, 1, most, most]     the same for each position, those of the cache included
//
// No operand when both inputs are absent. The result lives as long as the call.
ScoreOperand<float> ReadMaskAndBias(OpContext& c, int mask, int bias,
                                    const AttentionProblem<float>& p, int64_t past);

}  // namespace quantab
