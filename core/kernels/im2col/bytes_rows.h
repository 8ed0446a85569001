#ifndef QUANTAB_CORE_KERNELS_IM2COL_BYTES_ROWS_H_
#define QUANTAB_CORE_KERNELS_IM2COL_BYTES_ROWS_H_

#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels::im2col_simd {

// See Im2colKernel::bytes_rows.
void BytesRows(const ConvShape& shape, size_t channels, const uint8_t* x, size_t x_stride,
               uint8_t pad_value, size_t first, size_t count, uint8_t* rows);

}  // namespace quantab::kernels::im2col_simd

#endif  // QUANTAB_CORE_KERNELS_IM2COL_BYTES_ROWS_H_
