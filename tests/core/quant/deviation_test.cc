// Standard deviations of weights. Expected numbers are numpy.std's of the same float32 numbers.
#include "core/quant/deviation.h"

#include <gtest/gtest.h>

#include <span>

namespace quantab {
namespace {

// Multiples of 1/16, so that numpy can be given the same ones: (i * 7919 mod 1009 - 300) / 16.
std::vector<float> Numbers(int64_t count) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) {
    values.push_back(static_cast<float>(i * 7919 % 1009 - 300) / 16);
  }
  return values;
}

BlobPtr BlobOf(const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return MakeMemoryBlob({bytes.begin(), bytes.end()});
}

float Deviation(int64_t count) {
  return ScanDeviations(*BlobOf(Numbers(count)), {count}, std::nullopt, DType::kFloat).at(0);
}

TEST(Deviation, AddsAsNumPyDoes) {
  EXPECT_EQ(Deviation(2), 0x1.ac00000000000p+4F);
  EXPECT_EQ(Deviation(7), 0x1.2537640000000p+4F);
  EXPECT_EQ(Deviation(8), 0x1.4780960000000p+4F);
  EXPECT_EQ(Deviation(13), 0x1.21eefc0000000p+4F);
  EXPECT_EQ(Deviation(128), 0x1.256efa0000000p+4F);
  EXPECT_EQ(Deviation(129), 0x1.2465080000000p+4F);
  EXPECT_EQ(Deviation(1000), 0x1.235bec0000000p+4F);
  EXPECT_EQ(Deviation(4099), 0x1.234fda0000000p+4F);
  EXPECT_EQ(Deviation(70001), 0x1.2346520000000p+4F);
}

TEST(Deviation, PerChannel) {
  const std::vector<float> values = Numbers(1500);
  const std::vector<float> rows = ScanDeviations(*BlobOf(values), {3, 500}, 0, DType::kFloat);
  EXPECT_EQ(rows, (std::vector<float>{0x1.23319a0000000p+4F, 0x1.2384fa0000000p+4F,
                                      0x1.23a58c0000000p+4F}));
  const std::vector<float> cols = ScanDeviations(*BlobOf(values), {500, 3}, 1, DType::kFloat);
  EXPECT_EQ(cols, (std::vector<float>{0x1.23d4940000000p+4F, 0x1.236af80000000p+4F,
                                      0x1.231f700000000p+4F}));
}

TEST(Deviation, OfNothingAndOfOneIsZero) {
  EXPECT_EQ(ScanDeviations(*BlobOf({}), {0, 2}, 1, DType::kFloat), (std::vector<float>{0, 0}));
  EXPECT_EQ(ScanDeviations(*BlobOf({5}), {1}, 0, DType::kFloat), (std::vector<float>{0}));
}

}  // namespace
}  // namespace quantab
