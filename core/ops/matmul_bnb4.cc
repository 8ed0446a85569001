// MatMulBnb4 (com.microsoft): a product with weights of 4 bits that are indices of a table of 16
// values, FP4's (quant_type 0) or NF4's (1), scaled by the largest magnitude of their block,
//   y = a * transpose(b) (transB, the default), or a * b        b[i] = table[index[i]] * absmax[i /
//   block_size]
//   (a, b [ceil(N * K / 2)] of uint8, absmax [ceil(N * K / block_size)])
// b stands for [N, K]; blocks run on from row to row; a byte holds its first index in the high
// half. The weights are dequantized a few columns at a time.
#include "core/ops/columns_matmul.h"
#include "core/ops/float_or_half.h"
#include "core/ops/matmul_shape.h"
#include "core/tensor/bnb4.h"

namespace quantab {
namespace {

struct Weights {
  size_t rows = 0, columns = 0;  // N and K
  size_t block = 0;
  const Bnb4Numbers* numbers = nullptr;
  const uint8_t* data = nullptr;
  Tensor absmax;

  // `count` elements from `at` on, `step` apart, to every kF32GemmPanel-th of `out`.
  void Read(size_t at, size_t step, size_t count, float* out) const {
    size_t block_end = 0;
    float scale = 0;
    for (size_t i = 0; i < count; ++i, at += step, out += kernels::kF32GemmPanel) {
      if (at >= block_end) {
        scale = FloatAt(absmax, at / block);
        block_end = (at / block + 1) * block;
      }
      const uint8_t byte = data[at / 2];
      *out = (*numbers)[at % 2 == 0 ? byte >> 4 : byte & 15] * scale;
    }
  }
};

void ExpectCount(const OpContext& c, int i, size_t count) {
  if (Size(c.Input(i).count()) == count) return;
  c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
            ", expected '" + std::to_string(count) + "' elements.");
}

Weights ReadWeights(const OpContext& c) {
  const int64_t n = c.attributes().Int("N", 0), k = c.attributes().Int("K", 0);
  const std::optional<int64_t> count = CheckedElementCount(Shape{n, k});
  if (!count || *count == 0) {
    c.Invalid("attributes 'N' and 'K' are '" + std::to_string(n) + "' and '" + std::to_string(k) +
              "', which is no matrix.");
  }
  const int64_t block = c.attributes().Int("block_size", 0);
  if (block < 16 || (block & (block - 1)) != 0) {
    c.Invalid("attribute 'block_size' is '" + std::to_string(block) +
              "', expected a power of two that is not smaller than 16.");
  }
  const int64_t type = c.attributes().Int("quant_type", -1);
  if (type != 0 && type != 1) {
    c.Invalid("attribute 'quant_type' is '" + std::to_string(type) + "', expected 0 or 1.");
  }
  if (c.Input(1).dtype() != DType::kUint8) UnsupportedInputType(c, 1);
  if (!IsFloatOrHalf(c.Input(2).dtype())) UnsupportedInputType(c, 2);
  Weights w;
  w.rows = Size(n);
  w.columns = Size(k);
  w.block = Size(block);
  w.numbers = &NumbersOf(static_cast<Bnb4Type>(type));
  ExpectCount(c, 1, kernels::DivideUp(Size(*count), 2));
  ExpectCount(c, 2, kernels::DivideUp(Size(*count), w.block));
  w.data = c.Input(1).data<uint8_t>();
  w.absmax = c.Input(2);
  return w;
}

void Compute(OpContext& c) {
  const DType dtype = c.Input(0).dtype();
  if (!IsFloatOrHalf(dtype)) UnsupportedInputType(c, 0);
  const Weights w = ReadWeights(c);
  const bool transposed = c.attributes().Int("transB", 1) != 0;
  const size_t k = transposed ? w.columns : w.rows, n = transposed ? w.rows : w.columns;
  const MatMulShape s =
      ShapeMatMul(c, c.Input(0).shape(), {static_cast<int64_t>(k), static_cast<int64_t>(n)});
  const Tensor a = AsFloat(c.Input(0));
  Tensor& out = c.Output(0, dtype, s.out);
  Tensor y = IsHalf(dtype) ? Tensor(DType::kFloat, s.out) : out;
  const MakeColumn column = [&](size_t i, float* values) {
    transposed ? w.Read(i * w.columns, 1, k, values) : w.Read(i, w.columns, k, values);
  };
  MultiplyByColumns(c, s.m, n, k, a.data<float>(), column, nullptr, y.mutable_data<float>());
  if (IsHalf(dtype)) FloatToHalf(y, out);
}

}  // namespace

QUANTAB_REGISTER(ops, matmul_bnb4) {
  r.Add({.name = "MatMulBnb4", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
