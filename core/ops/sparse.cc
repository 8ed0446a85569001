#include "core/ops/sparse.h"

#include <cstring>

#include "core/ops/types.h"
#include "core/tensor/packed.h"

namespace quantab {
namespace {

[[noreturn]] void DoesNotFit(const std::string& what, const Shape& shape) {
  ThrowInvalidModel("a sparse tensor of shape " + ToString(shape) + " has " + what + ".");
}

// The position of value `i` among all elements. Indices are positions themselves, or, with two
// dimensions, one index for each dimension of `shape`.
size_t PositionOf(const Tensor& indices, size_t i, const Shape& shape) {
  const int64_t* at = indices.data<int64_t>();
  int64_t position = 0;
  if (indices.rank() == 1) {
    position = at[i];
    if (position < 0 || position >= ElementCount(shape)) {
      DoesNotFit("index " + std::to_string(position), shape);
    }
    return Size(position);
  }
  for (size_t d = 0; d < shape.size(); ++d) {
    const int64_t index = at[i * shape.size() + d];
    if (index < 0 || index >= shape[d]) DoesNotFit("index " + std::to_string(index), shape);
    position = position * shape[d] + index;
  }
  return Size(position);
}

void PlaceValue(const Tensor& values, size_t i, Tensor& dense, size_t at) {
  if (values.dtype() == DType::kString) {
    dense.mutable_strings()[at] = values.strings()[i];
  } else if (IsPacked(values.dtype())) {
    const int bits = BitsOf(values.dtype());
    const auto* from = reinterpret_cast<const uint8_t*>(values.raw());
    auto* to = reinterpret_cast<uint8_t*>(dense.mutable_raw());
    SetPackedElement(to, bits, at, PackedElement(from, bits, i));
  } else {
    const size_t size = SizeOf(values.dtype());
    std::memcpy(dense.mutable_raw() + at * size, values.raw() + i * size, size);
  }
}

}  // namespace

Tensor DenseTensor(const Model& model, const onnx::SparseTensorProto& sparse) {
  const Shape shape(sparse.dims().begin(), sparse.dims().end());
  if (!CheckedElementCount(shape)) DoesNotFit("no number of elements", shape);
  const Tensor values = LoadTensor(model, sparse.values());
  const Tensor indices = LoadTensor(model, sparse.indices());
  if (values.rank() != 1) DoesNotFit("values of shape " + ToString(values.shape()), shape);
  const int64_t count = values.dim(0);
  const bool fits = indices.shape() == Shape{count} ||
                    indices.shape() == Shape{count, static_cast<int64_t>(shape.size())};
  if (indices.dtype() != DType::kInt64 || !fits) {
    DoesNotFit(std::to_string(count) + " values, and indices of type '" +
                   std::string(NameOf(indices.dtype())) + "' and shape " +
                   ToString(indices.shape()),
               shape);
  }
  Tensor dense(values.dtype(), shape);
  if (dense.bytes() > 0) std::memset(dense.mutable_raw(), 0, dense.bytes());
  for (size_t i = 0; i < Size(count); ++i)
    PlaceValue(values, i, dense, PositionOf(indices, i, shape));
  return dense;
}

}  // namespace quantab
