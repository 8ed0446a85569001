// GELU written out, in either of its forms:
//   x / 2 * (1 + erf(x / sqrt(2)))
//   x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
// (Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", section 2.)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/passes/pattern.h"

namespace quantab {

struct GeluPattern {
  std::string x;
  DType type = DType::kUndefined;
  bool tanh = false;
  std::vector<int> nodes;  // all of them
  int last = -1;           // the one whose output stays
};

// The GELU around node `i`, an Erf or a Tanh, however its products are put together. Nothing when
// somebody else reads between the nodes.
std::optional<GeluPattern> MatchGelu(const PatternGraph& graph, int i);

// Puts `node` in the place of the pattern's last node and takes out the others.
void ReplaceGelu(PatternGraph& graph, const GeluPattern& pattern, onnx::NodeProto node);

}  // namespace quantab
