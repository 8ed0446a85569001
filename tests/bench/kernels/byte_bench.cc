// Families that pass over 8-bit tensors. An operation is a byte.
#include <string>
#include <vector>

#include "core/kernels/lookup/lookup.h"
#include "core/kernels/pool_last/pool_last.h"
#include "core/kernels/qlinear/qlinear.h"
#include "tests/bench/kernels/kernel_bench.h"

namespace quantab::kernels {
namespace {

// 64 KiB: beyond the first-level cache, within the second.
constexpr size_t kRows = 256;
constexpr size_t kColumns = 256;
constexpr size_t kCount = kRows * kColumns;
// Rows that are laid into wider ones.
constexpr size_t kWide = 2 * kColumns;

// Adds a benchmark of call(x, y), bytes to bytes; y has room for wide rows.
template <typename Call>
void Add(const KernelFamily& family, const std::string& title, Call call) {
  AddKernelBench(family, title, kCount, [call](benchmark::State& state) {
    const std::vector<uint8_t> x = BenchBytes(kCount);
    std::vector<uint8_t> y(kRows * kWide);
    for (auto _ : state) {
      call(x.data(), y.data());
      benchmark::ClobberMemory();
    }
  });
}

const int kRegistered = [] {
  static const std::vector<uint8_t> table = BenchBytes(256);
  static const std::vector<float> factors = BenchFloats(kColumns);
  Add(lookup_family, "table",
      [](const uint8_t* x, uint8_t* y) { Lookup(kCount, x, table.data(), y); });
  Add(lookup_family, "table_rows", [](const uint8_t* x, uint8_t* y) {
    LookupRows(kRows, kColumns, x, kColumns, table.data(), y, kWide);
  });
  Add(lookup_family, "copy_rows", [](const uint8_t* x, uint8_t* y) {
    LookupRows(kRows, kColumns, x, kColumns, nullptr, y, kWide);
  });
  Add(qlinear_family, "add", [](const uint8_t* x, uint8_t* y) {
    const QLinearSide side = {
        .data = x, .step = 1, .is_signed = false, .scale = 0.02F, .zero = 120};
    QLinearAdd(kCount, side, side, {.data = y, .is_signed = false, .scale = 0.04F, .zero = 120});
  });
  Add(qlinear_family, "affine", [](const uint8_t* x, uint8_t* y) {
    QLinearAffine({.rows = kRows,
                   .n = kColumns,
                   .x = x,
                   .x_signed = false,
                   .factor = factors.data(),
                   .rest = factors.data(),
                   .step = 1,
                   .y = y,
                   .y_signed = false});
  });
  Add(pool_last_family, "sum_pixels", [](const uint8_t* x, uint8_t* y) {
    SumPixels(kRows, kColumns, x, false, reinterpret_cast<int32_t*>(y));
  });
  return 0;
}();

}  // namespace
}  // namespace quantab::kernels
