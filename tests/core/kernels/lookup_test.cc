#include "core/kernels/lookup/lookup.h"

#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

class LookupTest : public KernelTest {};
QUANTAB_TEST_KERNELS(LookupTest, lookup_family);

TEST_P(LookupTest, TakesEntriesByByte) {
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

}  // namespace
}  // namespace quantab::kernels
