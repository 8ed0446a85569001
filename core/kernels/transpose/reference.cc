#include <cstring>

#include "core/kernels/transpose/transpose.h"

namespace quantab::kernels {
namespace {

void Swap(size_t rows, size_t columns, size_t element_size, const void* x, size_t x_row, void* y,
          size_t y_row) {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      std::memcpy(static_cast<char*>(y) + (c * y_row + r) * element_size,
                  static_cast<const char*>(x) + (r * x_row + c) * element_size, element_size);
    }
  }
}

}  // namespace

const TransposeKernel transpose_reference = {Swap};

}  // namespace quantab::kernels
