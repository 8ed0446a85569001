#include "core/ops/strided.h"

#include <cstring>
#include <utility>

namespace quantab {

std::vector<int64_t> BroadcastStrides(const Shape& in, const Shape& out) {
  std::vector<int64_t> strides(out.size(), 0);
  int64_t stride = 1;
  for (size_t i = 1; i <= in.size(); ++i) {
    const int64_t dim = in[in.size() - i];
    if (dim != 1) strides[out.size() - i] = stride;
    stride *= dim;
  }
  return strides;
}

namespace {

// Elements a step apart. Every other one, as models take them to make channels of pixels, has a
// loop that compilers turn into shuffles.
template <class T>
void CopyApart(size_t count, const T* from, ptrdiff_t from_step, T* to, ptrdiff_t to_step) {
  if (from_step == 2 && to_step == 1) {
    for (size_t i = 0; i < count; ++i) to[i] = from[2 * i];
    return;
  }
  for (size_t i = 0; i < count; ++i, from += from_step, to += to_step) *to = *from;
}

// Runs of kBytes bytes each.
template <size_t kBytes>
void CopyPieces(size_t count, const std::byte* from, ptrdiff_t from_step, std::byte* to,
                ptrdiff_t to_step) {
  for (size_t i = 0; i < count; ++i, from += from_step, to += to_step) {
    std::memcpy(to, from, kBytes);
  }
}

// Copies runs that are as long as an element of some size, the innermost dimension of `loop`, in a
// loop over the dimension outside it. False if they are of another length.
bool CopiedPieces(StridedLoop<2> loop, int64_t size, const std::byte* source, std::byte* target) {
  const int64_t bytes = loop.dims.back() * size;
  const auto copy = bytes == 2    ? CopyPieces<2>
                    : bytes == 4  ? CopyPieces<4>
                    : bytes == 8  ? CopyPieces<8>
                    : bytes == 16 ? CopyPieces<16>
                                  : nullptr;
  if (copy == nullptr || loop.dims.size() < 2) return false;
  loop.dims.pop_back();
  for (auto& strides : loop.strides) strides.pop_back();
  const int64_t from_step = loop.strides[0].back() * size;
  const int64_t to_step = loop.strides[1].back() * size;
  ForEachRow(loop, [&](const std::array<int64_t, 2>& at) {
    copy(static_cast<size_t>(loop.dims.back()), source + at[0] * size,
         static_cast<ptrdiff_t>(from_step), target + at[1] * size, static_cast<ptrdiff_t>(to_step));
  });
  return true;
}

}  // namespace

void CopyStrided(size_t element_size, const Shape& dims, const std::byte* source,
                 std::vector<int64_t> source_strides, std::byte* target,
                 std::vector<int64_t> target_strides) {
  StridedLoop<2> loop{dims, {std::move(source_strides), std::move(target_strides)}};
  loop.Merge();
  const int64_t count = loop.dims.back();
  const int64_t from_step = loop.strides[0].back();
  const int64_t to_step = loop.strides[1].back();
  if (from_step == 1 && to_step == 1) {
    const size_t bytes = static_cast<size_t>(count) * element_size;
    const int64_t size = static_cast<int64_t>(element_size);
    if (CopiedPieces(loop, size, source, target)) return;
    ForEachRow(loop, [&](const std::array<int64_t, 2>& at) {
      std::memcpy(target + at[1] * size, source + at[0] * size, bytes);
    });
    return;
  }
  VisitElementSize(element_size, [&](auto zero) {
    using T = decltype(zero);
    const T* from = reinterpret_cast<const T*>(source);
    T* to = reinterpret_cast<T*>(target);
    ForEachRow(loop, [&](const std::array<int64_t, 2>& at) {
      CopyApart(static_cast<size_t>(count), from + at[0], static_cast<ptrdiff_t>(from_step),
                to + at[1], static_cast<ptrdiff_t>(to_step));
    });
  });
}

void FillElements(std::byte* target, int64_t count, size_t element_size, const std::byte* value) {
  VisitElementSize(element_size, [&](auto zero) {
    using T = decltype(zero);
    T element;
    std::memcpy(&element, value, sizeof(T));
    T* to = reinterpret_cast<T*>(target);
    for (int64_t i = 0; i < count; ++i) to[i] = element;
  });
}

}  // namespace quantab
