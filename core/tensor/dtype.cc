#include "core/tensor/dtype.h"

#include <string>

#include "core/base/error.h"

namespace quantab {
namespace {

struct Row {
  DType dtype;
  int bits;
  std::string_view name;
};

constexpr Row kRows[] = {
    {DType::kFloat, 32, "float32"},
    {DType::kUint8, 8, "uint8"},
    {DType::kInt8, 8, "int8"},
    {DType::kUint16, 16, "uint16"},
    {DType::kInt16, 16, "int16"},
    {DType::kInt32, 32, "int32"},
    {DType::kInt64, 64, "int64"},
    {DType::kString, 0, "string"},
    {DType::kBool, 8, "bool"},
    {DType::kFloat16, 16, "float16"},
    {DType::kDouble, 64, "float64"},
    {DType::kUint32, 32, "uint32"},
    {DType::kUint64, 64, "uint64"},
    {DType::kComplex64, 64, "complex64"},
    {DType::kComplex128, 128, "complex128"},
    {DType::kBfloat16, 16, "bfloat16"},
    {DType::kFloat8E4M3FN, 8, "float8e4m3fn"},
    {DType::kFloat8E4M3FNUZ, 8, "float8e4m3fnuz"},
    {DType::kFloat8E5M2, 8, "float8e5m2"},
    {DType::kFloat8E5M2FNUZ, 8, "float8e5m2fnuz"},
    {DType::kUint4, 4, "uint4"},
    {DType::kInt4, 4, "int4"},
    {DType::kFloat4E2M1, 4, "float4e2m1"},
    {DType::kFloat8E8M0, 8, "float8e8m0"},
    {DType::kUint2, 2, "uint2"},
    {DType::kInt2, 2, "int2"},
    {DType::kFloat6E2M3, 6, "float6e2m3"},
    {DType::kFloat6E3M2, 6, "float6e3m2"},
};

const Row* Find(DType dtype) {
  for (const Row& row : kRows) {
    if (row.dtype == dtype) return &row;
  }
  return nullptr;
}

}  // namespace

int BitsOf(DType dtype) {
  const Row* row = Find(dtype);
  return row == nullptr ? 0 : row->bits;
}

size_t SizeOf(DType dtype) {
  const int bits = BitsOf(dtype);
  if (bits < 8) {
    ThrowInternal("An element of type '" + std::string(NameOf(dtype)) +
                  "' has no size in whole bytes.");
  }
  return static_cast<size_t>(bits) / 8;
}

std::string_view NameOf(DType dtype) {
  const Row* row = Find(dtype);
  return row == nullptr ? "undefined" : row->name;
}

bool IsFloat(DType dtype) {
  return dtype == DType::kFloat || dtype == DType::kFloat16 || dtype == DType::kBfloat16 ||
         dtype == DType::kDouble;
}

}  // namespace quantab
