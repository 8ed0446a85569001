#include "core/kernels/softmax/rows.h"

namespace quantab::kernels {

const SoftmaxKernel softmax_simd128 = {softmax_rows::Plain<RoundTwice>,
                                       softmax_rows::Logarithm<RoundTwice>};

}  // namespace quantab::kernels
