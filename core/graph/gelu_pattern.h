// GELU written out, in either of its forms:
//   x / 2 * (1 + erf(x / sqrt(2)))
//   x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
// (Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", section 2.)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/graph/pattern_view.h"

namespace quantab {

struct GeluPattern {
  std::string x;
  DType type = DType::kUndefined;
  bool tanh = false;
  std::vector<int> nodes;  // all of them
  int last = -1;           // the one whose output stays
};

// The GELU around node `i`, an Erf or a Tanh, however its products are put together; its constants
// are within `tolerance`, relatively, of those above. Nothing when somebody else reads between the
// nodes.
std::optional<GeluPattern> MatchGelu(const PatternView& graph, int i, double tolerance);

}  // namespace quantab
