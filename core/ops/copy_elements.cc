#include "core/ops/copy_elements.h"

#include <algorithm>
#include <cstring>

#include "core/kernels/lookup/lookup.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

uint64_t Bits(int64_t elements, int bits) {
  return static_cast<uint64_t>(elements) * static_cast<uint64_t>(bits);
}

// Calls copy(source, target) with the offsets of each run.
template <class F>
void ForEachRun(ElementRuns source, ElementRuns target, int64_t rows, F&& copy) {
  for (int64_t row = 0; row < rows; ++row) {
    copy(source.begin + row * source.step, target.begin + row * target.step);
  }
}

void CopyBits(const std::byte* from, uint64_t source, std::byte* to, uint64_t target,
              uint64_t count) {
  if (source % 8 == 0 && target % 8 == 0 && count % 8 == 0) {
    std::memcpy(to + target / 8, from + source / 8, static_cast<size_t>(count / 8));
    return;
  }
  for (uint64_t i = 0; i < count; ++i) {
    const std::byte bit = from[(source + i) / 8] >> ((source + i) % 8) & std::byte{1};
    std::byte& byte = to[(target + i) / 8];
    const uint64_t shift = (target + i) % 8;
    byte = (byte & ~(std::byte{1} << shift)) | bit << shift;
  }
}

void ClearLastByte(Tensor& tensor) {
  if (tensor.bytes() > 0 && BitsOf(tensor.dtype()) % 8 != 0) {
    tensor.mutable_raw()[tensor.bytes() - 1] = std::byte{0};
  }
}

}  // namespace

void CopyElements(const Tensor& from, ElementRuns source, Tensor& to, ElementRuns target,
                  int64_t rows, int64_t count) {
  if (count == 0) return;
  if (from.dtype() == DType::kString) {
    const auto first = from.strings().begin();
    const auto out = to.mutable_strings().begin();
    ForEachRun(source, target, rows,
               [&](int64_t a, int64_t b) { std::copy_n(first + a, count, out + b); });
    return;
  }
  const int bits = BitsOf(from.dtype());
  if (bits % 8 != 0) {
    ForEachRun(source, target, rows, [&](int64_t a, int64_t b) {
      CopyBits(from.raw(), Bits(a, bits), to.mutable_raw(), Bits(b, bits), Bits(count, bits));
    });
    return;
  }
  const size_t size = SizeOf(from.dtype());
  const size_t bytes = Size(count) * size;
  if (source.step >= count && target.step >= count) {
    kernels::LookupRows(Size(rows), bytes,
                        reinterpret_cast<const uint8_t*>(from.raw() + Size(source.begin) * size),
                        Size(source.step) * size, nullptr,
                        reinterpret_cast<uint8_t*>(to.mutable_raw() + Size(target.begin) * size),
                        Size(target.step) * size);
    return;
  }
  ForEachRun(source, target, rows, [&](int64_t a, int64_t b) {
    std::memcpy(to.mutable_raw() + Size(b) * size, from.raw() + Size(a) * size, bytes);
  });
}

Tensor TensorForCopies(DType dtype, Shape shape) {
  Tensor tensor(dtype, std::move(shape));
  ClearLastByte(tensor);
  return tensor;
}

Tensor& OutputForCopies(OpContext& c, int i, DType dtype, Shape shape) {
  Tensor& tensor = c.Output(i, dtype, std::move(shape));
  ClearLastByte(tensor);
  return tensor;
}

}  // namespace quantab
