// Functions of one byte, as tables of 256 results indexed by the byte's bits.
#pragma once

#include "core/tensor/tensor.h"

namespace quantab {

// How one 8-bit type stands for real numbers.
struct QuantizedPoint {
  float scale = 1;
  int32_t zero = 0;
  DType dtype = DType::kUint8;  // or kInt8

  bool operator==(const QuantizedPoint&) const = default;
};

// The real values of the bytes 0..255.
Tensor DequantizedBytes(const QuantizedPoint& x);

// A table of quantized results from 256 real ones. Throws Error(kInvalidModel) for any other number
// of them: what a function of one value gave has another shape.
Tensor QuantizedTable(const Tensor& values, const QuantizedPoint& y);

// y[i] = table[x[i]]; x and y may be the same memory.
void LookUp(size_t n, const std::byte* x, const Tensor& table, std::byte* y);

// Rows of n bytes, one after the other in x and `y_row` apart in y; copied when there is no table.
void LookUpRows(size_t rows, size_t n, const std::byte* x, const Tensor& table, std::byte* y,
                size_t y_row);

}  // namespace quantab
