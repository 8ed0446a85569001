// CumSum.
//   QDQ:  the general rule
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {

QUANTAB_REGISTER(rules, cum_sum) { r.Add({.op_type = "CumSum", .qdq = MarkAll}); }

}  // namespace quantab
