#include "core/kernels/elementwise/binary.h"
#include "core/kernels/elementwise/unary.h"

namespace quantab::kernels {

const ElementwiseKernel elementwise_simd128 = {elementwise_unary::Unary<RoundTwice>,
                                               elementwise_binary::Run};

}  // namespace quantab::kernels
