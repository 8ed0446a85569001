#include "core/tensor/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"
#include "core/tensor/blob.h"

namespace quantab {
namespace {

using testing::ElementsAre;

TEST(DTypes, BitsAndNames) {
  EXPECT_EQ(BitsOf(DType::kFloat), 32);
  EXPECT_EQ(BitsOf(DType::kInt4), 4);
  EXPECT_EQ(BitsOf(DType::kFloat6E3M2), 6);
  EXPECT_EQ(BitsOf(DType::kString), 0);
  EXPECT_EQ(BitsOf(static_cast<DType>(99)), 0);
  EXPECT_EQ(SizeOf(DType::kComplex128), 16u);
  EXPECT_THROW(SizeOf(DType::kInt4), Error);
  EXPECT_THROW(SizeOf(DType::kString), Error);
  EXPECT_EQ(NameOf(DType::kBfloat16), "bfloat16");
  EXPECT_EQ(NameOf(static_cast<DType>(99)), "undefined");
  EXPECT_TRUE(IsFloat(DType::kFloat16));
  EXPECT_FALSE(IsFloat(DType::kFloat8E5M2));
}

TEST(DTypes, VisitGivesTheElementType) {
  size_t size = 0;
  EXPECT_TRUE(VisitArithmetic(DType::kInt16, [&](auto value) { size = sizeof(value); }));
  EXPECT_EQ(size, 2u);
  EXPECT_FALSE(VisitArithmetic(DType::kFloat16, [&](auto) { size = 0; }));
  EXPECT_EQ(size, 2u);
}

TEST(Shapes, CountsAreChecked) {
  EXPECT_EQ(CheckedElementCount(Shape{}), 1);
  EXPECT_EQ(CheckedElementCount(Shape{2, 3}), 6);
  EXPECT_EQ(CheckedElementCount(Shape{int64_t{1} << 62, 0, int64_t{1} << 62}), std::nullopt);
  EXPECT_EQ(CheckedElementCount(Shape{5, 0}), 0);
  EXPECT_EQ(CheckedElementCount(Shape{-1}), std::nullopt);
  EXPECT_EQ(CheckedElementCount(Shape{0, -1}), std::nullopt);
  EXPECT_EQ(CheckedElementCount(Shape{int64_t{1} << 32, int64_t{1} << 31}), std::nullopt);
  EXPECT_THROW(ElementCount(Shape{-2}), Error);
}

TEST(Shapes, StridesTextAndBroadcast) {
  EXPECT_THAT(StridesOf(Shape{2, 3, 4}), ElementsAre(12, 4, 1));
  EXPECT_EQ(ToString(Shape{1, 3}), "[1,3]");
  EXPECT_EQ(ToString(Shape{}), "[]");
  EXPECT_EQ(BroadcastShapes(Shape{4, 1}, Shape{3}), (Shape{4, 3}));
  EXPECT_EQ(BroadcastShapes(Shape{}, Shape{2}), (Shape{2}));
  EXPECT_EQ(BroadcastShapes(Shape{0}, Shape{1}), (Shape{0}));
  EXPECT_EQ(BroadcastShapes(Shape{2}, Shape{3}), std::nullopt);
}

TEST(Tensors, BytesOfPackedTypes) {
  EXPECT_EQ(BytesOf(DType::kInt4, 3), 2u);
  EXPECT_EQ(BytesOf(DType::kUint2, 5), 2u);
  EXPECT_EQ(BytesOf(DType::kFloat6E2M3, 3), 3u);
  EXPECT_EQ(BytesOf(DType::kFloat6E2M3, 4), 3u);
  EXPECT_EQ(BytesOf(DType::kFloat, 0), 0u);
  EXPECT_THROW(BytesOf(DType::kFloat, -1), Error);
  EXPECT_THROW(BytesOf(DType::kFloat, std::numeric_limits<int64_t>::max()), Error);
  EXPECT_THROW(BytesOf(DType::kComplex128, std::numeric_limits<int64_t>::max() / 4), Error);
  if constexpr (sizeof(size_t) == 8) {
    // n * 4 bits exceeds 64 bits; the bytes do not.
    EXPECT_EQ(BytesOf(DType::kInt4, std::numeric_limits<int64_t>::max()), size_t{1} << 62);
  } else {
    EXPECT_THROW(BytesOf(DType::kInt4, std::numeric_limits<int64_t>::max()), Error);
  }
}

TEST(Tensors, HandlesShareElementsAndClonesDoNot) {
  Tensor a = Tensor::From<float>({2}, std::vector<float>{1, 2});
  Tensor b = a;
  const Tensor c = a.Clone();
  b.mutable_data<float>()[0] = 9;
  EXPECT_EQ(a.data<float>()[0], 9);
  EXPECT_EQ(c.data<float>()[0], 1);
  EXPECT_FALSE(a.unique());
  EXPECT_TRUE(c.unique());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a.raw()) % kBufferAlignment, 0u);
  EXPECT_THROW(a.data<int32_t>(), Error);
  EXPECT_EQ(a.Reshaped({2, 1}).shape(), (Shape{2, 1}));
  EXPECT_THROW(a.Reshaped({3}), Error);
  EXPECT_FALSE(Tensor().exists());
}

TEST(Tensors, Strings) {
  Tensor text(DType::kString, {2});
  text.mutable_strings()[1] = "b";
  const Tensor copy = text.Clone();
  text.mutable_strings()[1] = "c";
  EXPECT_EQ(copy.strings()[1], "b");
  EXPECT_EQ(text.strings()[0], "");
}

std::vector<std::byte> Counting(size_t count) {
  std::vector<std::byte> bytes(count);
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}

TEST(Tensors, ABufferOfNearlyTheWholeAddressSpaceIsRefused) {
  for (const size_t bytes : {SIZE_MAX, SIZE_MAX - 62}) {
    try {
      AllocateBuffer(bytes);
      ADD_FAILURE() << bytes;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
    }
  }
}

TEST(Blobs, ChunksAreWholeGranulesInOrder) {
  const auto computed = MakeComputedBlob(100, [](uint64_t offset, std::span<std::byte> out) {
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(offset + i);
  });
  for (const BlobPtr& blob : {MakeMemoryBlob(Counting(100)), computed}) {
    std::vector<std::byte> all;
    ForEachChunk(
        *blob, 12,
        [&](uint64_t offset, std::span<const std::byte> bytes) {
          EXPECT_EQ(offset, all.size());
          EXPECT_TRUE(bytes.size() == 24 || offset + bytes.size() == 100);
          all.insert(all.end(), bytes.begin(), bytes.end());
        },
        30);
    EXPECT_TRUE(all == Counting(100));
    EXPECT_TRUE(LoadBlob(*blob) == Counting(100));
  }
}

TEST(Blobs, RangesOfASource) {
  const auto source = std::make_shared<MemorySource>(Counting(20), "s");
  const BlobPtr blob = MakeRangeBlob(source, 5, 10);
  EXPECT_EQ(blob->size(), 10u);
  EXPECT_EQ(blob->Contiguous()[0], std::byte{5});
  std::byte out[2];
  blob->Read(8, out);
  EXPECT_EQ(out[1], std::byte{14});
  EXPECT_THROW(MakeRangeBlob(source, 15, 6), Error);
}

}  // namespace
}  // namespace quantab
