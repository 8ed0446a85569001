#include "core/kernels/transpose/transpose.h"

#include <algorithm>
#include <cstring>

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/transpose/kernels.inc"
#undef QUANTAB_KERNEL
};

// A dimension of the output: its size, and the distance between its neighbours in input and output.
struct Dim {
  size_t size;
  size_t in_step;
  size_t out_step;
};

// Walks the dimensions dims[0..rank), then copies runs of `last` when its input neighbours touch,
// or transposes `first` (whose input neighbours touch) against `last`.
void Walk(const TransposeKernel& kernel, const Dim* dims, size_t rank, const Dim& first,
          const Dim& last, size_t element, const uint8_t* x, uint8_t* y) {
  if (rank > 0) {
    for (size_t i = 0; i < dims->size; ++i) {
      Walk(kernel, dims + 1, rank - 1, first, last, element, x + i * dims->in_step * element,
           y + i * dims->out_step * element);
    }
  } else if (last.in_step == 1) {
    std::memcpy(y, x, last.size * element);
  } else {
    kernel.transpose_2d(last.size, first.size, element, x, last.in_step, y, first.out_step);
  }
}

}  // namespace

constinit KernelFamily transpose_family("transpose", kEntries);

void Transpose(size_t rank, const size_t* dims, const size_t* perm, size_t element_size,
               const void* x, void* y) {
  size_t steps[kMaxTransposeRank];
  size_t total = 1;
  for (size_t d = rank; d-- > 0;) {
    steps[d] = total;
    total *= dims[d];
  }
  if (total == 0) return;
  // Dimensions of size 1 go; neighbours in both input and output become one.
  Dim merged[kMaxTransposeRank];
  size_t count = 0;
  for (size_t d = 0; d < rank; ++d) {
    const Dim dim = {dims[perm[d]], steps[perm[d]], 0};
    if (dim.size == 1) continue;
    if (count > 0 && merged[count - 1].in_step == dim.in_step * dim.size) {
      merged[count - 1] = {merged[count - 1].size * dim.size, dim.in_step, 0};
    } else {
      merged[count++] = dim;
    }
  }
  if (count == 0) merged[count++] = {1, 1, 0};
  size_t step = 1;
  for (size_t d = count; d-- > 0;) {
    merged[d].out_step = step;
    step *= merged[d].size;
  }
  const Dim last = merged[--count];
  Dim first = last;
  if (last.in_step != 1) {
    size_t at = 0;
    while (merged[at].in_step != 1) ++at;
    first = merged[at];
    std::copy(merged + at + 1, merged + count, merged + at);
    --count;
  }
  Walk(transpose_family.Get<TransposeKernel>(), merged, count, first, last, element_size,
       static_cast<const uint8_t*>(x), static_cast<uint8_t*>(y));
}

void Transpose2D(size_t rows, size_t columns, size_t element_size, const void* x, size_t x_row,
                 void* y, size_t y_row) {
  transpose_family.Get<TransposeKernel>().transpose_2d(rows, columns, element_size, x, x_row, y,
                                                       y_row);
}

}  // namespace quantab::kernels
