#include "core/eval/stored_numbers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "core/tensor/half.h"
#include "core/tensor/packed.h"

namespace quantab {
namespace {

NumberLimits LimitsOfCodes(DType type) {
  const std::array<float, 256> values = ValuesOfCodes(type);
  std::vector<float> numbers;
  for (size_t code = 0; code < size_t{1} << BitsOf(type); ++code) {
    if (std::isfinite(values[code])) numbers.push_back(values[code]);
  }
  return LimitsOfNumbers(std::move(numbers));
}

}  // namespace

std::vector<float> NumbersFrom(DType type, const std::byte* bytes, size_t count) {
  std::vector<float> numbers;
  if (HasCodes(type)) {
    const std::array<float, 256> values = ValuesOfCodes(type);
    const auto* codes = reinterpret_cast<const uint8_t*>(bytes);
    for (size_t i = 0; i < count; ++i) {
      numbers.push_back(values[PackedElement(codes, BitsOf(type), i)]);
    }
  } else if (IsHalf(type)) {
    for (size_t i = 0; i < count; ++i) {
      uint16_t bits = 0;
      std::memcpy(&bits, bytes + 2 * i, 2);
      numbers.push_back(type == DType::kFloat16 ? HalfToFloat(bits) : Bfloat16ToFloat(bits));
    }
  } else if (BitsOf(type) <= 32) {
    VisitArithmetic(type, [&](auto zero) {
      using T = decltype(zero);
      for (size_t i = 0; i < count; ++i) {
        T element{};
        std::memcpy(&element, bytes + sizeof(T) * i, sizeof(T));
        numbers.push_back(static_cast<float>(element));
      }
    });
  }
  return numbers;
}

std::vector<float> NumbersOf(const Model& model, const onnx::TensorProto& tensor) {
  const Tensor loaded = LoadTensor(model, tensor);
  return NumbersFrom(loaded.dtype(), loaded.raw(), static_cast<size_t>(loaded.count()));
}

std::optional<NumberLimits> LimitsOf(DType type) {
  if (HasCodes(type)) return LimitsOfCodes(type);
  std::optional<NumberLimits> limits;
  VisitArithmetic(type, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      const auto lowest = static_cast<double>(std::numeric_limits<T>::lowest());
      const auto highest = static_cast<double>(std::numeric_limits<T>::max());
      limits = {.lowest = lowest, .highest = highest, .least = lowest - 0.5, .most = highest + 0.5};
    }
  });
  return limits;
}

NumberLimits LimitsOfNumbers(std::vector<float> numbers) {
  std::sort(numbers.begin(), numbers.end());
  const double lowest = numbers.front(), highest = numbers.back();
  return {.lowest = lowest,
          .highest = highest,
          .least = lowest - (numbers[1] - lowest) / 2,
          .most = highest + (highest - numbers[numbers.size() - 2]) / 2};
}

}  // namespace quantab
