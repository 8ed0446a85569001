#include "core/kernels/elementwise/approximate.h"
#include "core/kernels/elementwise/exact.h"

namespace quantab::kernels {

const ElementwiseKernel elementwise_simd128 = {elementwise_approximate::Unary<RoundTwice>,
                                               elementwise_exact::Binary};

}  // namespace quantab::kernels
