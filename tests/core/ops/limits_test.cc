// Sizes that no memory holds and attributes that are mistakes: refused, never computed with.
#include <array>
#include <limits>

#include "core/ops/op.h"
#include "core/ops/types.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

using Ints = std::vector<int64_t>;
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMax32 = std::numeric_limits<int32_t>::max();

// A context of no node that notes how much it was asked for.
class ScratchContext final : public OpContext {
 public:
  const onnx::NodeProto& node() const override { return node_; }
  const Attributes& attributes() const override { return attributes_; }
  int64_t opset() const override { return 1; }
  int input_count() const override { return 0; }
  int output_count() const override { return 0; }
  const Tensor* Optional(int) const override { return nullptr; }
  Tensor& Output(int, DType, Shape) override { return output_; }
  const Value* OptionalValue(int) const override { return nullptr; }
  std::vector<Value> RunGraph(std::string_view, std::vector<Value>) override { return {}; }
  void SetOutput(int, Value) override {}
  OpState* state() const override { return nullptr; }

  size_t asked = 0;

 private:
  std::span<std::byte> NewScratch(size_t bytes) override {
    asked = bytes;
    return {};
  }

  Model model_;
  onnx::NodeProto node_;
  Attributes attributes_{model_, node_};
  Tensor output_;
};

TEST(Scratch, SizesAreMultipliedWithoutWrapping) {
  constexpr size_t kMost = std::numeric_limits<size_t>::max();
  ScratchContext c;
  c.ScratchOf<float>(size_t{3}, size_t{5});
  EXPECT_EQ(c.asked, 60U);
  c.ScratchOf<float>(kMost, size_t{0});
  EXPECT_EQ(c.asked, 0U);
  const auto refuses = [](auto&& body) {
    ExpectError(ErrorCode::kOutOfMemory, "than the address space has", body);
  };
  refuses([&] { c.ScratchOf<float>(kMost / 4 + 2); });
  refuses([&] { c.ScratchOf<std::byte>(kMost / 2 + 1, size_t{2}); });
  refuses([&] { c.ScratchOf<float>(kMost / 16 + 1, size_t{2}, size_t{2}); });
  refuses([&] { c.Scratch(kMost); });
  refuses([] { PackedTensor(DType::kFloat, kMost); });
  EXPECT_EQ(PackedTensor(DType::kFloat, 12).shape(), (Shape{3}));
}

TEST(Size, IsNeverCut) {
  constexpr int64_t kLarge = int64_t{1} << 32;
  if constexpr (sizeof(size_t) < sizeof(int64_t)) {
    ExpectError(ErrorCode::kOutOfMemory, "A size of '4294967296'", [] { Size(kLarge); });
  } else {
    EXPECT_EQ(Size(kLarge), static_cast<uint64_t>(kLarge));
  }
}

// A convolution of one element by one weight, padded and strided alike everywhere.
void OneByOne(const std::string& op, size_t dims, int64_t pad, int64_t stride) {
  const Shape one(dims + 2, 1);
  OpTest test(op);
  if (op == "Conv") {
    test.Input(F32(one, {1})).Constant(F32(one, {1}));
  } else {
    test.Input(U8(one, {1})).Constant(U8(one, {1}));
  }
  test.Set("pads", Ints(2 * dims, pad)).Set("strides", Ints(dims, stride)).RunOne();
}

TEST(Conv, PaddingThatNoPlaneHolds) {
  constexpr int64_t kLargePad = kMax32 / 2 - 1;
  for (const char* op : {"Conv", "ConvInteger"}) {
    // Depthwise runs on a padded plane, whose size exceeds 64 bits.
    ExpectError(ErrorCode::kOutOfMemory, "More working memory is needed",
                [&] { OneByOne(op, 3, kLargePad, kLargePad); });
    // The output comes first.
    ExpectError(ErrorCode::kInvalidArgument, "more elements than can be counted",
                [&] { OneByOne(op, 3, kLargePad, 1); });
    ExpectError(ErrorCode::kUnsupported, "at most '2147483647' are supported",
                [&] { OneByOne(op, 2, kMax32, kMax32); });
    ExpectError(ErrorCode::kInvalidModel, "attribute 'pads' holds '2147483648'",
                [&] { OneByOne(op, 1, kMax32 + 1, 1); });
  }
}

TEST(Conv, GroupsOfNoChannels) {
  for (const int64_t group : {int64_t{2}, kMax}) {
    ExpectError(ErrorCode::kInvalidModel, "group '" + std::to_string(group) + "'", [&] {
      OpTest("Conv").Input(Iota({1, 0, 2})).Constant(Iota({0, 0, 1})).Set("group", group).RunOne();
    });
    ExpectError(ErrorCode::kInvalidModel, "group '" + std::to_string(group) + "'", [&] {
      OpTest("ConvTranspose")
          .Input(Iota({1, 0, 2}))
          .Constant(Iota({0, 4, 1}))
          .Set("group", group)
          .RunOne();
    });
  }
}

TEST(Conv, WindowsOfEmptyWeights) {
  // 2^62 taps of no channel: no weight exists, but their number is there to be multiplied with.
  constexpr int64_t kMany = int64_t{1} << 31;
  ExpectError(ErrorCode::kUnsupported, "at most '2147483647' are supported", [] {
    OpTest("Conv").Input(Iota({1, 1, 1, 1})).Input(Iota({0, 1, kMany, kMany})).RunOne();
  });
  ExpectError(ErrorCode::kInvalidModel, "does not fit an input", [] {
    OpTest("Conv").Input(Iota({1, 1, 1, 1})).Input(Iota({0, 1, kMax32, kMax32})).RunOne();
  });
}

TEST(Pool, WindowsThatAreMistakes) {
  for (const char* op : {"MaxPool", "AveragePool"}) {
    for (const int64_t size : {kMax, int64_t{1} << 62, kMax32 + 1}) {
      ExpectError(ErrorCode::kUnsupported, "at most '2147483647' are supported", [&] {
        OpTest(op)
            .Input(Iota({1, 1, 4, 4}))
            .Set("kernel_shape", Ints{2, size})
            .Set("dilations", Ints{1, kMax32})
            .RunOne();
      });
    }
    ExpectError(ErrorCode::kInvalidModel, "the window is empty", [&] {
      OpTest(op).Input(Iota({1, 1, 4})).Set("kernel_shape", Ints{-kMax - 1}).RunOne();
    });
    ExpectError(ErrorCode::kInvalidModel, "does not fit an input of '4'", [&] {
      OpTest(op)
          .Input(Iota({1, 1, 4}))
          .Set("kernel_shape", Ints{kMax32})
          .Set("dilations", Ints{kMax32})
          .RunOne();
    });
    ExpectError(ErrorCode::kUnsupported, "at most '2147483647' are supported", [&] {
      OpTest(op)
          .Input(Iota({1, 1, 4}))
          .Set("kernel_shape", Ints{kMax32})
          .Set("dilations", Ints{kMax32})
          .Set("auto_pad", "SAME_UPPER")
          .RunOne();
    });
    ExpectError(ErrorCode::kInvalidModel, "attribute 'strides' holds '0'", [&] {
      OpTest(op)
          .Input(Iota({1, 1, 4}))
          .Set("kernel_shape", Ints{2})
          .Set("strides", Ints{0})
          .RunOne();
    });
  }
}

TEST(ConvTranspose, ShapesThatAreMistakes) {
  const auto run = [](const std::string& name, const Ints& values) {
    OpTest("ConvTranspose")
        .Input(Iota({1, 1, 2}))
        .Constant(Iota({1, 1, 2}))
        .Set(name, values)
        .RunOne();
  };
  for (const int64_t value : {-kMax - 1, int64_t{-1}, kMax}) {
    ExpectError(ErrorCode::kInvalidModel,
                "attribute 'output_shape' holds '" + std::to_string(value) + "'",
                [&] { run("output_shape", {value}); });
  }
  ExpectError(ErrorCode::kInvalidModel, "attribute 'strides' does not fit",
              [&] { run("strides", {kMax}); });
  ExpectError(ErrorCode::kUnsupported, "at most '2147483647' are supported",
              [&] { run("strides", {kMax32}); });
  ExpectError(ErrorCode::kInvalidModel, "the window is empty", [] {
    OpTest("ConvTranspose").Input(Iota({1, 1, 2})).Constant(Iota({1, 1, 0})).RunOne();
  });
}

TEST(Recurrent, AHiddenSizeThatWrapsIsRefused) {
  for (const char* op : {"LSTM", "GRU", "RNN"}) {
    const int64_t hidden = int64_t{1} << 62;
    OpTest test(op);
    // 4 * 2^62 gates are 0 in 64 bits, which an empty W and R would fit.
    test.Input(Iota({0, 1, 1})).Input(Iota({1, 0, 1})).Input(Iota({1, 0, hidden}));
    ExpectError(ErrorCode::kInvalidModel, "attribute 'hidden_size' is '4611686018427387904'",
                [&] { test.Set("hidden_size", hidden).RunOne(); });
  }
}

TEST(Recurrent, WeightsOfAnotherRank) {
  ExpectError(ErrorCode::kInvalidModel, "input 1 has shape [], which does not fit", [] {
    OpTest("LSTM")
        .Input(Iota({1, 1, 1}))
        .Input(Iota({}))
        .Input(Iota({1, 4, 1}))
        .Set("hidden_size", 1)
        .RunOne();
  });
}

}  // namespace
}  // namespace quantab
