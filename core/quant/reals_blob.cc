#include "core/quant/reals_blob.h"

#include <cstring>
#include <utility>
#include <vector>

#include "core/tensor/half.h"

namespace quantab {

BlobPtr RealsBlob(std::span<const float> values, DType real) {
  std::vector<std::byte> bytes(values.size() * SizeOf(real));
  if (real == DType::kFloat16) {
    for (size_t i = 0; i < values.size(); ++i) {
      const uint16_t half = FloatToHalf(values[i]);
      std::memcpy(bytes.data() + i * sizeof(half), &half, sizeof(half));
    }
  } else if (!values.empty()) {
    std::memcpy(bytes.data(), values.data(), bytes.size());
  }
  return MakeMemoryBlob(std::move(bytes));
}

}  // namespace quantab
