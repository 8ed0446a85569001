// The shape of a product with a matrix that was a weight of higher rank.
#pragma once

#include <string>

#include "core/quant/weight_only.h"

namespace quantab {

struct RankRestoring {
  std::string activation;  // the product's first input
  int64_t rank = 0;        // of the weight before its leading dimensions, all 1, were dropped
  int64_t columns = 0;
  std::string prefix;   // of the names of nodes and values
  std::string product;  // to be reshaped
  std::string output;   // the value the weight of that rank made
};

// Adds nodes, as ONNX Runtime's quantizer has them, that reshape `product` to
//   [1] * max(rank - max(rank of the activation, 2), 0) + activation.shape[:-1] + [columns]
// which they find out as the model runs; their constants go to `owner`'s graph. Needs operator set
// 12, in which Max takes int64.
void AddRankRestoring(WeightOnlyRewriter& rewriter, DynamicScope& owner,
                      const RankRestoring& request);
inline constexpr int64_t kFirstWithRankRestoring = 12;

}  // namespace quantab
