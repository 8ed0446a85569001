#include "core/tensor/tensor.h"

#include <cstring>
#include <limits>
#include <new>

#include "core/base/error.h"

namespace quantab {

size_t BytesOf(DType dtype, int64_t count) {
  const uint64_t bits = static_cast<uint64_t>(BitsOf(dtype));
  const uint64_t n = static_cast<uint64_t>(count);
  const uint64_t limit = std::numeric_limits<size_t>::max() - kBufferAlignment;
  // n * bits may exceed 64 bits where the bytes do not: whole bytes are counted as such, and
  // narrower types by eights.
  const uint64_t width = bits / 8;
  const uint64_t narrow = n / 8 * (bits % 8) + (n % 8 * (bits % 8) + 7) / 8;
  if (count < 0 || (width != 0 ? n > limit / width : narrow > limit)) {
    throw Error(ErrorCode::kOutOfMemory, "A tensor of " + std::to_string(count) + " elements of '" +
                                             std::string(NameOf(dtype)) +
                                             "' does not fit the address space.");
  }
  return static_cast<size_t>(width != 0 ? n * width : narrow);
}

std::shared_ptr<std::byte> AllocateBuffer(size_t bytes) {
  // The library rounds a size up to the alignment, and may wrap.
  const bool possible = bytes <= SIZE_MAX - kBufferAlignment;
  const size_t size = bytes == 0 ? 1 : bytes;
  void* memory =
      possible ? ::operator new(size, std::align_val_t(kBufferAlignment), std::nothrow) : nullptr;
  if (memory == nullptr) {
    throw Error(ErrorCode::kOutOfMemory,
                "No memory for a buffer of " + std::to_string(bytes) +
                    " bytes. Close other programs, or use a smaller model, batch or sample.");
  }
  return std::shared_ptr<std::byte>(static_cast<std::byte*>(memory), [](std::byte* p) {
    ::operator delete(p, std::align_val_t(kBufferAlignment));
  });
}

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype), shape_(std::move(shape)), count_(ElementCount(shape_)) {
  if (dtype == DType::kString) {
    strings_ = std::make_shared<std::vector<std::string>>(static_cast<size_t>(count_));
    return;
  }
  bytes_ = BytesOf(dtype, count_);
  buffer_ = AllocateBuffer(bytes_);
}

Tensor::Tensor(DType dtype, Shape shape, std::shared_ptr<std::byte> buffer)
    : dtype_(dtype),
      shape_(std::move(shape)),
      count_(ElementCount(shape_)),
      bytes_(BytesOf(dtype, count_)),
      buffer_(std::move(buffer)) {}

Tensor Tensor::Reshaped(Shape shape) const {
  Tensor out = *this;
  if (ElementCount(shape) != count_) {
    ThrowInternal("Shape " + ToString(shape_) + " cannot become " + ToString(shape) + ".");
  }
  out.shape_ = std::move(shape);
  return out;
}

Tensor Tensor::Clone() const {
  if (!exists()) return {};
  Tensor out(dtype_, shape_);
  if (dtype_ == DType::kString) {
    *out.strings_ = *strings_;
  } else if (bytes_ > 0) {
    std::memcpy(out.mutable_raw(), raw(), bytes_);
  }
  return out;
}

void Tensor::CheckType(DType wanted) const {
  if (dtype_ != wanted) {
    ThrowInternal("A tensor of '" + std::string(NameOf(dtype_)) + "' was read as '" +
                  std::string(NameOf(wanted)) + "'.");
  }
}

}  // namespace quantab
