#include "core/kernels/softmax/rows.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {

const SoftmaxKernel softmax_relaxed = {softmax_rows::Plain<RoundFreely>,
                                       softmax_rows::Logarithm<RoundFreely>};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
