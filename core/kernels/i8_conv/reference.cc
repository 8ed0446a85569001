#include "core/kernels/i8_conv/i8_conv.h"

namespace quantab::kernels {
namespace {

void Rows(size_t rows, size_t n, size_t taps, const int16_t* x, size_t x_row, const size_t* offsets,
          const int16_t* w, int32_t* acc) {
  for (size_t r = 0; r < rows; ++r, x += x_row) {
    for (size_t i = 0; i < n; ++i) {
      uint32_t sum = 0;
      for (size_t t = 0; t < taps; ++t) sum += static_cast<uint32_t>(w[t] * x[offsets[t] + i]);
      *acc++ = static_cast<int32_t>(sum);
    }
  }
}

void Centre(size_t n, const uint8_t* from, bool is_signed, size_t step, int16_t zero, int16_t* to) {
  for (size_t i = 0; i < n; ++i) {
    const uint8_t byte = from[i * step];
    const int value = is_signed ? int{static_cast<int8_t>(byte)} : int{byte};
    to[i] = static_cast<int16_t>(value - zero);
  }
}

}  // namespace

const I8ConvKernel i8_conv_reference = {Rows, Centre};

}  // namespace quantab::kernels
