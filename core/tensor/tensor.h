// A tensor in memory: element type, shape and row-major elements.
//
// A Tensor is a handle: copies share the elements. The elements live in a buffer that may be owned
// (a fresh allocation), part of an arena, or a view of memory that somebody else keeps alive; the
// shared pointer's owner tells which and nobody needs to ask. Types narrower than a byte are stored
// packed as in ONNX, two 4-bit elements to a byte, the first in the low half.
//
// Weights that stay outside memory are Blobs (core/tensor/blob.h), not Tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace quantab {

// Every buffer begins at a multiple of this many bytes.
inline constexpr size_t kBufferAlignment = 64;

// Bytes that `count` elements of `dtype` take when packed; throws Error(kOutOfMemory) where that
// exceeds the address space.
size_t BytesOf(DType dtype, int64_t count);

// A fresh, aligned, uninitialised buffer. Throws Error(kOutOfMemory) naming the size.
std::shared_ptr<std::byte> AllocateBuffer(size_t bytes);

class Tensor {
 public:
  // No tensor at all: an optional input that is absent.
  Tensor() = default;

  // Fresh elements, uninitialised (strings are empty).
  Tensor(DType dtype, Shape shape);

  // Elements in a buffer of at least BytesOf(dtype, count) bytes.
  Tensor(DType dtype, Shape shape, std::shared_ptr<std::byte> buffer);

  // A copy of `values`; their number must be that of `shape`.
  template <class T>
  static Tensor From(Shape shape, std::span<const T> values);
  template <class T>
  static Tensor Scalar(T value) {
    return From<T>({}, std::span<const T>(&value, 1));
  }

  bool exists() const { return dtype_ != DType::kUndefined; }
  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int rank() const { return static_cast<int>(shape_.size()); }
  int64_t dim(int i) const { return shape_[static_cast<size_t>(i)]; }
  int64_t count() const { return count_; }
  size_t bytes() const { return bytes_; }

  const std::byte* raw() const { return buffer_.get(); }
  std::byte* mutable_raw() { return buffer_.get(); }
  const std::shared_ptr<std::byte>& buffer() const { return buffer_; }

  // The elements as T. Throws Error(kInternal) when T is not the element type.
  template <class T>
  const T* data() const {
    CheckType(DTypeOf<T>::value);
    return reinterpret_cast<const T*>(buffer_.get());
  }
  template <class T>
  T* mutable_data() {
    CheckType(DTypeOf<T>::value);
    return reinterpret_cast<T*>(buffer_.get());
  }
  template <class T>
  std::span<const T> span() const {
    return {data<T>(), static_cast<size_t>(count_)};
  }

  const std::vector<std::string>& strings() const { return *strings_; }
  std::vector<std::string>& mutable_strings() { return *strings_; }

  // The same elements under another shape of the same count.
  Tensor Reshaped(Shape shape) const;

  // A copy with elements of its own.
  Tensor Clone() const;

  // Whether no other Tensor shares the elements.
  bool unique() const { return buffer_.use_count() == 1; }

 private:
  void CheckType(DType wanted) const;

  DType dtype_ = DType::kUndefined;
  Shape shape_;
  int64_t count_ = 0;
  size_t bytes_ = 0;
  std::shared_ptr<std::byte> buffer_;
  std::shared_ptr<std::vector<std::string>> strings_;
};

// Named tensors: one sample, or the outputs of a run. Sorted by name, so iteration is stable.
using TensorMap = std::map<std::string, Tensor>;

template <class T>
Tensor Tensor::From(Shape shape, std::span<const T> values) {
  Tensor tensor(DTypeOf<T>::value, std::move(shape));
  T* out = tensor.mutable_data<T>();
  for (size_t i = 0; i < values.size() && static_cast<int64_t>(i) < tensor.count(); ++i) {
    out[i] = values[i];
  }
  return tensor;
}

}  // namespace quantab
