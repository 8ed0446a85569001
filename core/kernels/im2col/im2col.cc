#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/im2col/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily im2col_family("im2col", kEntries);

size_t ConvOutSize(size_t in, size_t kernel, size_t stride, size_t dilation, size_t pad_begin,
                   size_t pad_end) {
  const size_t span = SaturatingAdd(SaturatingMul(dilation, kernel - 1), 1);
  const size_t padded = in + pad_begin + pad_end;
  return padded < span ? 0 : (padded - span) / stride + 1;
}

void Im2colF32Packed(const ConvShape& shape, size_t channels, const float* x, float pad_value,
                     size_t first, size_t count, float* packed) {
  im2col_family.Get<Im2colKernel>().f32_packed(shape, channels, x, pad_value, first, count, packed);
}

void Im2colBytesRows(const ConvShape& shape, size_t channels, const uint8_t* x, size_t x_stride,
                     uint8_t pad_value, size_t first, size_t count, uint8_t* rows) {
  im2col_family.Get<Im2colKernel>().bytes_rows(shape, channels, x, x_stride, pad_value, first,
                                               count, rows);
}

}  // namespace quantab::kernels
