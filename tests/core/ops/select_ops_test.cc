// Operators that select, place and fold elements. Expected values are worked by hand, or NumPy's
// where a test says so.
#include "core/tensor/half.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

using Ints = std::vector<int64_t>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr int64_t kHuge = int64_t{1} << 40;

TEST(Unique, NansZerosAndOrder) {
  const Tensor x = F32({6}, {kNan, 1, kNan, 0.0f, -0.0f, -1});
  std::vector<Tensor> y = OpTest("Unique", 11).Input(x).Outputs(4).Run();
  ExpectTensor(y[0], F32({4}, {-1, 0, 1, kNan}));  // NumPy's
  ExpectTensor(y[1], I64({4}, {5, 3, 1, 0}));
  ExpectTensor(y[2], I64({6}, {3, 2, 3, 1, 1, 0}));
  ExpectTensor(y[3], I64({4}, {1, 2, 1, 2}));
  y = OpTest("Unique", 11).Input(x).Set("sorted", 0).Outputs(4, {1}).Run();
  ExpectTensor(y[0], F32({4}, {kNan, 1, 0, -1}));
  ExpectTensor(y[2], I64({6}, {0, 1, 0, 2, 2, 3}));
  ExpectTensor(y[3], I64({4}, {2, 1, 2, 1}));
}

TEST(Unique, SlicesAndTypes) {
  const Tensor x = I8({3, 2}, {1, 2, 0, 5, 1, 2});
  std::vector<Tensor> y = OpTest("Unique", 11).Input(x).Set("axis", 0).Outputs(2).Run();
  ExpectTensor(y[0], I8({2, 2}, {0, 5, 1, 2}));
  ExpectTensor(y[1], I64({2}, {1, 0}));
  y = OpTest("Unique", 11).Input(I8({2, 3}, {1, 0, 1, 2, 5, 2})).Set("axis", -1).Outputs(3).Run();
  ExpectTensor(y[0], I8({2, 2}, {0, 1, 5, 2}));
  ExpectTensor(y[2], I64({3}, {1, 0, 1}));
  ExpectTensor(OpTest("Unique", 11).Input(Bools({2, 2}, {true, false, true, true})).RunOne(),
               Bools({2}, {false, true}));
  Tensor half(DType::kFloat16, {3});
  FloatToHalf(F32({3}, {2, -1, 2}), half);
  Tensor expected(DType::kFloat16, {2});
  FloatToHalf(F32({2}, {-1, 2}), expected);
  ExpectTensor(OpTest("Unique", 11).Input(half).RunOne(), expected);
}

TEST(Unique, ZeroSizes) {
  ExpectTensor(OpTest("Unique", 11).Input(F32({0, 3}, {})).RunOne(), F32({0}, {}));
  ExpectTensor(OpTest("Unique", 11).Input(F32({3, 0}, {})).Set("axis", 0).RunOne(),
               F32({1, 0}, {}));
  ExpectTensor(OpTest("Unique", 11).Input(F32({0, 2}, {})).Set("axis", 0).RunOne(),
               F32({0, 2}, {}));
  ExpectTensor(OpTest("Unique", 11).Input(F32({}, {4})).RunOne(), F32({1}, {4}));
  ExpectError(ErrorCode::kInvalidModel, "axis '1' is outside",
              [] { OpTest("Unique", 11).Input(F32({1}, {4})).Set("axis", 1).RunOne(); });
}

TEST(Compress, ShorterAndLongerConditions) {
  const Tensor x = Iota({2, 3});
  const auto run = [](const Tensor& tensor, const std::vector<bool>& condition) {
    return OpTest("Compress", 11)
        .Input(tensor)
        .Input(Bools({static_cast<int64_t>(condition.size())}, condition));
  };
  ExpectTensor(run(x, {false, true}).Set("axis", 1).RunOne(), F32({2, 1}, {1, 4}));
  ExpectTensor(run(x, {false, true, true, true}).Set("axis", -2).RunOne(), F32({1, 3}, {3, 4, 5}));
  ExpectTensor(run(x, {true, false, false, true}).RunOne(), F32({2}, {0, 3}));
  ExpectTensor(run(F32({0, 3}, {}), {true}).RunOne(), F32({0}, {}));
  ExpectTensor(run(x, {}).Set("axis", 0).RunOne(), F32({0, 3}, {}));
  ExpectError(ErrorCode::kInvalidModel, "expected 'bool' of rank 1",
              [&] { OpTest("Compress", 11).Input(x).Input(I64({1}, {1})).RunOne(); });
}

TEST(ReverseSequence, SaysWhatIsWrong) {
  const auto run = [](const Tensor& x, const Tensor& lengths, int time, int batch) {
    return OpTest("ReverseSequence", 10)
        .Input(x)
        .Input(lengths)
        .Set("time_axis", time)
        .Set("batch_axis", batch)
        .RunOne();
  };
  const Tensor x = Iota({2, 3});
  ExpectTensor(run(x, I64({3}, {0, 1, 2}), 0, 1), F32({2, 3}, {0, 1, 5, 3, 4, 2}));
  ExpectTensor(run(F32({0, 2}, {}), I64({2}, {0, 0}), 0, 1), F32({0, 2}, {}));
  ExpectError(ErrorCode::kInvalidArgument, "length 3 does not fit a dimension of size 2",
              [&] { run(x, I64({3}, {0, 1, 3}), 0, 1); });
  ExpectError(ErrorCode::kInvalidArgument, "length -1",
              [&] { run(x, I64({3}, {0, 1, -1}), 0, 1); });
  ExpectError(ErrorCode::kInvalidModel, "expected [3]", [&] { run(x, I64({2}, {0, 1}), 0, 1); });
  ExpectError(ErrorCode::kInvalidModel, "expected 0 and 1",
              [&] { run(x, I64({3}, {0, 1, 2}), 1, 1); });
  ExpectError(ErrorCode::kInvalidModel, "expected rank 2 or more",
              [&] { run(Iota({2}), I64({2}, {0, 1}), 0, 1); });
}

Tensor Suppress(const Tensor& boxes, const Tensor& scores, const std::vector<Tensor>& limits) {
  OpTest test("NonMaxSuppression", 11);
  test.Input(boxes).Input(scores);
  for (const Tensor& limit : limits) test.Input(limit);
  return test.RunOne();
}

TEST(NonMaxSuppression, LimitsAndOddScores) {
  const Tensor boxes = F32({1, 3, 4}, {0, 0, 1, 1, 0, 0, 1, 1, 5, 5, 6, 6});
  const Tensor scores = F32({1, 1, 3}, {kNan, 0.5f, 0.5f});
  const Tensor most = I64({1}, {9});
  ExpectTensor(Suppress(boxes, scores, {}), I64({0, 3}, {}));
  ExpectTensor(Suppress(boxes, scores, {I64({}, {-1})}), I64({0, 3}, {}));
  // A score that is no number comes last, and its box is covered by another.
  ExpectTensor(Suppress(boxes, scores, {most}), I64({2, 3}, {0, 0, 1, 0, 0, 2}));
  ExpectTensor(Suppress(boxes, scores, {most, F32({}, {1}), F32({}, {0.4f})}),
               I64({2, 3}, {0, 0, 1, 0, 0, 2}));
  ExpectTensor(Suppress(F32({2, 0, 4}, {}), F32({2, 3, 0}, {}), {most}), I64({0, 3}, {}));
}

TEST(NonMaxSuppression, SaysWhatIsWrong) {
  const Tensor boxes = Iota({1, 2, 4});
  const Tensor scores = F32({1, 1, 2}, {1, 2});
  ExpectError(ErrorCode::kInvalidModel, "do not fit scores",
              [&] { Suppress(boxes, F32({1, 1, 3}, {1, 2, 3}), {}); });
  ExpectError(ErrorCode::kInvalidModel, "do not fit scores",
              [&] { Suppress(Iota({1, 2}), scores, {}); });
  ExpectError(ErrorCode::kInvalidModel, "input 2 has more than one element",
              [&] { Suppress(boxes, scores, {I64({2}, {1, 1})}); });
  ExpectError(ErrorCode::kInvalidArgument, "iou_threshold",
              [&] { Suppress(boxes, scores, {I64({1}, {1}), F32({1}, {kNan})}); });
  ExpectError(ErrorCode::kInvalidModel, "'center_point_box' is 2", [&] {
    OpTest("NonMaxSuppression", 11).Input(boxes).Input(scores).Set("center_point_box", 2).RunOne();
  });
}

OpTest Scatter(const Tensor& cache, const Tensor& update, const Ints& begins, const char* mode) {
  OpTest test("TensorScatter", 24);
  test.Input(cache).Input(update).Input(I64({static_cast<int64_t>(begins.size())}, begins));
  test.Set("mode", mode);
  return test;
}

TEST(TensorScatter, WrapsAround) {
  const Tensor cache = Iota({2, 3, 1});
  const Tensor update = F32({2, 2, 1}, {-1, -2, -3, -4});
  ExpectTensor(Scatter(cache, update, {1, 0}, "linear").RunOne(),
               F32({2, 3, 1}, {0, -1, -2, -3, -4, 5}));
  ExpectTensor(Scatter(cache, update, {5, -1}, "circular").RunOne(),
               F32({2, 3, 1}, {-2, 1, -1, -4, 4, -3}));
  ExpectTensor(Scatter(F32({2, 0, 1}, {}), F32({2, 0, 1}, {}), {7, -9}, "circular").RunOne(),
               F32({2, 0, 1}, {}));
}

TEST(TensorScatter, MovesElementsNarrowerThanAByte) {
  Tensor cache(DType::kUint4, {1, 3, 1}), update(DType::kUint4, {1, 1, 1});
  cache.mutable_raw()[0] = std::byte{0x21};
  cache.mutable_raw()[1] = std::byte{0x03};
  update.mutable_raw()[0] = std::byte{0x0F};
  Tensor expected = cache.Clone();
  expected.mutable_raw()[0] = std::byte{0xF1};
  ExpectTensor(Scatter(cache, update, {1}, "linear").RunOne(), expected);
}

TEST(TensorScatter, SaysWhatIsWrong) {
  const Tensor cache = Iota({2, 3, 1});
  const Tensor update = Iota({2, 2, 1});
  for (int64_t begin : {int64_t{2}, int64_t{-1}, std::numeric_limits<int64_t>::max()}) {
    ExpectError(ErrorCode::kInvalidArgument, "does not fit a dimension of size 3",
                [&] { Scatter(cache, update, {0, begin}, "linear").RunOne(); });
  }
  ExpectError(ErrorCode::kInvalidModel, "input 2 has 1 elements, expected 2",
              [&] { Scatter(cache, update, {0}, "linear").RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "'mode' is 'round'",
              [&] { Scatter(cache, update, {0, 0}, "round").RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "is that of the batch",
              [&] { Scatter(cache, update, {0, 0}, "linear").Set("axis", -3).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "does not fit a cache",
              [&] { Scatter(cache, Iota({2, 4, 1}), {0, 0}, "linear").RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "does not fit a cache",
              [&] { Scatter(cache, Iota({2, 2}), {0, 0}, "linear").RunOne(); });
}

TEST(Det, MatricesOfEachSize) {
  ExpectTensor(OpTest("Det", 11).Input(F32({2, 2}, {0, 2, 3, 4})).RunOne(), F32({}, {-6}));
  ExpectTensor(OpTest("Det", 11).Input(F64({2, 2, 2}, {1, 2, 3, 4, 1, 2, 2, 4})).RunOne(),
               F64({2}, {-2, 0}), 1e-12);
  ExpectTensor(OpTest("Det", 11).Input(F32({2, 0, 0}, {})).RunOne(), F32({2}, {1, 1}));
  ExpectTensor(OpTest("Det", 11).Input(F32({0, 2, 2}, {})).RunOne(), F32({0}, {}));
  ExpectError(ErrorCode::kInvalidModel, "expected square matrices",
              [] { OpTest("Det", 11).Input(Iota({2, 3})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected square matrices",
              [] { OpTest("Det", 11).Input(Iota({2})).RunOne(); });
}

OpTest Fold(const Tensor& x, const Ints& image, const Ints& block) {
  OpTest test("Col2Im", 18);
  test.Input(x).Input(I64({static_cast<int64_t>(image.size())}, image));
  test.Input(I64({static_cast<int64_t>(block.size())}, block));
  return test;
}

TEST(Col2Im, AddsOverlapsInEachNumberOfDimensions) {
  // Blocks of two along a line of three: the middle is in both.
  ExpectTensor(Fold(I32({1, 2, 2}, {1, 2, 3, 4}), {3}, {2}).RunOne(), I32({1, 1, 3}, {1, 5, 4}));
  ExpectTensor(Fold(I32({1, 2, 2}, {1, 2, 3, 4}), {3}, {2})
                   .Set("dilations", Ints{2})
                   .Set("pads", Ints{1, 0})
                   .RunOne(),
               I32({1, 1, 3}, {2, 3, 4}));
  ExpectTensor(Fold(F32({0, 4, 1}, {}), {2, 2}, {2, 2}).RunOne(), F32({0, 1, 2, 2}, {}));
}

TEST(Col2Im, SaysWhatIsWrong) {
  const Tensor x = Iota({1, 4, 4});
  ExpectError(ErrorCode::kInvalidModel, "expected [N,C*4,4]",
              [&] { Fold(Iota({1, 5, 4}), {3, 3}, {2, 2}).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected [N,C*4,9]",
              [&] { Fold(x, {4, 4}, {2, 2}).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "do not fit an image",
              [&] { Fold(x, {1, 1}, {2, 2}).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "block_shape is [2], expected 2 numbers",
              [&] { Fold(x, {3, 3}, {2}).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "image_shape is [0,3]",
              [&] { Fold(x, {0, 3}, {2, 2}).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "strides is [0,1]",
              [&] { Fold(x, {3, 3}, {2, 2}).Set("strides", Ints{0, 1}).RunOne(); });
  ExpectError(ErrorCode::kUnsupported, "positions", [&] { Fold(x, {kHuge, 3}, {2, 2}).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "names no dimension", [&] { Fold(x, {}, {}).RunOne(); });
  const int64_t large = (int64_t{1} << 31) - 1;
  ExpectError(ErrorCode::kInvalidArgument, "more elements than can be counted",
              [&] { Fold(x, {large, large, large}, {1, 1, 1}).RunOne(); });
}

TEST(MaxUnpool, SaysWhatIsWrong) {
  const auto unpool = [](const Tensor& x, const Tensor& indices) {
    OpTest test("MaxUnpool", 11);
    test.Input(x).Input(indices).Set("kernel_shape", Ints{2});
    return test;
  };
  const Tensor x = F32({1, 1, 2}, {8, 9});
  const Tensor indices = I64({1, 1, 2}, {0, 2});
  ExpectTensor(unpool(x, indices).Set("strides", Ints{2}).RunOne(), F32({1, 1, 4}, {8, 0, 9, 0}));
  ExpectTensor(unpool(F32({0, 1, 2}, {}), I64({0, 1, 2}, {})).RunOne(), F32({0, 1, 3}, {}));
  for (int64_t index : {int64_t{3}, int64_t{-1}}) {
    ExpectError(ErrorCode::kInvalidArgument, "is outside a tensor of 3 elements",
                [&] { unpool(x, I64({1, 1, 2}, {0, index})).RunOne(); });
  }
  ExpectError(ErrorCode::kInvalidModel, "expected one shape",
              [&] { unpool(x, I64({1, 2}, {0, 2})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected rank 3 or more",
              [&] { unpool(Iota({1, 2}), I64({1, 2}, {0, 2})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected 1 numbers from 1 up",
              [&] { unpool(x, indices).Set("strides", Ints{1, 1}).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "the output would have shape [1,1,-1]",
              [&] { unpool(x, indices).Set("pads", Ints{2, 2}).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected at least [1,1,3]",
              [&] { unpool(x, indices).Input(I64({3}, {1, 1, 2})).RunOne(); });
}

}  // namespace
}  // namespace quantab
