#include "core/kernels/lookup/lookup.h"

namespace quantab::kernels {
namespace {

void Run(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y) {
  for (size_t i = 0; i < n; ++i) y[i] = table[x[i]];
}

void Rows(size_t rows, size_t n, const uint8_t* x, size_t x_row, const uint8_t* table, uint8_t* y,
          size_t y_row) {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < n; ++i) {
      const uint8_t byte = x[r * x_row + i];
      y[r * y_row + i] = table == nullptr ? byte : table[byte];
    }
  }
}

}  // namespace

const LookupKernel lookup_reference = {Run, Rows};

}  // namespace quantab::kernels
