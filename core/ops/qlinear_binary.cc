// Arithmetic of two 8-bit tensors with broadcasting: y = quantize(dequantize(a) op dequantize(b)).
//
//   com.microsoft: QLinearAdd, QLinearMul; quantab, made by lowering only: QLinearSub, QLinearDiv
//   (a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero)
//
// Sums and products have the order of operations of ONNX Runtime's (kernels/qlinear). For the
// others rows go through float32 in pieces that stay in the nearest cache, by the same kernels as
// the float graph, so both agree bit for bit.
#include <algorithm>
#include <array>

#include "core/base/parallel.h"
#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/qlinear/qlinear.h"
#include "core/ops/broadcast.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

using kernels::BinaryOp;

constexpr size_t kPiece = 1024;

struct Side {
  const std::byte* data;
  DType dtype;
  float scale;
  int32_t zero;

  // The values from `at` on, `step` 0 (one for all) or 1, into `out`.
  void Load(int64_t at, int64_t step, size_t n, float* out) const {
    DequantizeRun(step == 0 ? 1 : n, data + at, dtype, scale, zero, out);
  }
};

Side MakeSide(const OpContext& c, int i) {
  IsSignedByte(c, i);
  return {c.Input(i).raw(), c.Input(i).dtype(), ScalarInput(c, i + 1), ZeroInput(c, i + 2)};
}

// The operands of a node and their broadcast.
struct Operands {
  Side a, b;
  Tensor keep_a, keep_b;
  float y_scale;
  int32_t y_zero;
  BroadcastPlan plan;
  BroadcastInner in;
  Tensor* y;

  explicit Operands(OpContext& c)
      : a(MakeSide(c, 0)),
        b(MakeSide(c, 3)),
        keep_a(c.Input(0)),
        keep_b(c.Input(3)),
        y_scale(ScalarInput(c, 6)),
        y_zero(ZeroInput(c, 7)),  // 8-bit, so the output is
        plan(PlanBroadcast(c, keep_a.shape(), keep_b.shape())),
        in(InnerOf(plan)),
        y(&c.Output(0, c.Optional(7) != nullptr ? c.Input(7).dtype() : a.dtype, plan.out)) {}

  // Calls row(first of a, first of b, first of y) for each row of in.columns elements.
  template <typename Row>
  void ForEachRow(Row row) const {
    ForEachBlock(plan, [&](int64_t a0, int64_t b0, int64_t y0) {
      for (int64_t r = 0; r < in.rows; ++r) {
        row(a0 + r * in.a_row, b0 + r * in.b_row, y0 + r * in.columns);
      }
    });
  }
};

template <BinaryOp kOp>
void Compute(OpContext& c) {
  const Operands o(c);
  std::array<float, kPiece> fa, fb, fy;
  o.ForEachRow([&](int64_t a0, int64_t b0, int64_t y0) {
    for (int64_t at = 0; at < o.in.columns; at += kPiece) {
      const size_t n = std::min(kPiece, Size(o.in.columns - at));
      o.a.Load(a0 + at * o.in.a_column, o.in.a_column, n, fa.data());
      o.b.Load(b0 + at * o.in.b_column, o.in.b_column, n, fb.data());
      kernels::Binary(kOp, 1, n, fa.data(), n, Size(o.in.a_column), fb.data(), n,
                      Size(o.in.b_column), fy.data());
      QuantizeRun(n, fy.data(), o.y_scale, o.y_zero, o.y->dtype(), o.y->mutable_raw() + y0 + at);
    }
  });
}

using Kernel = void (*)(size_t n, const kernels::QLinearSide& a, const kernels::QLinearSide& b,
                        const kernels::QLinearResult& y);

template <Kernel kKernel>
void ComputeInOne(OpContext& c) {
  const Operands o(c);
  const auto side = [](const Side& s, int64_t first, int64_t step) {
    return kernels::QLinearSide{.data = reinterpret_cast<const uint8_t*>(s.data + first),
                                .step = Size(step),
                                .is_signed = s.dtype == DType::kInt8,
                                .scale = s.scale,
                                .zero = s.zero};
  };
  auto* y = reinterpret_cast<uint8_t*>(o.y->mutable_raw());
  constexpr size_t kStepsOfAnElement = 1;
  o.ForEachRow([&](int64_t a0, int64_t b0, int64_t y0) {
    ParallelFor(Size(o.in.columns), GrainFor(kStepsOfAnElement), [&](size_t begin, size_t end) {
      const auto at = static_cast<int64_t>(begin);
      kKernel(end - begin, side(o.a, a0 + at * o.in.a_column, o.in.a_column),
              side(o.b, b0 + at * o.in.b_column, o.in.b_column),
              {.data = y + y0 + at,
               .is_signed = o.y->dtype() == DType::kInt8,
               .scale = o.y_scale,
               .zero = o.y_zero});
    });
  });
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_binary) {
  const auto add = [&r](std::string_view name, std::string_view domain,
                        void (*compute)(OpContext&)) {
    r.Add({.name = name, .domain = domain, .in_place = true, .compute = compute});
  };
  add("QLinearAdd", "com.microsoft", ComputeInOne<kernels::QLinearAdd>);
  add("QLinearMul", "com.microsoft", ComputeInOne<kernels::QLinearMul>);
  add("QLinearSub", "quantab", Compute<BinaryOp::kSub>);
  add("QLinearDiv", "quantab", Compute<BinaryOp::kDiv>);
}

}  // namespace quantab
