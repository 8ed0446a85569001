#include "core/ops/i8_matmul.h"

namespace quantab {
namespace {

struct State : OpState {
  Shape shape;
  Tensor packed;
  size_t bytes() const override { return packed.bytes(); }
};

size_t StepOf(size_t n, size_t k) {
  return (kernels::I8GemmPackedBytes(n, k) + kBufferAlignment - 1) / kBufferAlignment *
         kBufferAlignment;
}

void Pack(size_t n, size_t k, const std::byte* b, bool is_signed, const std::vector<int32_t>& zeros,
          size_t matrix, std::byte* packed) {
  // Zero points may be given for all matrices' columns.
  const size_t first = zeros.size() > n ? matrix * n % zeros.size() : 0;
  kernels::I8GemmB operand;
  operand.data = b + matrix * n * k;
  operand.is_signed = is_signed;
  operand.k_stride = n;
  operand.n_stride = 1;
  operand.zero = zeros.data() + first;
  operand.zero_stride = zeros.size() == 1 ? 0 : 1;
  kernels::I8GemmPack(n, k, operand, packed);
}

}  // namespace

std::unique_ptr<OpState> PrepareI8MatMul(PrepareContext& c, int b, int b_zero) {
  const Tensor* weights = c.Constant(b);
  const bool has_zero = b_zero < c.input_count() && !c.node().input(b_zero).empty();
  const Tensor* zero = has_zero ? c.Constant(b_zero) : nullptr;
  if (weights == nullptr || (has_zero && zero == nullptr) || weights->rank() < 2 ||
      weights->count() == 0 ||
      (weights->dtype() != DType::kInt8 && weights->dtype() != DType::kUint8)) {
    return nullptr;
  }
  const size_t n = Size(weights->shape().back());
  const size_t k = Size(weights->dim(weights->rank() - 2));
  const std::vector<int32_t> zeros = ZeroPoints(zero);
  if (zeros.size() != 1 && zeros.size() % n != 0) {
    c.Invalid("input " + std::to_string(b_zero) + " has shape " + ToString(zero->shape()) +
              ", expected a scalar or one value for each of '" + std::to_string(n) + "' columns.");
  }
  const size_t count = Size(weights->count()) / (n * k);
  auto state = std::make_unique<State>();
  state->shape = weights->shape();
  state->packed = Tensor(DType::kUint8, {static_cast<int64_t>(StepOf(n, k) * count)});
  for (size_t i = 0; i < count; ++i) {
    Pack(n, k, weights->raw(), weights->dtype() == DType::kInt8, zeros, i,
         state->packed.mutable_raw() + i * StepOf(n, k));
  }
  c.Release(b);
  return state;
}

I8MatMul::I8MatMul(OpContext& c, const Shape& a, int b, int b_zero) : c_(c), b_(b) {
  const auto* state = static_cast<const State*>(c.state());
  shape_ = ShapeMatMul(c, a, state ? state->shape : c.Input(b).shape());
  step_ = StepOf(shape_.n, shape_.k);
  if (state) {
    all_ = state->packed.raw();
    return;
  }
  IsSignedByte(c, b);
  b_zeros_ = ZeroPoints(c.Optional(b_zero));
  if (b_zeros_.size() != 1 && b_zeros_.size() % shape_.n != 0) CheckByColumn(c, b_zero, shape_.n);
  one_ = c.Scratch(step_).data();
}

const std::byte* I8MatMul::Packed(size_t matrix) {
  if (all_) return all_ + matrix * step_;
  if (packed_ != matrix) {
    const Tensor& b = c_.Input(b_);
    Pack(shape_.n, shape_.k, b.raw(), b.dtype() == DType::kInt8, b_zeros_, matrix, one_);
    packed_ = matrix;
  }
  return one_;
}

void I8MatMul::Run(const void* a, bool a_signed, int32_t a_zero, void* y, size_t size,
                   const kernels::I8GemmEpilogue& epilogue) {
  const MatMulShape& s = shape_;
  ForEachMatrix(s, [&](size_t ia, size_t ib, size_t iy) {
    kernels::I8Gemm(s.m, s.n, s.k, static_cast<const std::byte*>(a) + ia * s.m * s.k, a_signed, s.k,
                    a_zero, Packed(ib), static_cast<std::byte*>(y) + iy * s.m * s.n * size, s.n,
                    epilogue);
  });
}

void I8MatMul::RunByRow(const void* a, bool a_signed, const std::vector<int32_t>& a_zeros,
                        int32_t* y) {
  const MatMulShape& s = shape_;
  ForEachMatrix(s, [&](size_t ia, size_t ib, size_t iy) {
    for (size_t row = 0; row < s.m; ++row) {
      const size_t at = ia * s.m + row;
      kernels::I8Gemm(1, s.n, s.k, static_cast<const std::byte*>(a) + at * s.k, a_signed, s.k,
                      a_zeros[at % a_zeros.size()], Packed(ib), y + (iy * s.m + row) * s.n, s.n,
                      {});
    }
  });
}

void CheckByColumn(const OpContext& c, int i, size_t columns) {
  const Tensor& input = c.Input(i);
  if (input.count() == 1 || Size(input.count()) == columns) return;
  c.Invalid("input " + std::to_string(i) + " has shape " + ToString(input.shape()) +
            ", expected a scalar or one value for each of '" + std::to_string(columns) +
            "' columns.");
}

}  // namespace quantab
