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
      for (int64_t i = 0; i < count; ++i) to[at[1] + i * to_step] = from[at[0] + i * from_step];
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
