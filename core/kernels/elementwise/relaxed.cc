#include "core/kernels/elementwise/approximate.h"
#include "core/kernels/elementwise/exact.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {

const ElementwiseKernel elementwise_relaxed = {elementwise_approximate::Unary<RoundFreely>,
                                               elementwise_exact::Binary};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
