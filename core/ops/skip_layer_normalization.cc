// SkipLayerNormalization (com.microsoft): a residual connection and the LayerNormalization behind
// it,
//
//   s = x + skip + bias,   y = (s - mean(s)) / sqrt(variance(s) + epsilon) * gamma + beta
//
// along the last dimension; and SkipSimplifiedLayerNormalization, the same with 0 for the mean and
// no beta. skip may leave out, or have 1 for, leading dimensions of x. Outputs: y; mean and inverse
// deviation of the rows, float32 whatever the input is; s.
#include <algorithm>

#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/norm/norm.h"
#include "core/ops/types.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

// Input `i` in float32; one that does not exist() when it is absent.
Tensor FloatTensor(const OpContext& c, int i) {
  const Tensor* input = c.Optional(i);
  if (input == nullptr) return {};
  if (IsHalf(input->dtype())) return HalfToFloat(*input);
  FloatInput(c, i);
  return *input;
}

// Input `i` as one value for each column, or null when it is absent.
const float* ColumnValues(const OpContext& c, int i, const Tensor& values, int64_t columns) {
  if (!values.exists()) return nullptr;
  if (values.shape() != Shape{columns}) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(values.shape()) +
              ", expected [" + std::to_string(columns) + "].");
  }
  return values.data<float>();
}

void CheckShapes(const OpContext& c, const Shape& x, const Shape& skip) {
  if (x.empty()) c.Invalid("input 0 is a scalar.");
  const auto tail = std::find_if(skip.begin(), skip.end(), [](int64_t dim) { return dim != 1; });
  const auto count = skip.end() - tail;
  if (skip.size() > x.size() || !std::equal(tail, skip.end(), x.end() - count)) {
    c.Invalid("input 1 has shape " + ToString(skip) + ", which does not repeat to " + ToString(x) +
              ".");
  }
}

// Output `i` of type `dtype` as float32 numbers; Finish() rounds them.
Tensor FloatOutput(OpContext& c, int i, DType dtype, const Shape& shape) {
  return IsHalf(dtype) ? Tensor(DType::kFloat, shape) : c.Output(i, dtype, shape);
}
void Finish(OpContext& c, int i, DType dtype, const Tensor& values) {
  if (IsHalf(dtype)) FloatToHalf(values, c.Output(i, dtype, values.shape()));
}

// The sum of x, skip and bias.
void Add(const Tensor& x, const Tensor& skip, const float* bias, size_t columns, float* sum) {
  using kernels::BinaryOp;
  const size_t count = Size(x.count()), repeated = Size(skip.count());
  if (count == 0) return;
  kernels::Binary(BinaryOp::kAdd, count / repeated, repeated, x.data<float>(), repeated, 1,
                  skip.data<float>(), 0, 1, sum);
  if (bias == nullptr) return;
  kernels::Binary(BinaryOp::kAdd, count / columns, columns, sum, columns, 1, bias, 0, 1, sum);
}

template <bool kRms>
void Compute(OpContext& c) {
  const DType dtype = c.Input(0).dtype();
  const Tensor x = FloatTensor(c, 0), skip = FloatTensor(c, 1), gamma = FloatTensor(c, 2);
  if (!skip.exists() || !gamma.exists()) c.Invalid("input 1 or input 2 is absent.");
  const Tensor beta = kRms ? Tensor() : FloatTensor(c, 3), bias = FloatTensor(c, kRms ? 3 : 4);
  CheckShapes(c, x.shape(), skip.shape());
  const int64_t size = x.shape().back();
  const size_t columns = Size(size), rows = Size(CountOf(x.shape(), 0, x.rank() - 1));
  const float* scale = ColumnValues(c, 2, gamma, size);
  const float* shift = ColumnValues(c, 3, beta, size);
  Tensor y = FloatOutput(c, 0, dtype, x.shape());
  Tensor sum = c.HasOutput(3) ? FloatOutput(c, 3, dtype, x.shape()) : y;
  Add(x, skip, ColumnValues(c, kRms ? 3 : 4, bias, size), columns, sum.mutable_data<float>());

  Shape reduced = x.shape();
  reduced.back() = 1;
  float* mean = nullptr;
  if (c.HasOutput(1)) mean = c.Output(1, DType::kFloat, reduced).mutable_data<float>();
  float* inv = nullptr;
  if (c.HasOutput(2)) inv = c.Output(2, DType::kFloat, reduced).mutable_data<float>();
  const float epsilon = c.attributes().Float("epsilon", 1e-12f);
  const float* s = sum.data<float>();
  float* out = y.mutable_data<float>();
  // Rows without elements may be more than can be walked.
  const size_t walked = x.count() == 0 && mean == nullptr && inv == nullptr ? 0 : rows;
  if (kRms) {
    if (mean != nullptr) std::fill_n(mean, rows, 0.0f);
    kernels::RmsNormRows(walked, columns, s, scale, shift, epsilon, out, inv);
  } else {
    kernels::LayerNormRows(walked, columns, s, scale, shift, epsilon, out, mean, inv);
  }
  Finish(c, 0, dtype, y);
  if (c.HasOutput(3)) Finish(c, 3, dtype, sum);
}

}  // namespace

QUANTAB_REGISTER(ops, skip_layer_normalization) {
  r.Add({.name = "SkipLayerNormalization",
         .domain = "com.microsoft",
         .in_place = true,
         .compute = Compute<false>});
  r.Add({.name = "SkipSimplifiedLayerNormalization",
         .domain = "com.microsoft",
         .in_place = true,
         .compute = Compute<true>});
}

}  // namespace quantab
