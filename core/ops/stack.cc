#include "core/ops/stack.h"

#include <algorithm>
#include <cstring>

#include "core/ops/types.h"

namespace quantab {
namespace {

// Strings are counted, other elements are measured in bytes.
size_t ElementBytes(const OpContext& c, DType dtype) {
  if (dtype == DType::kString) return 1;
  if (BitsOf(dtype) % 8 != 0) {
    c.Unsupported("tensors of type '" + std::string(NameOf(dtype)) + "' cannot be cut here.");
  }
  return SizeOf(dtype);
}

// Copies `rows` rows of `width` elements (bytes where they are no strings).
void CopyRows(const Tensor& from, size_t from_begin, size_t from_stride, Tensor& to,
              size_t to_begin, size_t to_stride, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; ++row) {
    const size_t source = from_begin + row * from_stride;
    const size_t target = to_begin + row * to_stride;
    if (from.dtype() == DType::kString) {
      std::copy_n(from.strings().begin() + static_cast<ptrdiff_t>(source), width,
                  to.mutable_strings().begin() + static_cast<ptrdiff_t>(target));
    } else if (width > 0) {
      std::memcpy(to.mutable_raw() + target, from.raw() + source, width);
    }
  }
}

}  // namespace

Tensor SliceOf(const OpContext& c, const Tensor& tensor, int axis, int64_t index) {
  const size_t element = ElementBytes(c, tensor.dtype());
  Shape shape = tensor.shape();
  shape.erase(shape.begin() + axis);
  Tensor slice(tensor.dtype(), std::move(shape));
  const size_t rows = Size(CountOf(tensor.shape(), 0, axis));
  const size_t width = Size(CountOf(tensor.shape(), axis + 1, tensor.rank())) * element;
  CopyRows(tensor, Size(index) * width, Size(tensor.dim(axis)) * width, slice, 0, width, rows,
           width);
  return slice;
}

Tensor Stacked(const OpContext& c, std::span<const Tensor> parts, int axis) {
  const Tensor& first = parts.front();
  for (const Tensor& part : parts) {
    if (part.dtype() == first.dtype() && part.shape() == first.shape()) continue;
    c.Invalid("tensors to be stacked are '" + std::string(NameOf(first.dtype())) + "' " +
              ToString(first.shape()) + " and '" + std::string(NameOf(part.dtype())) + "' " +
              ToString(part.shape()) + ", expected equal ones.");
  }
  const size_t element = ElementBytes(c, first.dtype());
  const size_t rows = Size(CountOf(first.shape(), 0, axis));
  const size_t width = Size(CountOf(first.shape(), axis, first.rank())) * element;
  Shape shape = first.shape();
  shape.insert(shape.begin() + axis, static_cast<int64_t>(parts.size()));
  Tensor stacked(first.dtype(), std::move(shape));
  for (size_t p = 0; p < parts.size(); ++p) {
    CopyRows(parts[p], 0, width, stacked, p * width, parts.size() * width, rows, width);
  }
  return stacked;
}

}  // namespace quantab
