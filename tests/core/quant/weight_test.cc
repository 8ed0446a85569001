// Weights as streams, against plain loops over the whole tensor.
#include "core/quant/weight.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "tests/core/base/threads_scope.h"

namespace quantab {
namespace {

std::vector<float> Normal(int64_t count, uint32_t seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.1f, 1.0f);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& x : values) x = normal(random);
  return values;
}

BlobPtr BlobOf(const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return MakeMemoryBlob({bytes.begin(), bytes.end()});
}

// The channel of element `i` along `axis`.
size_t ChannelOf(int64_t i, const Shape& shape, int64_t axis) {
  const std::vector<int64_t> strides = StridesOf(shape);
  return static_cast<size_t>(i / strides[static_cast<size_t>(axis)] %
                             shape[static_cast<size_t>(axis)]);
}

// Remembers what is asked of it. Not contiguous, as a file is.
class CountingSource final : public ByteSource {
 public:
  explicit CountingSource(std::vector<float> values) : values_(std::move(values)) {}
  const std::string& name() const override { return name_; }
  uint64_t size() const override { return values_.size() * sizeof(float); }
  void Read(uint64_t offset, std::span<std::byte> out) const override {
    CheckRange(*this, offset, out.size());
    std::memcpy(out.data(), reinterpret_cast<const std::byte*>(values_.data()) + offset,
                out.size());
    largest = std::max(largest, out.size());
    total += out.size();
  }

  mutable size_t largest = 0;
  mutable uint64_t total = 0;

 private:
  std::vector<float> values_;
  std::string name_ = "counted";
};

// Element `i` of quantized integers.
int CodeOf(const std::vector<std::byte>& bytes, DType type, size_t i) {
  const bool is_signed = type == DType::kInt4 || type == DType::kInt8 || type == DType::kInt16;
  int code = 0;
  if (BitsOf(type) == 4) {
    code = static_cast<int>(bytes[i / 2]) >> (i % 2 * 4) & 15;
  } else if (BitsOf(type) == 8) {
    code = static_cast<int>(bytes[i]);
  } else {
    code = static_cast<int>(bytes[2 * i]) | static_cast<int>(bytes[2 * i + 1]) << 8;
  }
  const int half = 1 << (BitsOf(type) - 1);
  return is_signed && code >= half ? code - 2 * half : code;
}

class WeightShapes : public testing::TestWithParam<std::pair<Shape, int64_t>> {};

TEST_P(WeightShapes, PerChannelAgreesWithPlainLoops) {
  const auto& [shape, axis] = GetParam();
  const std::vector<float> values = Normal(ElementCount(shape));
  const size_t channels = static_cast<size_t>(shape[static_cast<size_t>(axis)]);

  std::vector<RealRange> expected(
      channels, {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()});
  for (size_t i = 0; i < values.size(); ++i) {
    RealRange& range = expected[ChannelOf(static_cast<int64_t>(i), shape, axis)];
    range.min = std::min(range.min, values[i]);
    range.max = std::max(range.max, values[i]);
  }
  const auto ranges = ScanRanges(*BlobOf(values), shape, axis);
  ASSERT_TRUE(ranges);
  ASSERT_EQ(ranges->size(), channels);
  for (size_t c = 0; c < channels; ++c) {
    EXPECT_EQ((*ranges)[c].min, expected[c].min) << c;
    EXPECT_EQ((*ranges)[c].max, expected[c].max) << c;
  }

  const WeightParams params = ComputeWeightParams(*ranges, axis, {.type = DType::kUint8});
  const std::vector<std::byte> quantized = LoadBlob(*QuantizedBlob(BlobOf(values), shape, params));
  ASSERT_EQ(quantized.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const QParams p = params.params[ChannelOf(static_cast<int64_t>(i), shape, axis)];
    const float q = std::nearbyint(values[i] / p.scale) + static_cast<float>(p.zero_point);
    ASSERT_EQ(static_cast<float>(quantized[i]), std::min(std::max(q, 0.0f), 255.0f)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Axes, WeightShapes,
    testing::Values(std::pair(Shape{7}, 0), std::pair(Shape{5, 9}, 0), std::pair(Shape{5, 9}, 1),
                    std::pair(Shape{1, 9}, 0), std::pair(Shape{4, 3, 5, 2}, 0),
                    std::pair(Shape{4, 3, 5, 2}, 1), std::pair(Shape{4, 3, 5, 2}, 3),
                    // Longer than one block of the stream, with channels cut by its end.
                    std::pair(Shape{3, 70001}, 0), std::pair(Shape{3, 70001}, 1),
                    std::pair(Shape{257, 1021}, 1), std::pair(Shape{6, 5, 10007}, 1)));

class WeightTypes : public testing::TestWithParam<DType> {};

// Every type, per tensor, per channel and in blocks, read from any byte on, against plain loops.
TEST_P(WeightTypes, AgreesWithPlainLoops) {
  const DType type = GetParam();
  const int64_t rows = 37;
  const int64_t cols = 11;  // 407 elements: an odd number
  const std::vector<float> values = Normal(rows * cols);
  const QRange full = QRangeOf(type, false, false);
  for (const auto& [axis, block] : std::vector<std::pair<std::optional<int64_t>, int64_t>>{
           {std::nullopt, 0}, {0, 0}, {1, 0}, {0, 5}, {1, 4}, {0, 64}, {1, 1}}) {
    const int64_t blocks = block == 0 ? 0 : ((axis == 0 ? rows : cols) + block - 1) / block;
    const auto ranges = ScanRanges(*BlobOf(values), {rows, cols}, axis, DType::kFloat, block);
    ASSERT_TRUE(ranges);
    const WeightParams params = ComputeWeightParams(*ranges, axis, {.type = type}, block);
    const BlobPtr blob = QuantizedBlob(BlobOf(values), {rows, cols}, params);
    const std::vector<std::byte> bytes = LoadBlob(*blob);
    ASSERT_EQ(bytes.size(), (values.size() * static_cast<size_t>(BitsOf(type)) + 7) / 8);
    for (int64_t i = 0; i < rows * cols; ++i) {
      const int64_t row = i / cols;
      const int64_t col = i % cols;
      int64_t group = !axis ? 0 : *axis == 0 ? row : col;
      if (block > 0) {
        group = *axis == 0 ? row / block * cols + col : row * blocks + col / block;
      }
      const QParams p = params.params.at(static_cast<size_t>(group));
      const float x = values[static_cast<size_t>(i)];
      const int expected = static_cast<int>(
          std::clamp(std::nearbyint(x / p.scale) + static_cast<float>(p.zero_point),
                     static_cast<float>(full.min), static_cast<float>(full.max)));
      ASSERT_EQ(CodeOf(bytes, type, static_cast<size_t>(i)), expected) << i << " block " << block;
    }
    for (size_t at = 0; at < bytes.size(); at += 29) {
      std::vector<std::byte> part(std::min<size_t>(31, bytes.size() - at));
      blob->Read(at, part);
      EXPECT_TRUE(std::equal(part.begin(), part.end(), bytes.begin() + static_cast<long>(at)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, WeightTypes,
                         testing::Values(DType::kInt8, DType::kUint8, DType::kInt16, DType::kUint16,
                                         DType::kInt4, DType::kUint4));

// onnx.numpy_helper.saturate_cast to float8e4m3fn.
TEST(Weight, Float8) {
  const std::vector<float> values = {0, 0.5f, -0.5f, 1, 1.06f, 448, 1e9f, -1e9f};
  WeightParams params{.type = DType::kFloat8E4M3FN, .axis = {}, .params = {{0.5f, 0}}};
  EXPECT_EQ(
      LoadBlob(*QuantizedBlob(BlobOf(values), {8}, params)),
      (std::vector<std::byte>{std::byte{0x00}, std::byte{0x38}, std::byte{0xb8}, std::byte{0x40},
                              std::byte{0x40}, std::byte{0x7e}, std::byte{0x7e}, std::byte{0xfe}}));
}

TEST(Weight, Float16Elements) {
  const std::vector<uint16_t> halves = {0x3c00, 0xc000, 0x3800};  // 1, -2, 0.5
  const auto bytes = std::as_bytes(std::span(halves));
  const BlobPtr blob = MakeMemoryBlob({bytes.begin(), bytes.end()});
  const auto ranges = ScanRanges(*blob, {3}, std::nullopt, DType::kFloat16);
  ASSERT_TRUE(ranges);
  EXPECT_EQ((*ranges)[0].min, -2);
  EXPECT_EQ((*ranges)[0].max, 1);
  const WeightParams params{
      .type = DType::kInt8, .axis = {}, .params = {{0.5f, 1}}, .real = DType::kFloat16};
  EXPECT_EQ(LoadBlob(*QuantizedBlob(blob, {3}, params)),
            (std::vector<std::byte>{std::byte{3}, std::byte{0xfd}, std::byte{2}}));
}

TEST(Weight, TiesGoToEvenAndWhatIsOutsideIsClipped) {
  std::vector<float> values;
  for (int half = -701; half <= 701; ++half) values.push_back(static_cast<float>(half) * 0.5f);
  const Shape shape{static_cast<int64_t>(values.size())};
  for (const DType type : {DType::kInt8, DType::kUint8, DType::kInt4, DType::kUint4}) {
    const QRange full = QRangeOf(type, false, false);
    const auto low = static_cast<float>(full.min);
    const auto high = static_cast<float>(full.max);
    const BlobPtr blob =
        QuantizedBlob(BlobOf(values), shape,
                      {.type = type, .axis = {}, .params = {{.scale = 1, .zero_point = 3}}});
    std::vector<std::byte> codes(static_cast<size_t>(blob->size()));
    blob->Read(0, codes);
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(CodeOf(codes, type, i), QuantizeToFloat(values[i], 1, 3, low, high)) << values[i];
    }
  }
}

TEST(Weight, ReadsInAnyOrderGiveTheSame) {
  const Shape shape = {11, 13};
  const std::vector<float> values = Normal(143);
  const auto ranges = ScanRanges(*BlobOf(values), shape, 1);
  const BlobPtr blob =
      QuantizedBlob(BlobOf(values), shape, ComputeWeightParams(*ranges, 1, {.type = DType::kInt8}));
  const std::vector<std::byte> whole = LoadBlob(*blob);
  for (const size_t at : {100u, 0u, 142u, 57u}) {
    std::vector<std::byte> part(std::min<size_t>(31, whole.size() - at));
    blob->Read(at, part);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<long>(at)));
  }
}

TEST(Weight, NotFiniteIsNoticed) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    std::vector<float> values = Normal(1000);
    values[777] = bad;
    EXPECT_FALSE(ScanRanges(*BlobOf(values), {10, 100}, std::nullopt));
    EXPECT_FALSE(ScanRanges(*BlobOf(values), {10, 100}, 1));
  }
}

TEST(Weight, EmptyTensorsHaveAnEmptyRange) {
  const auto ranges = ScanRanges(*BlobOf({}), {0, 4}, 1);
  ASSERT_TRUE(ranges);
  ASSERT_EQ(ranges->size(), 4u);
  EXPECT_EQ((*ranges)[3].min, 0);
  EXPECT_EQ((*ranges)[3].max, 0);
}

TEST(Weight, TransposesEachMatrix) {
  const int64_t batch = 3, rows = 5, cols = 7;
  const std::vector<float> values = Normal(batch * rows * cols);
  const BlobPtr blob = TransposedBlob(BlobOf(values), batch, rows, cols, sizeof(float));
  for (int again = 0; again < 2; ++again) {
    std::vector<float> out(values.size());
    // In two parts, as a writer reads.
    const auto bytes = std::as_writable_bytes(std::span(out));
    blob->Read(0, bytes.first(100));
    blob->Read(100, bytes.subspan(100));
    for (int64_t b = 0; b < batch; ++b) {
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < cols; ++c) {
          EXPECT_EQ(out[static_cast<size_t>((b * cols + c) * rows + r)],
                    values[static_cast<size_t>((b * rows + r) * cols + c)]);
        }
      }
    }
  }
}

// Rows that are longer than what is read at once, and so come in parts.
TEST(Weight, TransposesLongRows) {
  const int64_t batch = 2, rows = 3, cols = 300001;
  const std::vector<float> values = Normal(batch * rows * cols);
  const std::vector<std::byte> bytes =
      LoadBlob(*TransposedBlob(BlobOf(values), batch, rows, cols, sizeof(float)));
  std::vector<float> out(values.size());
  ASSERT_EQ(bytes.size(), out.size() * sizeof(float));
  std::memcpy(out.data(), bytes.data(), bytes.size());
  size_t wrong = 0;
  for (int64_t i = 0; i < batch * rows * cols; ++i) {
    const int64_t matrix = i / (rows * cols);
    const int64_t at = matrix * rows * cols + i % cols * rows + i / cols % rows;
    wrong += out[static_cast<size_t>(at)] != values[static_cast<size_t>(i)];
  }
  EXPECT_EQ(wrong, 0u);
}

// Blocks are shared out to threads; what becomes of an element does not depend on that.
TEST(Weight, ThreadsDoNotMatter) {
  const Shape shape = {400, 401};
  const std::vector<float> values = Normal(ElementCount(shape));
  std::vector<float> broken = values;
  broken[150000] = std::numeric_limits<float>::infinity();
  struct Case {
    DType type;
    std::optional<int64_t> axis;
    int64_t block;
  };
  for (const Case& c :
       {Case{DType::kInt8, {}, 0}, Case{DType::kUint8, 0, 0}, Case{DType::kInt16, 1, 0},
        Case{DType::kUint4, 1, 0}, Case{DType::kInt4, 0, 16}, Case{DType::kInt4, 1, 7}}) {
    std::vector<std::byte> expected;
    for (const int threads : {1, 2, 3}) {
      const ThreadsScope scope(threads);
      const auto ranges = ScanRanges(*BlobOf(values), shape, c.axis, DType::kFloat, c.block);
      ASSERT_TRUE(ranges);
      EXPECT_FALSE(ScanRanges(*BlobOf(broken), shape, c.axis, DType::kFloat, c.block));
      const std::vector<std::byte> bytes = LoadBlob(*QuantizedBlob(
          BlobOf(values), shape, ComputeWeightParams(*ranges, c.axis, {.type = c.type}, c.block)));
      if (threads == 1) expected = bytes;
      EXPECT_EQ(bytes, expected) << threads << " threads";
    }
  }
}

TEST(Weight, StreamsReadLittleAtOnce) {
  const Shape shape = {2048, 1024};  // 8 MB
  const auto source = std::make_shared<CountingSource>(Normal(ElementCount(shape)));
  const BlobPtr blob = MakeRangeBlob(source, 0, source->size());
  const auto ranges = ScanRanges(*blob, shape, 1);
  ASSERT_TRUE(ranges);
  EXPECT_EQ(source->total, source->size());
  const BlobPtr quantized =
      QuantizedBlob(blob, shape, ComputeWeightParams(*ranges, 1, {.type = DType::kInt8}));
  EXPECT_EQ(source->total, source->size()) << "making the stream reads nothing";
  ForEachChunk(*quantized, 1, [](uint64_t, std::span<const std::byte>) {});
  EXPECT_EQ(source->total, 2 * source->size());
  EXPECT_LE(source->largest, size_t{1} << 20);
}

}  // namespace
}  // namespace quantab
