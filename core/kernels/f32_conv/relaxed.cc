#include "core/kernels/f32_conv/rows.h"

#if QUANTAB_RELAXED_SIMD

namespace quantab::kernels {

const F32ConvKernel f32_conv_relaxed = {f32_conv_rows::Rows<RoundFreely>, f32_conv_rows::Fill};

}  // namespace quantab::kernels

#endif  // QUANTAB_RELAXED_SIMD
