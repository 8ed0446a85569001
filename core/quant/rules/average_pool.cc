// AveragePool, GlobalAveragePool.
//   QDQ:  AveragePool's output like the input, whose range holds every mean; GlobalAveragePool's
//         with a range of its own, which is much smaller
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {

QUANTAB_REGISTER(rules, average_pool) {
  r.Add({.op_type = "AveragePool", .qdq = MarkPassThrough});
  r.Add({.op_type = "GlobalAveragePool", .qdq = MarkAll});
}

}  // namespace quantab
