// The shapes of NumPy's matmul: batches broadcast, a 1-D left (right) operand is a row (column)
// whose dimension is dropped from the result.
#pragma once

#include "core/ops/broadcast.h"
#include "core/ops/types.h"

namespace quantab {

struct MatMulShape {
  size_t m = 1, k = 0, n = 1;
  Shape out;
  BroadcastPlan batches;  // of the leading dimensions; strides count matrices
  int64_t batch_count = 1;
};

// Throws when inner or batch dimensions disagree, or an operand is a scalar.
inline MatMulShape ShapeMatMul(const OpContext& c, Shape a, Shape b) {
  if (a.empty() || b.empty()) c.Invalid("a scalar cannot be multiplied as a matrix.");
  const bool row = a.size() == 1, column = b.size() == 1;
  if (row) a.insert(a.begin(), 1);
  if (column) b.push_back(1);
  MatMulShape s;
  s.m = Size(a[a.size() - 2]);
  s.k = Size(a.back());
  s.n = Size(b.back());
  if (b[b.size() - 2] != a.back()) {
    c.Invalid("shapes " + ToString(a) + " and " + ToString(b) + " have different inner sizes.");
  }
  // A right operand without batches: all rows of the left one are one matrix.
  s.batches = PlanBroadcast(c, Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2));
  s.out = s.batches.out;
  s.batch_count = ElementCount(s.batches.out);
  if (ElementCount(Shape(b.begin(), b.end() - 2)) == 1) {
    s.m *= Size(s.batch_count);
    s.batches = PlanBroadcastTo({}, {}, {});
    s.batch_count = 1;
  }
  if (!row) s.out.push_back(a[a.size() - 2]);
  if (!column) s.out.push_back(b.back());
  return s;
}

// Calls f(a, b, y) with the index of each pair of matrices and of their product.
template <class F>
void ForEachMatrix(const MatMulShape& s, F&& f) {
  if (s.batch_count == 0) return;
  const BroadcastInner in = InnerOf(s.batches);
  ForEachBlock(s.batches, [&](int64_t a0, int64_t b0, int64_t y0) {
    for (int64_t r = 0; r < in.rows; ++r) {
      for (int64_t i = 0; i < in.columns; ++i) {
        f(Size(a0 + r * in.a_row + i * in.a_column), Size(b0 + r * in.b_row + i * in.b_column),
          Size(y0 + r * in.columns + i));
      }
    }
  });
}

}  // namespace quantab
