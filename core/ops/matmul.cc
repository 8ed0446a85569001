// MatMul (ai.onnx): NumPy's matmul; and
//
//   quantab.BiasedMatMul  made by lowering only, of float32: adds input 2, one value for each
//                         column, then attributes 'min' and 'max' limit the results
#include "core/base/parallel.h"
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

// Which matrices of a batch make one product.
struct Matrices {
  size_t a, b, y;
};

// Products made in the time of one simple operation (GrainFor).
constexpr size_t kProductsOfAStep = 4;

void RunFloat(OpContext& c, const kernels::F32GemmEpilogue& epilogue = {}) {
  const Tensor a = c.Input(0);
  const auto* state = static_cast<const State*>(c.state());
  const MatMulShape s = ShapeMatMul(c, a.shape(), state ? state->shape : c.Input(1).shape());
  float* y = c.Output(0, DType::kFloat, s.out).mutable_data<float>();
  const size_t bytes = kernels::F32GemmPackedBytes(s.n, s.k), step = bytes / sizeof(float);
  const auto multiply = [&](const Matrices& of, const float* packed) {
    kernels::F32Gemm(s.m, s.n, s.k, a.data<float>() + of.a * s.m * s.k, s.k, packed,
                     y + of.y * s.m * s.n, s.n, epilogue);
  };
  if (state != nullptr) {
    ForEachMatrix(s, [&](size_t ia, size_t ib, size_t iy) {
      multiply({ia, ib, iy}, state->packed.data<float>() + ib * step);
    });
    return;
  }
  if (ElementCount(s.out) == 0) return;
  // Products of a batch may run side by side, each thread packing what it needs.
  std::vector<Matrices> products;
  ForEachMatrix(s, [&](size_t ia, size_t ib, size_t iy) { products.push_back({ia, ib, iy}); });
  const float* b = FloatInput(c, 1);
  const size_t grain = GrainFor(kernels::SaturatingMul(s.m, s.n, s.k) / kProductsOfAStep);
  const size_t lanes = LanesOf(products.size(), grain);
  auto* scratch = reinterpret_cast<float*>(c.Scratch(kernels::SaturatingMul(lanes, bytes)).data());
  ParallelFor(products.size(), grain, [&](size_t begin, size_t end, size_t lane) {
    float* packed = scratch + lane * step;
    for (size_t i = begin; i < end; ++i) {
      if (i == begin || products[i].b != products[i - 1].b) {
        kernels::F32GemmPack(s.n, s.k, b + products[i].b * s.k * s.n, s.n, false, packed);
      }
      multiply(products[i], packed);
    }
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

void ComputeBiased(OpContext& c) {
  kernels::F32GemmEpilogue epilogue;
  epilogue.column_bias = FloatInput(c, 2);
  epilogue.min = c.attributes().Float("min", epilogue.min);
  epilogue.max = c.attributes().Float("max", epilogue.max);
  FloatInput(c, 0);
  const auto* state = static_cast<const State*>(c.state());
  const Shape& b = state ? state->shape : c.Input(1).shape();
  if (b.size() < 2 || c.Input(2).shape() != Shape{b.back()}) {
    c.Invalid("input 2 has shape " + ToString(c.Input(2).shape()) +
              ", expected one value for each " + "column of " + ToString(b) + ".");
  }
  RunFloat(c, epilogue);
}

}  // namespace

QUANTAB_REGISTER(ops, matmul) {
  r.Add({.name = "MatMul", .prepare = InFloat<Prepare>, .compute = InFloat<Compute>});
  r.Add({.name = "BiasedMatMul",
         .domain = "quantab",
         .prepare = InFloat<Prepare>,
         .compute = ComputeBiased});
}

}  // namespace quantab
