// MatMul (ai.onnx): NumPy's matmul.
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/ops/half.h"
#include "core/ops/matmul_shape.h"

namespace quantab {
namespace {

// A constant right operand, packed: its matrices one after the other.
struct State : OpState {
  Shape shape;
  Tensor packed;
  size_t bytes() const override { return packed.bytes(); }
};

std::unique_ptr<OpState> Prepare(PrepareContext& c) {
  const Tensor* b = c.Constant(1);
  if (b == nullptr || b->dtype() != DType::kFloat || b->rank() < 1 || b->count() == 0) {
    return nullptr;
  }
  auto state = std::make_unique<State>();
  state->shape = b->shape();
  const bool column = b->rank() == 1;
  const size_t k = Size(column ? b->dim(0) : b->dim(b->rank() - 2));
  const size_t n = column ? 1 : Size(b->shape().back());
  const size_t count = Size(b->count()) / (k * n);
  const size_t bytes = kernels::F32GemmPackedBytes(n, k), step = bytes / sizeof(float);
  state->packed = PackedTensor(DType::kFloat, kernels::SaturatingMul(count, bytes));
  for (size_t i = 0; i < count; ++i) {
    kernels::F32GemmPack(n, k, b->data<float>() + i * k * n, n, false,
                         state->packed.mutable_data<float>() + i * step);
  }
  c.Release(1);
  return state;
}

void RunFloat(OpContext& c) {
  const Tensor a = c.Input(0);
  const auto* state = static_cast<const State*>(c.state());
  const MatMulShape s = ShapeMatMul(c, a.shape(), state ? state->shape : c.Input(1).shape());
  float* y = c.Output(0, DType::kFloat, s.out).mutable_data<float>();
  const size_t bytes = kernels::F32GemmPackedBytes(s.n, s.k), step = bytes / sizeof(float);
  const float* b = state ? nullptr : FloatInput(c, 1);
  auto* scratch = state ? nullptr : reinterpret_cast<float*>(c.Scratch(bytes).data());
  size_t packed_matrix = SIZE_MAX;
  ForEachMatrix(s, [&](size_t ia, size_t ib, size_t iy) {
    const float* packed = state ? state->packed.data<float>() + ib * step : scratch;
    if (!state && packed_matrix != ib) {
      kernels::F32GemmPack(s.n, s.k, b + ib * s.k * s.n, s.n, false, scratch);
      packed_matrix = ib;
    }
    kernels::F32Gemm(s.m, s.n, s.k, a.data<float>() + ia * s.m * s.k, s.k, packed,
                     y + iy * s.m * s.n, s.n);
  });
}

template <class T>
void RunPlain(OpContext& c) {
  const Tensor a = c.Input(0);
  const Tensor b = c.Input(1);
  const MatMulShape s = ShapeMatMul(c, a.shape(), b.shape());
  Tensor& y = c.Output(0, a.dtype(), s.out);
  ForEachMatrix(s, [&](size_t ia, size_t ib, size_t iy) {
    const T* pa = a.data<T>() + ia * s.m * s.k;
    const T* pb = b.data<T>() + ib * s.k * s.n;
    T* py = y.mutable_data<T>() + iy * s.m * s.n;
    for (size_t m = 0; m < s.m; ++m) {
      for (size_t n = 0; n < s.n; ++n) {
        T sum{0};
        for (size_t k = 0; k < s.k; ++k)
          sum = WrapAdd(sum, WrapMul(pa[m * s.k + k], pb[k * s.n + n]));
        py[m * s.n + n] = sum;
      }
    }
  });
}

void Compute(OpContext& c) {
  if (c.Input(0).dtype() == DType::kFloat) return RunFloat(c);
  if (c.Input(0).dtype() != c.Input(1).dtype()) c.Invalid("inputs have different types.");
  VisitNumeric(c, 0, [&](auto zero) { RunPlain<decltype(zero)>(c); });
}

}  // namespace

QUANTAB_REGISTER(ops, matmul) {
  r.Add({.name = "MatMul", .prepare = InFloat<Prepare>, .compute = InFloat<Compute>});
}

}  // namespace quantab
