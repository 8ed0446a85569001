// The LSTM's equations, shared by the float and the dynamically quantized operator.
#pragma once

#include "core/ops/recurrent.h"

namespace quantab {

// Runs one direction. Gates come in the order input, output, forget, cell.
//   i = f(Xi + Hi + p_i * C)   f' = f(Xf + Hf + p_f * C)  (or 1 - i)   g' = g(Xc + Hc)
//   C' = f' * C + i * g'       o = f(Xo + Ho + p_o * C')               H' = o * h(C')
void RunLstm(OpContext& c, RecurrentRun& run, const RecurrentShape& s, size_t direction,
             const float* x, const Direction& d);

}  // namespace quantab
