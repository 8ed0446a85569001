// 8-bit matrix products: the right operand packed once when it is constant, on every run otherwise.
#pragma once

#include <memory>

#include "core/kernels/i8_gemm/i8_gemm.h"
#include "core/ops/matmul_shape.h"
#include "core/ops/quantization.h"

namespace quantab {

// Packs constant input `b` with its constant (or absent) zero points, input `b_zero`. nullptr when
// either is not constant.
std::unique_ptr<OpState> PrepareI8MatMul(PrepareContext& c, int b, int b_zero);

// One product in a run. Scratch comes from the context.
class I8MatMul {
 public:
  // The left operand is uint8 or int8 of shape `a`; the context's state is PrepareI8MatMul's or
  // null.
  I8MatMul(OpContext& c, const Shape& a, int b, int b_zero);

  const MatMulShape& shape() const { return shape_; }
  // Matrices that the right operand has.
  size_t matrices() const { return matrices_; }

  // Multiplies all pairs of matrices. `y` holds elements of `size` bytes, as `epilogue.out` says.
  // Matrix `i` of the right operand has the scales from epilogue.scale + i * scale_step on.
  void Run(const void* a, bool a_signed, int32_t a_zero, void* y, size_t size,
           const kernels::I8GemmEpilogue& epilogue, size_t scale_step = 0);

  // The same with a zero point for each row of the left operand.
  void RunByRow(const void* a, bool a_signed, const std::vector<int32_t>& a_zeros, int32_t* y);

 private:
  // Packs that matrix of the right operand.
  void PackOne(size_t matrix, std::byte* packed) const;

  OpContext& c_;
  int b_;
  MatMulShape shape_;
  size_t matrices_ = 1;
  size_t step_ = 0;
  const std::byte* all_ = nullptr;  // packed beforehand
  std::vector<int32_t> b_zeros_;
};

// Throws unless `count` scales (zero points, biases) of input `i` are one, or one for each column.
void CheckByColumn(const OpContext& c, int i, size_t columns);

}  // namespace quantab
