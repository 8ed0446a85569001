// Operators under the general rule of QDQ, each float input and output an activation: Add, Mul,
// Sigmoid, LeakyRelu, Softmax, Concat, ArgMax, CumSum.
#include "core/quant/qdq.h"
#include "core/quant/rule.h"

namespace quantab {

QUANTAB_REGISTER(rules, elementwise) {
  for (const char* op_type :
       {"Add", "Mul", "Sigmoid", "LeakyRelu", "Softmax", "Concat", "ArgMax", "CumSum"}) {
    r.Add({.op_type = op_type, .qdq = MarkAll});
  }
}

}  // namespace quantab
