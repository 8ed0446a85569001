#include "core/ops/i8_matmul.h"

#include "core/base/parallel.h"
#include "core/onnx/model.h"

namespace quantab {
namespace {

struct State : OpState {
  Shape shape;
  Tensor packed;
  size_t bytes() const override { return packed.bytes(); }
};

// Which matrices of a batch make one product.
struct Matrices {
  size_t a, b, y;
};

// Products made in the time of one simple operation (GrainFor).
constexpr size_t kProductsOfAStep = 8;

size_t StepOf(size_t n, size_t k) {
  return kernels::SaturatingRoundUp(kernels::I8GemmPackedBytes(n, k), kBufferAlignment);
}

// Zero points may be one for all, one for each column, or one for each column of each matrix.
bool ZerosFit(size_t zeros, size_t n, size_t matrices) {
  return zeros == 1 || zeros == n || zeros == kernels::SaturatingMul(n, matrices);
}

// The matrices in a tensor of that shape.
size_t MatricesOf(const Shape& shape) {
  return Size(CountOf(shape, 0, static_cast<int>(shape.size()) - 2));
}

void Pack(size_t n, size_t k, const std::byte* b, bool is_signed, const std::vector<int32_t>& zeros,
          size_t matrix, std::byte* packed) {
  const size_t first = zeros.size() > n ? matrix * n : 0;
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
      weights->count() == 0 || !IsByte(weights->dtype()) ||
      (zero != nullptr && !IsByte(zero->dtype()))) {
    return nullptr;
  }
  const size_t n = Size(weights->shape().back());
  const size_t k = Size(weights->dim(weights->rank() - 2));
  const std::vector<int32_t> zeros = ZeroPoints(zero);
  const size_t count = MatricesOf(weights->shape());
  if (!ZerosFit(zeros.size(), n, count)) {
    c.Invalid("input " + std::to_string(b_zero) + " has shape " + ToString(zero->shape()) +
              ", expected a scalar or one value for each of '" + std::to_string(n) + "' columns.");
  }
  auto state = std::make_unique<State>();
  state->shape = weights->shape();
  state->packed = PackedTensor(DType::kUint8, kernels::SaturatingMul(StepOf(n, k), count));
  for (size_t i = 0; i < count; ++i) {
    Pack(n, k, weights->raw(), weights->dtype() == DType::kInt8, zeros, i,
         state->packed.mutable_raw() + i * StepOf(n, k));
  }
  c.Release(b);
  return state;
}

I8MatMul::I8MatMul(OpContext& c, const Shape& a, int b, int b_zero) : c_(c), b_(b) {
  const auto* state = static_cast<const State*>(c.state());
  const Shape& right = state ? state->shape : c.Input(b).shape();
  shape_ = ShapeMatMul(c, a, right);
  if (right.size() > 2) matrices_ = MatricesOf(right);
  step_ = StepOf(shape_.n, shape_.k);
  if (state) {
    all_ = state->packed.raw();
    return;
  }
  IsSignedByte(c, b);
  if (c.Optional(b_zero) != nullptr) IsSignedByte(c, b_zero);
  b_zeros_ = ZeroPoints(c.Optional(b_zero));
  if (!ZerosFit(b_zeros_.size(), shape_.n, matrices_)) {
    CheckByColumn(c, b_zero, shape_.n);
  }
}

void I8MatMul::PackOne(size_t matrix, std::byte* packed) const {
  const Tensor& b = c_.Input(b_);
  Pack(shape_.n, shape_.k, b.raw(), b.dtype() == DType::kInt8, b_zeros_, matrix, packed);
}

void I8MatMul::Run(const void* a, bool a_signed, int32_t a_zero, void* y, size_t size,
                   const kernels::I8GemmEpilogue& epilogue, size_t scale_step) {
  const MatMulShape& s = shape_;
  const auto multiply = [&](const Matrices& of, const std::byte* packed) {
    kernels::I8GemmEpilogue own = epilogue;
    if (epilogue.scale != nullptr) own.scale = epilogue.scale + of.b * scale_step;
    kernels::I8Gemm(s.m, s.n, s.k, static_cast<const std::byte*>(a) + of.a * s.m * s.k, a_signed,
                    s.k, a_zero, packed, static_cast<std::byte*>(y) + of.y * s.m * s.n * size, s.n,
                    own);
  };
  if (all_) {
    ForEachMatrix(
        s, [&](size_t ia, size_t ib, size_t iy) { multiply({ia, ib, iy}, all_ + ib * step_); });
    return;
  }
  if (ElementCount(s.out) == 0) return;
  // Products of a batch may run side by side, each thread packing what it needs.
  std::vector<Matrices> products;
  ForEachMatrix(s, [&](size_t ia, size_t ib, size_t iy) { products.push_back({ia, ib, iy}); });
  const size_t grain = GrainFor(kernels::SaturatingMul(s.m, s.n, s.k) / kProductsOfAStep);
  const size_t lanes = LanesOf(products.size(), grain);
  std::byte* scratch = c_.Scratch(kernels::SaturatingMul(lanes, step_)).data();
  ParallelFor(products.size(), grain, [&](size_t begin, size_t end, size_t lane) {
    std::byte* packed = scratch + lane * step_;
    for (size_t i = begin; i < end; ++i) {
      if (i == begin || products[i].b != products[i - 1].b) PackOne(products[i].b, packed);
      multiply(products[i], packed);
    }
  });
}

void I8MatMul::RunByRow(const void* a, bool a_signed, const std::vector<int32_t>& a_zeros,
                        int32_t* y) {
  const MatMulShape& s = shape_;
  if (a_zeros.empty()) return;  // there are no rows
  std::byte* one = all_ ? nullptr : c_.Scratch(step_).data();
  size_t last = SIZE_MAX;  // the matrix packed last
  ForEachMatrix(s, [&](size_t ia, size_t ib, size_t iy) {
    if (!all_ && last != ib) PackOne(ib, one);
    last = ib;
    const std::byte* packed = all_ ? all_ + ib * step_ : one;
    for (size_t row = 0; row < s.m; ++row) {
      const size_t at = ia * s.m + row;
      kernels::I8Gemm(1, s.n, s.k, static_cast<const std::byte*>(a) + at * s.k, a_signed, s.k,
                      a_zeros[at % a_zeros.size()], packed, y + (iy * s.m + row) * s.n, s.n, {});
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
