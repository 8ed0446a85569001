// What normalizations over trailing dimensions have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/passes/pattern.h"

namespace quantab {

// y = v / sqrt(mean(w * w) + epsilon), with the mean over the last `axes` dimensions.
struct RootMeanSquare {
  std::string dividend;  // v
  std::string squared;   // w, of which v may be a copy
  double epsilon = 0;
  DType type = DType::kUndefined;
  int64_t axes = 0;
  std::vector<int> nodes;  // that compute y, the last one first
};

// Such a y made by node `last`: a division, or a product with 1 / sqrt in one of its forms.
std::optional<RootMeanSquare> MatchRootMeanSquare(const PatternGraph& graph, int last);

// Whether node `i` is a ReduceMean over the last `axes` dimensions, which it keeps. With `axes` 0,
// any number of them but none, which `found` tells.
bool IsTrailingMean(const PatternGraph& graph, int i, int64_t axes, int64_t* found = nullptr);

// Nodes that become one normalization of x.
struct NormPattern {
  std::string x;
  DType type = DType::kUndefined;
  Shape dims = {};                    // of x that are normalized, all known
  std::vector<int> nodes;             // all of them
  int last = -1;                      // the one whose output stays
  std::string scale = {}, bias = {};  // constants with `dims`; empty for none
};

// The pattern of `rms` over x, with the Mul and, when `with_bias`, the Add of constants that follow
// in it. Nothing when a dimension is unknown, the type is not float16 or float32, or somebody else
// reads between the nodes.
std::optional<NormPattern> NormalizationOf(const PatternGraph& graph, const RootMeanSquare& rms,
                                           const std::string& x, bool with_bias);

// Puts operator `op_type` of ai.onnx in the pattern's place, with ones for a missing scale.
void ReplaceNormalization(PatternGraph& graph, const NormPattern& pattern,
                          const RootMeanSquare& rms, const std::string& op_type);

}  // namespace quantab
