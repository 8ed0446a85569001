#include "core/ops/qlinear_table.h"

#include "core/kernels/lookup/lookup.h"
#include "core/ops/quantization.h"

namespace quantab {

Tensor DequantizedBytes(const QuantizedPoint& x) {
  uint8_t bytes[256];
  for (int i = 0; i < 256; ++i) bytes[i] = static_cast<uint8_t>(i);
  Tensor values(DType::kFloat, {256});
  DequantizeRun(256, bytes, x.dtype, x.scale, x.zero, values.mutable_data<float>());
  return values;
}

Tensor QuantizedTable(const Tensor& values, const QuantizedPoint& y) {
  if (values.count() != 256) {
    ThrowInvalidModel("a function of one element gave shape " + ToString(values.shape()) +
                      " for shape [256].");
  }
  Tensor table(y.dtype, {256});
  QuantizeRun(256, values.data<float>(), y.scale, y.zero, y.dtype, table.mutable_raw());
  return table;
}

void LookUp(size_t n, const std::byte* x, const Tensor& table, std::byte* y) {
  kernels::Lookup(n, reinterpret_cast<const uint8_t*>(x),
                  reinterpret_cast<const uint8_t*>(table.raw()), reinterpret_cast<uint8_t*>(y));
}

void LookUpRows(size_t rows, size_t n, const std::byte* x, const Tensor& table, std::byte* y,
                size_t y_row) {
  const std::byte* entries = table.exists() ? table.raw() : nullptr;
  kernels::LookupRows(rows, n, reinterpret_cast<const uint8_t*>(x), n,
                      reinterpret_cast<const uint8_t*>(entries), reinterpret_cast<uint8_t*>(y),
                      y_row);
}

}  // namespace quantab
