// Arithmetic of two 8-bit tensors with broadcasting: y = quantize(dequantize(a) op dequantize(b)).
//
//   com.microsoft: QLinearAdd, QLinearMul; quantab, made by lowering only: QLinearSub, QLinearDiv
//   (a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero)
//
// Rows go through float32 in pieces that stay in the nearest cache, by the same kernels as the
// float graph, so both agree bit for bit.
#include <array>

#include "core/kernels/elementwise/elementwise.h"
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

template <BinaryOp kOp>
void Compute(OpContext& c) {
  const Side a = MakeSide(c, 0), b = MakeSide(c, 3);
  const Tensor keep_a = c.Input(0);
  const Tensor keep_b = c.Input(3);
  const float y_scale = ScalarInput(c, 6);
  const int32_t y_zero = ZeroInput(c, 7);  // 8-bit, so the output is
  const BroadcastPlan plan = PlanBroadcast(c, keep_a.shape(), keep_b.shape());
  Tensor& y = c.Output(0, c.Optional(7) != nullptr ? c.Input(7).dtype() : a.dtype, plan.out);
  const BroadcastInner in = InnerOf(plan);
  std::array<float, kPiece> fa, fb, fy;
  ForEachBlock(plan, [&](int64_t a0, int64_t b0, int64_t y0) {
    for (int64_t r = 0; r < in.rows; ++r) {
      for (int64_t at = 0; at < in.columns; at += kPiece) {
        const size_t n = std::min(kPiece, Size(in.columns - at));
        a.Load(a0 + r * in.a_row + at * in.a_column, in.a_column, n, fa.data());
        b.Load(b0 + r * in.b_row + at * in.b_column, in.b_column, n, fb.data());
        kernels::Binary(kOp, 1, n, fa.data(), n, Size(in.a_column), fb.data(), n, Size(in.b_column),
                        fy.data());
        QuantizeRun(n, fy.data(), y_scale, y_zero, y.dtype(),
                    y.mutable_raw() + y0 + r * in.columns + at);
      }
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_binary) {
  const auto add = [&r](std::string_view name, std::string_view domain,
                        void (*compute)(OpContext&)) {
    r.Add({.name = name, .domain = domain, .in_place = true, .compute = compute});
  };
  add("QLinearAdd", "com.microsoft", Compute<BinaryOp::kAdd>);
  add("QLinearMul", "com.microsoft", Compute<BinaryOp::kMul>);
  add("QLinearSub", "quantab", Compute<BinaryOp::kSub>);
  add("QLinearDiv", "quantab", Compute<BinaryOp::kDiv>);
}

}  // namespace quantab
