// MatMulInteger (ai.onnx, since 10): int32 product of 8-bit tensors, exact.
#include "core/ops/i8_matmul.h"

namespace quantab {
namespace {

std::unique_ptr<OpState> Prepare(PrepareContext& c) { return PrepareI8MatMul(c, 1, 3); }

void Compute(OpContext& c) {
  const bool is_signed = IsSignedByte(c, 0);
  const Tensor& a = c.Input(0);
  I8MatMul product(c, a.shape(), 1, 3);
  const MatMulShape& s = product.shape();
  if (c.Optional(2) != nullptr) IsSignedByte(c, 2);
  const std::vector<int32_t> zeros = ZeroPoints(c.Optional(2));
  int32_t* y = c.Output(0, DType::kInt32, s.out).mutable_data<int32_t>();
  if (zeros.size() == 1) {
    return product.Run(a.raw(), is_signed, zeros[0], y, sizeof(int32_t), {});
  }
  const size_t rows = a.rank() < 2 ? 1 : Size(a.dim(a.rank() - 2));
  const size_t all_rows = Size(CountOf(a.shape(), 0, a.rank() - 1));
  if (zeros.size() != rows && zeros.size() != all_rows) {
    c.Invalid("input 2 has shape " + ToString(c.Input(2).shape()) +
              ", expected a scalar or one value for each of '" + std::to_string(rows) + "' rows.");
  }
  product.RunByRow(a.raw(), is_signed, zeros, y);
}

}  // namespace

QUANTAB_REGISTER(ops, matmul_integer) {
  r.Add({.name = "MatMulInteger", .since = 10, .prepare = Prepare, .compute = Compute});
}

}  // namespace quantab
