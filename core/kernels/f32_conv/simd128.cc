#include "core/kernels/f32_conv/rows.h"

namespace quantab::kernels {

const F32ConvKernel f32_conv_simd128 = {f32_conv_rows::Rows<RoundTwice>, f32_conv_rows::Fill};

}  // namespace quantab::kernels
