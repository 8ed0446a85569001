// What an affine map of each output channel makes of a Conv, ConvTranspose, Gemm or MatMul in front
// of it: other weights and another bias.
#pragma once

#include <optional>
#include <vector>

#include "core/passes/pattern.h"

namespace quantab {

// To which output channel element i of a weight belongs:
//   i / (inner * columns) / rows_per_group * columns + i / inner % columns
struct ChannelLayout {
  int64_t inner = 1;
  int64_t columns = 1;
  int64_t rows_per_group = 1;
  bool operator==(const ChannelLayout&) const = default;
};

// A node with constant weights (input 1) and a constant bias or none (input 2).
struct LinearNode {
  int node = -1;
  DType type = DType::kUndefined;  // float16, float32 or float64
  int rank = 0;                    // of its output, whose channels are axis 1
  int64_t channels = 0;
  ChannelLayout layout;
  std::vector<double> bias;  // empty for none; Gemm's beta is in it
};

// Node `i` as such, when it is one of the four, with everything known that the algebra needs.
std::optional<LinearNode> MatchLinear(const PatternGraph& graph, int i);

// y = (x + shift) * factor + offset for each channel; an empty vector does nothing.
struct ChannelAffine {
  std::vector<double> shift = {}, factor = {}, offset = {};
};

// Puts one node with other weights in the place of `linear` and node `last`, its only reader, which
// computes `affine`. Computes in the weights' type, one rounding for each step. Returns false, and
// changes nothing, when a number would not be finite.
bool FoldAffine(PatternGraph& graph, const LinearNode& linear, int last,
                const ChannelAffine& affine);

// The elements of `source`, of `type`, each times the factor of its channel; computed when read.
BlobPtr ChannelScaledBlob(BlobPtr source, DType type, const ChannelLayout& layout,
                          std::vector<double> factors);

}  // namespace quantab
