#include "core/kernels/elementwise/binary.h"
#include "core/kernels/elementwise/unary.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {

const ElementwiseKernel elementwise_relaxed = {elementwise_unary::Unary<RoundFreely>,
                                               elementwise_binary::Run};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
