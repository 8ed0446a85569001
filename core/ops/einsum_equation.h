// The equation of Einsum, read: which label each dimension of each operand has.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/ops/op.h"

namespace quantab {

// A letter, or (above all letters) a dimension under an ellipsis, counted from the right.
using EinsumLabel = int;
using EinsumLabels = std::vector<EinsumLabel>;

struct EinsumEquation {
  std::vector<EinsumLabels> inputs;  // a label for each dimension
  EinsumLabels output;
  // Operands may have 1 where this has more.
  std::map<EinsumLabel, int64_t> sizes;
};

// Reads attribute 'equation' for the shapes of the node's inputs. Throws Error(kInvalidModel) where
// it is no equation, or the shapes do not fit it.
EinsumEquation ReadEinsum(const OpContext& c);

}  // namespace quantab
