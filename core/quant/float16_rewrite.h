// Carries out a plan: types, constants, and one Cast for each value that is needed in a form that
// nobody makes.
//   before:  Conv(x, w) -> y ;  TopK(y, k) -> v, i                      (all float32)
//   after:   Conv(x, w) -> y ;  Cast(y) -> y_float32 ;  TopK(y_float32, k) -> v, i
#pragma once

#include <string>
#include <vector>

#include "core/quant/float16_plan.h"
#include "core/quant/float16_values.h"

namespace quantab {

// Rewrites `model`, which `plan` is of. Nodes come out sorted; a Cast follows what makes its input,
// and Casts that would change nothing are left out. Constants that are needed in both forms are
// there twice, unless `cast_constants`. Returns the nodes that were kept, as in NodeLabel.
std::vector<std::string> RewriteHalf(Model& model, GraphPlan& plan, HalfConstants& constants,
                                     bool cast_constants);

}  // namespace quantab
