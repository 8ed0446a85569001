// Walks over tensors that are seen through strides: slices, transposes, repeated dimensions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/tensor/shape.h"

namespace quantab {

// K operands walked together, outermost dimension first; strides are in elements and may be
// negative or 0.
template <size_t K>
struct StridedLoop {
  Shape dims;
  std::array<std::vector<int64_t>, K> strides;

  // Leaves out dimensions of size 1 and merges neighbours that every operand walks in one stride.
  // There is at least one dimension afterwards.
  void Merge() {
    StridedLoop merged;
    for (size_t d = 0; d < dims.size(); ++d) {
      if (dims[d] == 1) continue;
      bool joins = !merged.dims.empty();
      for (size_t k = 0; k < K && joins; ++k) {
        joins = merged.strides[k].back() == strides[k][d] * dims[d];
      }
      if (joins) {
        merged.dims.back() *= dims[d];
        for (size_t k = 0; k < K; ++k) merged.strides[k].back() = strides[k][d];
        continue;
      }
      merged.dims.push_back(dims[d]);
      for (size_t k = 0; k < K; ++k) merged.strides[k].push_back(strides[k][d]);
    }
    if (merged.dims.empty()) {
      merged.dims.push_back(1);
      for (size_t k = 0; k < K; ++k) merged.strides[k].push_back(1);
    }
    *this = std::move(merged);
  }
};

// Calls row(offsets) for each run of the innermost dimension, with every operand's offset.
template <size_t K, class F>
void ForEachRow(const StridedLoop<K>& loop, F&& row) {
  for (int64_t dim : loop.dims) {
    if (dim == 0) return;
  }
  const size_t outer = loop.dims.size() - 1;
  std::vector<int64_t> index(outer, 0);
  std::array<int64_t, K> offsets{};
  while (true) {
    row(offsets);
    size_t d = outer;
    while (true) {
      if (d == 0) return;
      --d;
      for (size_t k = 0; k < K; ++k) offsets[k] += loop.strides[k][d];
      if (++index[d] < loop.dims[d]) break;
      for (size_t k = 0; k < K; ++k) offsets[k] -= loop.strides[k][d] * loop.dims[d];
      index[d] = 0;
    }
  }
}

// Strides that walk a tensor of shape `in` as if it had shape `out`, to which it broadcasts.
std::vector<int64_t> BroadcastStrides(const Shape& in, const Shape& out);

// Copies dims elements of 1, 2, 4, 8 or 16 bytes each from `source` to `target`.
void CopyStrided(size_t element_size, const Shape& dims, const std::byte* source,
                 std::vector<int64_t> source_strides, std::byte* target,
                 std::vector<int64_t> target_strides);

// `count` elements of `element_size` bytes, each a copy of `value`.
void FillElements(std::byte* target, int64_t count, size_t element_size, const std::byte* value);

// Calls f(T{}) with an unsigned type, or a pair of them, of that many bytes: 1, 2, 4, 8 or 16.
struct Bytes16 {
  uint64_t low, high;
};
template <class F>
void VisitElementSize(size_t element_size, F&& f) {
  switch (element_size) {
    case 1:
      return f(uint8_t{});
    case 2:
      return f(uint16_t{});
    case 4:
      return f(uint32_t{});
    case 8:
      return f(uint64_t{});
    default:
      return f(Bytes16{});
  }
}

}  // namespace quantab
