#include "core/tensor/packed.h"

#include <cstring>

#include "core/tensor/small_float.h"

namespace quantab {

Tensor UnpackElements(const Tensor& tensor) {
  Tensor out(DType::kUint8, tensor.shape());
  const auto* packed = reinterpret_cast<const uint8_t*>(tensor.raw());
  const int bits = BitsOf(tensor.dtype());
  auto* codes = out.mutable_data<uint8_t>();
  const size_t count = static_cast<size_t>(tensor.count());
  for (size_t i = 0; i < count; ++i) codes[i] = PackedElement(packed, bits, i);
  return out;
}

void PackElements(const Tensor& codes, Tensor& out) {
  auto* packed = reinterpret_cast<uint8_t*>(out.mutable_raw());
  const int bits = BitsOf(out.dtype());
  const auto* from = codes.data<uint8_t>();
  if (out.bytes() > 0) std::memset(packed, 0, out.bytes());
  const size_t count = static_cast<size_t>(out.count());
  for (size_t i = 0; i < count; ++i) SetPackedElement(packed, bits, i, from[i]);
}

bool HasCodes(DType dtype) { return IsPacked(dtype) || IsSmallFloat(dtype); }

std::array<float, 256> ValuesOfCodes(DType dtype) {
  std::array<float, 256> values{};
  const int bits = BitsOf(dtype);
  const int count = 1 << bits;
  const bool is_signed = dtype == DType::kInt4 || dtype == DType::kInt2;
  for (int code = 0; code < count; ++code) {
    const int integer = is_signed && code >= count / 2 ? code - count : code;
    values[static_cast<size_t>(code)] = IsSmallFloat(dtype)
                                            ? SmallFloatValue(dtype, static_cast<uint8_t>(code))
                                            : static_cast<float>(integer);
  }
  return values;
}

}  // namespace quantab
