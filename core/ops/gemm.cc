// Gemm (ai.onnx, since 1): Y = alpha * A' * B' + beta * C, where ' transposes on demand and C is
// broadcast to [M,N] (optional since 11).
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/transpose/transpose.h"
#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// A constant B, packed with alpha in it.
struct State : OpState {
  size_t k = 0, n = 0;
  Tensor packed;
  size_t bytes() const override { return packed.bytes(); }
};

void Pack(const Tensor& b, bool transposed, float alpha, size_t k, size_t n, float* packed) {
  kernels::F32GemmPack(n, k, b.data<float>(), Size(b.dim(1)), transposed, packed);
  if (alpha == 1) return;
  const size_t count = kernels::F32GemmPackedBytes(n, k) / sizeof(float);
  for (size_t i = 0; i < count; ++i) packed[i] *= alpha;
}

std::unique_ptr<OpState> Prepare(PrepareContext& c) {
  const Tensor* b = c.Constant(1);
  if (b == nullptr || b->dtype() != DType::kFloat || b->rank() != 2) return nullptr;
  const bool transposed = c.attributes().Int("transB", 0) != 0;
  auto state = std::make_unique<State>();
  state->k = Size(b->dim(transposed ? 1 : 0));
  state->n = Size(b->dim(transposed ? 0 : 1));
  state->packed = PackedTensor(DType::kFloat, kernels::F32GemmPackedBytes(state->n, state->k));
  Pack(*b, transposed, c.attributes().Float("alpha", 1.0f), state->k, state->n,
       state->packed.mutable_data<float>());
  c.Release(1);
  return state;
}

template <class T>
void AddC(const OpContext& c, const Tensor& term, T beta, int64_t m, int64_t n, T* y) {
  const std::optional<Shape> fit = BroadcastShapes(Shape{m, n}, term.shape());
  if (!fit || *fit != Shape{m, n}) {
    c.Invalid("input 2 has shape " + ToString(term.shape()) + ", which does not broadcast to " +
              ToString(Shape{m, n}) + ".");
  }
  BroadcastMap(PlanBroadcastTo({m, n}, term.shape(), {m, n}), static_cast<const T*>(y),
               term.data<T>(), y, [beta](T a, T b) { return WrapAdd(a, WrapMul(beta, b)); });
}

void RunFloat(OpContext& c, const Tensor& a, bool trans_a, bool trans_b, size_t m, size_t k,
              size_t n) {
  const Tensor* term = c.Optional(2);
  const float alpha = c.attributes().Float("alpha", 1.0f);
  const float beta = c.attributes().Float("beta", 1.0f);
  const auto* state = static_cast<const State*>(c.state());
  float* y = c.Output(0, DType::kFloat, {static_cast<int64_t>(m), static_cast<int64_t>(n)})
                 .mutable_data<float>();
  const float* packed = state ? state->packed.data<float>() : nullptr;
  if (!state) {
    FloatInput(c, 1);
    auto* scratch = reinterpret_cast<float*>(c.Scratch(kernels::F32GemmPackedBytes(n, k)).data());
    Pack(c.Input(1), trans_b, alpha, k, n, scratch);
    packed = scratch;
  }
  const float* rows = a.data<float>();
  if (trans_a) {
    float* scratch = c.ScratchOf<float>(m, k);
    kernels::Transpose2D(k, m, sizeof(float), rows, m, scratch, k);
    rows = scratch;
  }
  // One bias per column is what almost every model has; the kernel adds it on its way out.
  kernels::F32GemmEpilogue epilogue;
  const bool by_column = term != nullptr && beta == 1 && n > 0 && term->dtype() == DType::kFloat &&
                         term->rank() > 0 && term->rank() <= 2 && Size(term->count()) == n &&
                         Size(term->shape().back()) == n;
  if (by_column) epilogue.column_bias = term->data<float>();
  kernels::F32Gemm(m, n, k, rows, k, packed, y, n, epilogue);
  if (term != nullptr && !by_column) {
    FloatInput(c, 2);
    AddC(c, *term, beta, static_cast<int64_t>(m), static_cast<int64_t>(n), y);
  }
}

template <class T>
void RunPlain(OpContext& c, const Tensor& a, bool trans_a, bool trans_b, size_t m, size_t k,
              size_t n) {
  const T alpha = static_cast<T>(c.attributes().Float("alpha", 1.0f));
  const T beta = static_cast<T>(c.attributes().Float("beta", 1.0f));
  const T* pa = a.data<T>();
  const T* pb = c.Input(1).data<T>();
  T* y = c.Output(0, a.dtype(), {static_cast<int64_t>(m), static_cast<int64_t>(n)})
             .template mutable_data<T>();
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      T sum{0};
      for (size_t l = 0; l < k; ++l) {
        sum = WrapAdd(
            sum, WrapMul(pa[trans_a ? l * m + i : i * k + l], pb[trans_b ? j * k + l : l * n + j]));
      }
      y[i * n + j] = WrapMul(alpha, sum);
    }
  }
  if (const Tensor* term = c.Optional(2)) {
    AddC(c, *term, beta, static_cast<int64_t>(m), static_cast<int64_t>(n), y);
  }
}

void Compute(OpContext& c) {
  const Tensor a = c.Input(0);
  const bool trans_a = c.attributes().Int("transA", 0) != 0;
  const bool trans_b = c.attributes().Int("transB", 0) != 0;
  const auto* state = static_cast<const State*>(c.state());
  if (a.rank() != 2) c.Invalid("input 0 has shape " + ToString(a.shape()) + ", expected rank 2.");
  const size_t m = Size(a.dim(trans_a ? 1 : 0));
  const size_t k = Size(a.dim(trans_a ? 0 : 1));
  size_t b_k = 0, n = 0;
  if (state) {
    b_k = state->k;
    n = state->n;
  } else {
    const Tensor& b = c.Input(1);
    if (b.rank() != 2) {
      c.Invalid("input 1 has shape " + ToString(b.shape()) + ", expected rank 2.");
    }
    if (b.dtype() != a.dtype()) c.Invalid("inputs have different types.");
    b_k = Size(b.dim(trans_b ? 1 : 0));
    n = Size(b.dim(trans_b ? 0 : 1));
  }
  if (b_k != k) {
    c.Invalid("inner sizes '" + std::to_string(k) + "' and '" + std::to_string(b_k) + "' differ.");
  }
  VisitWide(c, 0, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, float>) {
      RunFloat(c, a, trans_a, trans_b, m, k, n);
    } else {
      RunPlain<T>(c, a, trans_a, trans_b, m, k, n);
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, gemm) {
  r.Add({.name = "Gemm", .prepare = InFloat<Prepare>, .compute = InFloat<Compute>});
}

}  // namespace quantab
