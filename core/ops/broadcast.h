// NumPy's broadcast of two tensors, as loops over few merged dimensions.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ops/op.h"

namespace quantab {

// Dimensions outermost first; neighbours that both operands walk in one stride are merged and those
// of size 1 left out, so equal shapes, scalars, trailing vectors and [C,1,1] need at most three.
// Strides are in elements; the last is 0 or 1 for either operand.
struct BroadcastPlan {
  Shape out;
  std::vector<int64_t> dims, a_stride, b_stride;
};

// Broadcasts `a` and `b` to `out`, which both must fit.
BroadcastPlan PlanBroadcastTo(const Shape& a, const Shape& b, Shape out);

// To the broadcast of the two; throws Error(kInvalidModel) with the node's place if there is none.
BroadcastPlan PlanBroadcast(const OpContext& c, const Shape& a, const Shape& b);

// Calls rows(a_offset, b_offset, y_offset) for each block of the innermost two dimensions, given as
// `inner` (rows, columns, strides).
struct BroadcastInner {
  int64_t rows = 1, columns = 1;
  int64_t a_row = 0, a_column = 0, b_row = 0, b_column = 0;
};
BroadcastInner InnerOf(const BroadcastPlan& plan);

template <class F>
void ForEachBlock(const BroadcastPlan& plan, F&& f) {
  for (int64_t dim : plan.dims) {
    if (dim == 0) return;
  }
  const size_t outer = plan.dims.size() < 2 ? 0 : plan.dims.size() - 2;
  const BroadcastInner inner = InnerOf(plan);
  std::vector<int64_t> index(outer, 0);
  int64_t a = 0, b = 0, y = 0;
  while (true) {
    f(a, b, y);
    y += inner.rows * inner.columns;
    size_t d = outer;
    while (d > 0) {
      --d;
      a += plan.a_stride[d];
      b += plan.b_stride[d];
      if (++index[d] < plan.dims[d]) break;
      a -= plan.a_stride[d] * plan.dims[d];
      b -= plan.b_stride[d] * plan.dims[d];
      index[d] = 0;
      if (d == 0) return;
    }
    if (outer == 0) return;
  }
}

// y = f(a, b) element by element.
template <class A, class B, class Y, class F>
void BroadcastMap(const BroadcastPlan& plan, const A* a, const B* b, Y* y, F f) {
  const BroadcastInner in = InnerOf(plan);
  ForEachBlock(plan, [&](int64_t a0, int64_t b0, int64_t y0) {
    for (int64_t r = 0; r < in.rows; ++r) {
      const A* pa = a + a0 + r * in.a_row;
      const B* pb = b + b0 + r * in.b_row;
      Y* py = y + y0 + r * in.columns;
      for (int64_t i = 0; i < in.columns; ++i) {
        py[i] = static_cast<Y>(f(pa[i * in.a_column], pb[i * in.b_column]));
      }
    }
  });
}

}  // namespace quantab
