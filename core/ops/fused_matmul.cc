// FusedMatMul (com.microsoft; TransposeMatMul is its older name): y = alpha * matmul(A', B'), where
// transA and transB swap the last two dimensions of an operand, and before that transBatchA and
// transBatchB move its first dimension behind the others but the last. Operands of one dimension
// are not transposed.
#include <algorithm>
#include <array>

#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/transpose/transpose.h"
#include "core/ops/half.h"
#include "core/ops/matmul_shape.h"

namespace quantab {
namespace {

// The matrices of a right operand: element (k, n) of matrix i is at data[i * step + k * ld + n], or
// at data[i * step + n * ld + k] when transposed.
struct Layout {
  Shape shape;  // as matmul sees it
  size_t step = 0, ld = 0;
  bool transposed = false;
};

bool Flag(const Attributes& attributes, const char* name) { return attributes.Int(name, 0) != 0; }

// The shape after transBatch and trans.
Shape Transposed(Shape shape, bool batch, bool matrix) {
  if (shape.size() < 2) return shape;
  if (batch) std::rotate(shape.begin(), shape.begin() + 1, shape.end() - 1);
  if (matrix) std::swap(shape[shape.size() - 2], shape[shape.size() - 1]);
  return shape;
}

Layout LayoutOfB(const Attributes& attributes, const Shape& b) {
  const bool batch = Flag(attributes, "transBatchB"), matrix = Flag(attributes, "transB");
  Layout layout{.shape = Transposed(b, batch, matrix), .transposed = matrix && b.size() > 1};
  if (b.size() < 2) {
    layout.ld = 1;
    return layout;
  }
  const size_t columns = Size(b.back()), rows = Size(b[b.size() - 2]);
  const bool moved = batch && b.size() > 2;
  layout.step = moved ? columns : rows * columns;
  layout.ld = moved ? Size(CountOf(b, 1, static_cast<int>(b.size()))) : columns;
  return layout;
}

// Packs matrix `i` with alpha in it.
void Pack(const float* b, const Layout& layout, size_t i, size_t n, size_t k, float alpha,
          float* packed) {
  kernels::F32GemmPack(n, k, b + i * layout.step, layout.ld, layout.transposed, packed);
  if (alpha == 1) return;
  const size_t count = kernels::F32GemmPackedBytes(n, k) / sizeof(float);
  for (size_t at = 0; at < count; ++at) packed[at] *= alpha;
}

// A constant right operand: its matrices, packed one after the other.
struct State : OpState {
  Shape shape;
  Tensor packed;
  size_t bytes() const override { return packed.bytes(); }
};

std::unique_ptr<OpState> Prepare(PrepareContext& c) {
  const Tensor* b = c.Constant(1);
  if (b == nullptr || b->dtype() != DType::kFloat || b->rank() < 2 || b->count() == 0) {
    return nullptr;
  }
  const Layout layout = LayoutOfB(c.attributes(), b->shape());
  const size_t k = Size(layout.shape[layout.shape.size() - 2]), n = Size(layout.shape.back());
  const size_t count = Size(b->count()) / (k * n);
  const size_t bytes = kernels::F32GemmPackedBytes(n, k), step = bytes / sizeof(float);
  auto state = std::make_unique<State>();
  state->shape = layout.shape;
  state->packed = PackedTensor(DType::kFloat, kernels::SaturatingMul(count, bytes));
  const float alpha = c.attributes().Float("alpha", 1.0f);
  for (size_t i = 0; i < count; ++i) {
    Pack(b->data<float>(), layout, i, n, k, alpha, state->packed.mutable_data<float>() + i * step);
  }
  c.Release(1);
  return state;
}

// A with its dimensions in the order of `shape`, which Transposed() made.
const float* PlainA(OpContext& c, const Tensor& a, bool batch, bool matrix) {
  const float* data = FloatInput(c, 0);
  const size_t rank = a.shape().size();
  if (rank < 2 || (!batch && !matrix)) return data;
  if (rank > kernels::kMaxTransposeRank) {
    c.Unsupported("input 0 has rank " + std::to_string(rank) + ", but at most " +
                  std::to_string(kernels::kMaxTransposeRank) + " is supported.");
  }
  std::array<size_t, kernels::kMaxTransposeRank> dims{}, perm{};
  Shape order;
  for (size_t d = 0; d < rank; ++d) {
    dims[d] = Size(a.shape()[d]);
    order.push_back(static_cast<int64_t>(d));
  }
  order = Transposed(order, batch, matrix);
  for (size_t d = 0; d < rank; ++d) perm[d] = Size(order[d]);
  float* plain = c.ScratchOf<float>(Size(a.count()));
  kernels::Transpose(rank, dims.data(), perm.data(), sizeof(float), data, plain);
  return plain;
}

void Compute(OpContext& c) {
  const Attributes& attributes = c.attributes();
  const Tensor a = c.Input(0);
  const bool batch = Flag(attributes, "transBatchA"), matrix = Flag(attributes, "transA");
  const float* rows = PlainA(c, a, batch, matrix);
  const auto* state = static_cast<const State*>(c.state());
  Layout layout;
  if (state == nullptr) layout = LayoutOfB(attributes, c.Input(1).shape());
  const MatMulShape s =
      ShapeMatMul(c, Transposed(a.shape(), batch, matrix), state ? state->shape : layout.shape);
  const float alpha = attributes.Float("alpha", 1.0f);
  const float* b = state ? nullptr : FloatInput(c, 1);
  float* y = c.Output(0, DType::kFloat, s.out).mutable_data<float>();
  if (ElementCount(s.out) == 0) return;
  const size_t bytes = kernels::F32GemmPackedBytes(s.n, s.k), step = bytes / sizeof(float);
  float* scratch = state ? nullptr : reinterpret_cast<float*>(c.Scratch(bytes).data());
  size_t packed_matrix = SIZE_MAX;
  ForEachMatrix(s, [&](size_t ia, size_t ib, size_t iy) {
    const float* packed = state ? state->packed.data<float>() + ib * step : scratch;
    if (!state && packed_matrix != ib) {
      Pack(b, layout, ib, s.n, s.k, alpha, scratch);
      packed_matrix = ib;
    }
    kernels::F32Gemm(s.m, s.n, s.k, rows + ia * s.m * s.k, s.k, packed, y + iy * s.m * s.n, s.n);
  });
}

}  // namespace

QUANTAB_REGISTER(ops, fused_matmul) {
  for (const char* name : {"FusedMatMul", "TransposeMatMul"}) {
    r.Add({.name = name,
           .domain = "com.microsoft",
           .prepare = InFloat<Prepare>,
           .compute = InFloat<Compute>});
  }
}

}  // namespace quantab
