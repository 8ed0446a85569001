// Copies elements of any type between tensors of one type: strings, and those narrower than a byte
// too.
#pragma once

#include "core/ops/op.h"

namespace quantab {

// Where runs of elements begin: at element `begin`, and every `step` elements after it.
struct ElementRuns {
  int64_t begin = 0;
  int64_t step = 0;
};

// Copies `rows` runs of `count` elements each.
void CopyElements(const Tensor& from, ElementRuns source, Tensor& to, ElementRuns target,
                  int64_t rows, int64_t count);

// A tensor for copied elements: the bits after the last one, where there are any, are 0.
Tensor TensorForCopies(DType dtype, Shape shape);
// The same as output `i`.
Tensor& OutputForCopies(OpContext& c, int i, DType dtype, Shape shape);

}  // namespace quantab
