#include "core/quant/float16_values.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "core/tensor/half.h"

namespace quantab {
namespace {

constexpr size_t kBlock = size_t{1} << 16;  // elements converted at once: 256 KB of float32

bool IsSmall(float x, const HalfLimits& limits) {
  const float magnitude = std::fabs(x);
  return magnitude > 0 && magnitude < limits.min_positive;
}

bool IsLarge(float x, const HalfLimits& limits) {
  const float magnitude = std::fabs(x);
  return magnitude > limits.max_finite && magnitude <= std::numeric_limits<float>::max();
}

float Clamped(float x, const HalfLimits& limits) {
  if (IsSmall(x, limits)) return std::copysign(limits.min_positive, x);
  if (IsLarge(x, limits)) return std::copysign(limits.max_finite, x);
  return x;
}

}  // namespace

BlobPtr HalfBlob(BlobPtr source, HalfLimits limits) {
  const uint64_t count = source->size() / sizeof(float);
  auto read = [source = std::move(source), limits](uint64_t offset, std::span<std::byte> out) {
    std::vector<float> floats(std::min(kBlock, out.size() / 2 + 2));
    std::vector<uint16_t> halves(floats.size());
    for (size_t done = 0; done < out.size();) {
      // A read may begin or end within an element.
      const uint64_t at = offset + done;
      const size_t skip = static_cast<size_t>(at % 2);
      const size_t n = std::min(floats.size(), (skip + out.size() - done + 1) / 2);
      source->Read(at / 2 * sizeof(float), std::as_writable_bytes(std::span(floats).first(n)));
      for (size_t i = 0; i < n; ++i) halves[i] = FloatToHalf(Clamped(floats[i], limits));
      const size_t bytes = std::min(out.size() - done, n * 2 - skip);
      std::memcpy(out.data() + done, reinterpret_cast<const std::byte*>(halves.data()) + skip,
                  bytes);
      done += bytes;
    }
  };
  return MakeComputedBlob(count * 2, std::move(read));
}

void HalfConstants::Convert(onnx::TensorProto& tensor) {
  if (TypeOf(tensor) != DType::kFloat) return;
  CheckCancelled(monitor_);
  BlobPtr source = BytesOf(model_, tensor);
  ForEachChunk(*source, sizeof(float), [&](uint64_t, std::span<const std::byte> part) {
    for (size_t at = 0; at + sizeof(float) <= part.size(); at += sizeof(float)) {
      float x;
      std::memcpy(&x, part.data() + at, sizeof(x));
      counts_.small += IsSmall(x, limits_);
      counts_.large += IsLarge(x, limits_);
    }
  });
  tensor.set_data_type(onnx::TensorProto::FLOAT16);
  SetBytes(model_, tensor, HalfBlob(std::move(source), limits_));
}

onnx::TensorProto HalfConstants::FromNumbers(const std::vector<float>& values, const Shape& shape) {
  onnx::TensorProto tensor;
  tensor.mutable_dims()->Add(shape.begin(), shape.end());
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.mutable_float_data()->Add(values.begin(), values.end());
  Convert(tensor);
  return tensor;
}

}  // namespace quantab
