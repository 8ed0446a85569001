#include "core/kernels/lookup/lookup.h"

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

class LookupTest : public KernelTest {};
QUANTAB_TEST_KERNELS(LookupTest, lookup_family);

void CheckEntries() {
  Random random(14);
  Buffer<uint8_t> table(256);
  table.Fill(random, 0, 255);
  for (size_t n : kLengths) {
    Buffer<uint8_t> x(n);
    x.Fill(random, 0, 255);
    Buffer<uint8_t> y(n);
    Lookup(n, x.data(), table.data(), y.data());
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(y[i], table[x[i]]) << i << " of " << n;
    Lookup(n, x.data(), table.data(), x.data());
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(x[i], y[i]) << "in place, " << i << " of " << n;
  }
}

TEST_P(LookupTest, TakesEntriesByByte) { CheckEntries(); }

#if !defined(__wasm__)
// Natively the swizzle is emulated as either kind of machine has it.
TEST_P(LookupTest, TakesEntriesByByteWhereIndicesWrap) {
  emulated_swizzle_wraps = true;
  CheckEntries();
  emulated_swizzle_wraps = false;
}
#endif

TEST_P(LookupTest, RowsLieApart) {
  Random random(15);
  Buffer<uint8_t> table(256);
  table.Fill(random, 0, 255);
  for (const size_t n : {size_t{1}, size_t{7}, size_t{15}, size_t{16}, size_t{17}, size_t{31},
                         size_t{64}, size_t{79}, size_t{1023}, size_t{1040}}) {
    for (const bool copied : {false, true}) {
      const size_t rows = 5, x_row = n + static_cast<size_t>(random.Int(0, 3));
      const size_t y_row = n + static_cast<size_t>(random.Int(0, 40));
      Buffer<uint8_t> x((rows - 1) * x_row + n), y((rows - 1) * y_row + n);
      x.Fill(random, 0, 255);
      y.Fill(random, 0, 255);
      std::vector<uint8_t> expected(y.data(), y.data() + y.size());
      for (size_t r = 0; r < rows; ++r) {
        for (size_t i = 0; i < n; ++i) {
          const uint8_t byte = x[r * x_row + i];
          expected[r * y_row + i] = copied ? byte : table[byte];
        }
      }
      LookupRows(rows, n, x.data(), x_row, copied ? nullptr : table.data(), y.data(), y_row);
      ASSERT_EQ(std::vector<uint8_t>(y.data(), y.data() + y.size()), expected) << n;
    }
  }
}

}  // namespace
}  // namespace quantab::kernels
