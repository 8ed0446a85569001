// Operators that move elements without changing them: Reshape, Squeeze, Unsqueeze, Flatten, Slice,
// TopK.
//   QOperator, but for Slice and TopK, and QDQ: the (first) output like the input
#include "core/quant/qdq.h"
#include "core/quant/qoperator.h"
#include "core/quant/rule.h"

namespace quantab {

QUANTAB_REGISTER(rules, reshape) {
  for (const char* op_type : {"Reshape", "Squeeze", "Unsqueeze", "Flatten"}) {
    r.Add({.op_type = op_type, .qoperator = PassThrough, .qdq = MarkPassThrough});
  }
  for (const char* op_type : {"Slice", "TopK"}) {
    r.Add({.op_type = op_type, .qdq = MarkPassThrough});
  }
}

}  // namespace quantab
