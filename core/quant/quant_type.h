// The types tensors are quantized to, by onnxruntime's names.
#pragma once

#include <string_view>

#include "core/tensor/dtype.h"

namespace quantab {

enum class QuantType { kQInt8, kQUInt8, kQFloat8E4M3FN, kQInt16, kQUInt16, kQInt4, kQUInt4 };

struct QuantTypeInfo {
  std::string_view name;
  DType dtype;
  int bits;
};

// In the order of the enumeration.
inline constexpr QuantTypeInfo kQuantTypes[] = {
    {"QInt8", DType::kInt8, 8},
    {"QUInt8", DType::kUint8, 8},
    {"QFLOAT8E4M3FN", DType::kFloat8E4M3FN, 8},
    {"QInt16", DType::kInt16, 16},
    {"QUInt16", DType::kUint16, 16},
    {"QInt4", DType::kInt4, 4},
    {"QUInt4", DType::kUint4, 4},
};

constexpr const QuantTypeInfo& InfoOf(QuantType type) {
  return kQuantTypes[static_cast<size_t>(type)];
}
constexpr DType DTypeOfQuantType(QuantType type) { return InfoOf(type).dtype; }
constexpr std::string_view NameOf(QuantType type) { return InfoOf(type).name; }

}  // namespace quantab
