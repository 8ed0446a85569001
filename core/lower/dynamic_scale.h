// The tail of a dynamically quantized product: int32 -> Cast -> Mul by the scales -> maybe Add of a
// bias.
#pragma once

#include "core/lower/lower_graph.h"

namespace quantab {

struct DynamicTail {
  int last = -1;        // the node whose output the lowered operator makes
  std::string a_scale;  // the DynamicQuantizeLinear's
  std::string b_scale;  // constant
  std::string scale;    // their product
  std::string bias;     // the other input of Add; empty when there is none

  // Leaves the Add after product `i` as it is.
  void DropBias(const LowerGraph& graph, int i);
};

// Follows integer product `i`, whose input `a` comes from a DynamicQuantizeLinear with zero point
// input `a_zero`; nothing when the graph there is another.
std::optional<DynamicTail> FindDynamicTail(const LowerGraph& graph, int i, int a, int a_zero);

}  // namespace quantab
