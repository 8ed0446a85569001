// Expected bits are those of convert_np_to_float16 in onnxruntime.transformers.float16 1.31.1 and
// in onnxconverter_common.float16 1.16.0, run on the same numbers.
#include "core/quant/float16_values.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/core/quant/graph_builder.h"

namespace quantab {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const std::vector<float> kNumbers = {1e-9f, -1e-9f, 0.0f,          -0.0f, 1e5f,  -1e5f,
                                     kInf,  -kInf,  std::nanf(""), 0.1f,  65519, 5.96e-8f,
                                     1e-7f, 2049,   6.1e-5f,       -3e4f};
const std::vector<uint16_t> kByOnnxRuntime = {0x1,    0x8001, 0x0,    0x8000, 0x7bff, 0xfbff,
                                              0x7c00, 0xfc00, 0x7e00, 0x2e66, 0x7bff, 0x1,
                                              0x2,    0x6800, 0x3ff,  0xf753};
const std::vector<uint16_t> kByOnnxConverter = {0x2,    0x8002, 0x0,    0x8000, 0x70e2, 0xf0e2,
                                                0x7c00, 0xfc00, 0x7e00, 0x2e66, 0x70e2, 0x2,
                                                0x2,    0x6800, 0x3ff,  0xf0e2};

BlobPtr BlobOf(const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return MakeMemoryBlob({bytes.begin(), bytes.end()});
}

std::vector<uint16_t> Halves(const Blob& blob) {
  std::vector<uint16_t> values(blob.size() / 2);
  blob.Read(0, std::as_writable_bytes(std::span(values)));
  return values;
}

TEST(Float16Values, AreThoseOfThePythonTools) {
  EXPECT_EQ(Halves(*HalfBlob(BlobOf(kNumbers), {})), kByOnnxRuntime);
  EXPECT_EQ(Halves(*HalfBlob(BlobOf(kNumbers), {1e-7f, 1e4f})), kByOnnxConverter);
}

TEST(Float16Values, AnyRangeCanBeRead) {
  const std::vector<float> many(100'000, 1.5f);  // more than one block
  EXPECT_EQ(Halves(*HalfBlob(BlobOf(many), {})), std::vector<uint16_t>(many.size(), 0x3e00));
  const BlobPtr blob = HalfBlob(BlobOf(kNumbers), {});
  std::vector<std::byte> all(blob->size());
  blob->Read(0, all);
  for (const auto& [begin, length] : {std::pair<size_t, size_t>{1, 4}, {3, 1}, {8, 5}, {0, 3}}) {
    std::vector<std::byte> part(length);
    blob->Read(begin, part);
    const auto expected =
        std::vector<std::byte>(all.begin() + static_cast<std::ptrdiff_t>(begin),
                               all.begin() + static_cast<std::ptrdiff_t>(begin + length));
    EXPECT_EQ(part, expected) << begin;
  }
}

TEST(Float16Values, ConvertingCountsWhatIsClamped) {
  QuantGraphBuilder b;
  b.Weight("w", {16}, kNumbers).Ints("i", {1, 2});
  Model model = b.model();
  HalfConstants constants(model, {}, nullptr);
  for (auto& tensor : *model.proto.mutable_graph()->mutable_initializer()) {
    constants.Convert(tensor);
  }
  EXPECT_EQ(ElementsOf<uint16_t>(model, "w"), kByOnnxRuntime);
  EXPECT_EQ(constants.counts().small, 2u);  // +-1e-9
  EXPECT_EQ(constants.counts().large, 3u);  // +-1e5 and 65519
  EXPECT_EQ(TypeOf(*InitializerOf(model, "w")), DType::kFloat16);
  EXPECT_EQ(TypeOf(*InitializerOf(model, "i")), DType::kInt64);
}

}  // namespace
}  // namespace quantab
