// Operators that move elements around. Expected values are NumPy's.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

using Ints = std::vector<int64_t>;

Tensor Vector(const Ints& values) { return I64({static_cast<int64_t>(values.size())}, values); }

TEST(Transpose, AgreesWithItsDefinition) {
  const Shape shape{2, 3, 4, 5};
  const Tensor x = Iota(shape);
  Ints perm{0, 1, 2, 3};
  do {
    const Tensor y = OpTest("Transpose", 13).Input(x).Set("perm", perm).RunOne();
    Ints x_strides = StridesOf(shape);
    int64_t n = 0;
    ASSERT_EQ(y.rank(), 4);
    for (int64_t a = 0; a < y.dim(0); ++a) {
      for (int64_t b = 0; b < y.dim(1); ++b) {
        for (int64_t c = 0; c < y.dim(2); ++c) {
          for (int64_t d = 0; d < y.dim(3); ++d) {
            const Ints at{a, b, c, d};
            int64_t from = 0;
            for (size_t k = 0; k < 4; ++k) from += at[k] * x_strides[static_cast<size_t>(perm[k])];
            ASSERT_EQ(y.data<float>()[n++], x.data<float>()[from]);
          }
        }
      }
    }
  } while (std::next_permutation(perm.begin(), perm.end()));
}

TEST(Transpose, DefaultsAndEdges) {
  ExpectTensor(OpTest("Transpose", 9).Input(Iota({2, 3})).RunOne(),
               F32({3, 2}, {0, 3, 1, 4, 2, 5}));
  ExpectTensor(OpTest("Transpose", 9).Input(F32({}, {4})).RunOne(), F32({}, {4}));
  ExpectTensor(OpTest("Transpose", 9).Input(F32({0, 3}, {})).RunOne(), F32({3, 0}, {}));
  ExpectTensor(OpTest("Transpose", 9).Input(Bools({1, 2}, {true, false})).RunOne(),
               Bools({2, 1}, {true, false}));
  ExpectError(ErrorCode::kInvalidModel, "given twice",
              [] { OpTest("Transpose", 9).Input(Iota({2, 3})).Set("perm", Ints{0, 0}).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "'perm' has 1 axes",
              [] { OpTest("Transpose", 9).Input(Iota({2, 3})).Set("perm", Ints{0}).RunOne(); });
}

TEST(Concat, AlongEachAxis) {
  const Tensor a = Iota({2, 2});
  const Tensor b = Iota({1, 2}, 10);
  ExpectTensor(OpTest("Concat", 13).Input(a).Input(b).Set("axis", 0).RunOne(),
               F32({3, 2}, {0, 1, 2, 3, 10, 11}));
  const Tensor c = Iota({2, 1}, 20);
  ExpectTensor(OpTest("Concat", 13).Input(a).Input(c).Input(a).Set("axis", -1).RunOne(),
               F32({2, 5}, {0, 1, 20, 0, 1, 2, 3, 21, 2, 3}));
  ExpectTensor(OpTest("Concat", 4).Input(a).Input(F32({0, 2}, {})).Set("axis", 0).RunOne(), a);
  ExpectError(ErrorCode::kInvalidModel, "[1,2], which cannot follow [2,2] along axis 1",
              [&] { OpTest("Concat", 13).Input(a).Input(b).Set("axis", 1).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "types 'float32' and 'int64'", [&] {
    OpTest("Concat", 13).Input(a).Input(I64({1, 2}, {1, 2})).Set("axis", 0).RunOne();
  });
}

TEST(Split, EqualGivenAndUneven) {
  const Tensor x = Iota({2, 5});
  std::vector<Tensor> y =
      OpTest("Split", 11).Input(x).Set("axis", 1).Set("split", Ints{2, 3}).Outputs(2).Run();
  ExpectTensor(y[0], F32({2, 2}, {0, 1, 5, 6}));
  ExpectTensor(y[1], F32({2, 3}, {2, 3, 4, 7, 8, 9}));
  y = OpTest("Split", 13).Input(x).Input(Vector({1, 0, 4})).Set("axis", -1).Outputs(3, {1}).Run();
  ExpectTensor(y[0], F32({2, 1}, {0, 5}));
  ExpectTensor(y[2], F32({2, 4}, {1, 2, 3, 4, 6, 7, 8, 9}));
  y = OpTest("Split", 13).Input(x).Outputs(2).Run();
  ExpectTensor(y[1], F32({1, 5}, {5, 6, 7, 8, 9}));
  y = OpTest("Split", 18).Input(x).Set("axis", 1).Set("num_outputs", 3).Outputs(3).Run();
  ExpectTensor(y[0], F32({2, 2}, {0, 1, 5, 6}));
  ExpectTensor(y[2], F32({2, 1}, {4, 9}));
  ExpectError(ErrorCode::kInvalidModel, "size 5 cannot be split into 2 equal parts",
              [&] { OpTest("Split", 13).Input(x).Set("axis", 1).Outputs(2).Run(); });
  ExpectError(ErrorCode::kInvalidModel, "parts [2,2]", [&] {
    OpTest("Split", 13).Input(x).Input(Vector({2, 2})).Set("axis", 1).Outputs(2).Run();
  });
}

TEST(Slice, AttributesAndInputs) {
  const Tensor x = Iota({3, 4});
  ExpectTensor(
      OpTest("Slice", 9).Input(x).Set("starts", Ints{1, 0}).Set("ends", Ints{1000, -1}).RunOne(),
      F32({2, 3}, {4, 5, 6, 8, 9, 10}));
  const auto slice = [&](const Ints& starts, const Ints& ends, const Ints& axes,
                         const Ints& steps) {
    return OpTest("Slice", 13)
        .Input(x)
        .Input(Vector(starts))
        .Input(Vector(ends))
        .Input(Vector(axes))
        .Input(Vector(steps))
        .RunOne();
  };
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  ExpectTensor(slice({0}, {4}, {1}, {2}), F32({3, 2}, {0, 2, 4, 6, 8, 10}));
  // NumPy's x[::-1, 3:0:-2].
  ExpectTensor(slice({-1, 3}, {kMin, 0}, {0, 1}, {-1, -2}), F32({3, 2}, {11, 9, 7, 5, 3, 1}));
  ExpectTensor(slice({kMax}, {kMin}, {-2}, {-2}), F32({2, 4}, {8, 9, 10, 11, 0, 1, 2, 3}));
  ExpectTensor(slice({2}, {1}, {1}, {1}), F32({3, 0}, {}));
  ExpectTensor(slice({1}, {kMax}, {0}, {kMax}), F32({1, 4}, {4, 5, 6, 7}));
  ExpectTensor(slice({1}, {kMin}, {0}, {kMin}), F32({1, 4}, {4, 5, 6, 7}));
  ExpectTensor(slice({0}, {3}, {0}, {1}), x);
  ExpectTensor(OpTest("Slice", 10).Input(x).Input(I32({1}, {-1})).Input(I32({1}, {100})).RunOne(),
               F32({1, 4}, {8, 9, 10, 11}));
  ExpectError(ErrorCode::kInvalidModel, "a step is 0", [&] { slice({0}, {1}, {0}, {0}); });
  ExpectError(ErrorCode::kInvalidModel, "axis '2' is outside", [&] { slice({0}, {1}, {2}, {1}); });
}

// Runs of 2, 4, 8 and 16 bytes are moved as one, backwards too.
TEST(Slice, ShortRuns) {
  const Tensor x = Iota({2, 3, 6});
  for (const int64_t width : {1, 2, 3, 4}) {
    const Tensor y = OpTest("Slice", 13)
                         .Input(x)
                         .Input(Vector({2, 1}))
                         .Input(Vector({-4, 1 + width}))
                         .Input(Vector({1, 2}))
                         .Input(Vector({-2, 1}))
                         .RunOne();
    std::vector<float> want;
    for (const int64_t row : {2, 0, 5, 3}) {
      for (int64_t c = 1; c <= width; ++c) want.push_back(static_cast<float>(row * 6 + c));
    }
    ExpectTensor(y, F32({2, 2, width}, want));
  }
}

// ONNX Runtime's results, which are not NumPy's where a start lies before the dimension or an end
// is the largest number of its type.
TEST(Slice, NegativeStepsFromOutsideAndToTheOpenEnd) {
  const Tensor x = Iota({5});
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMax32 = std::numeric_limits<int32_t>::max();
  const auto slice = [&](int64_t start, int64_t end, int64_t step) {
    const Tensor y = OpTest("Slice", 13)
                         .Input(x)
                         .Input(Vector({start}))
                         .Input(Vector({end}))
                         .Input(Vector({0}))
                         .Input(Vector({step}))
                         .RunOne();
    const auto values = y.span<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  using Floats = std::vector<float>;
  EXPECT_EQ(slice(-10, -100, -1), Floats{0});
  EXPECT_EQ(slice(-6, -100, -1), Floats{0});
  EXPECT_EQ(slice(-10, -100, -2), Floats{0});
  EXPECT_EQ(slice(-10, kMax, -1), Floats{0});
  EXPECT_EQ(slice(10, 0, -2), (Floats{4, 2}));
  EXPECT_EQ(slice(4, kMax, -1), (Floats{4, 3, 2, 1, 0}));
  EXPECT_EQ(slice(4, kMax32, -1), (Floats{4, 3, 2, 1, 0}));
  EXPECT_EQ(slice(4, kMax32 - 1, -1), Floats{});
  EXPECT_EQ(slice(0, kMax, -1), Floats{0});
  EXPECT_EQ(slice(3, 100, -1), Floats{});
  EXPECT_EQ(slice(4, kMin, -1), (Floats{4, 3, 2, 1, 0}));
  EXPECT_EQ(slice(4, kMin, kMin), Floats{4});
  EXPECT_EQ(slice(4, -100, -3), (Floats{4, 1}));
  EXPECT_EQ(slice(2, -6, -1), (Floats{2, 1, 0}));
  EXPECT_EQ(slice(2, -5, -1), (Floats{2, 1}));
  EXPECT_EQ(slice(0, kMax, kMax), Floats{0});
  ExpectTensor(OpTest("Slice", 13)
                   .Input(Iota({0, 2}))
                   .Input(Vector({-1}))
                   .Input(Vector({-10}))
                   .Input(Vector({0}))
                   .Input(Vector({-1}))
                   .RunOne(),
               F32({0, 2}, {}));
}

TEST(Expand, BroadcastsBothWays) {
  const Tensor x = F32({2, 1}, {1, 2});
  ExpectTensor(OpTest("Expand", 13).Input(x).Input(Vector({3})).RunOne(),
               F32({2, 3}, {1, 1, 1, 2, 2, 2}));
  ExpectTensor(OpTest("Expand", 13).Input(x).Input(Vector({2, 1, 2})).RunOne(),
               F32({2, 2, 2}, {1, 1, 2, 2, 1, 1, 2, 2}));
  ExpectTensor(OpTest("Expand", 8).Input(F32({}, {5})).Input(Vector({1, 1})).RunOne(),
               F32({1, 1}, {5}));
  ExpectTensor(OpTest("Expand", 8).Input(x).Input(Vector({2, 0})).RunOne(), F32({2, 0}, {}));
  ExpectError(ErrorCode::kInvalidModel, "[2,1] cannot be expanded to [3,3]",
              [&] { OpTest("Expand", 8).Input(x).Input(Vector({3, 3})).RunOne(); });
}

TEST(Tile, RepeatsEveryDimension) {
  ExpectTensor(
      OpTest("Tile", 13).Input(Iota({2, 2})).Input(Vector({2, 3})).RunOne(),
      F32({4, 6}, {0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3}));
  ExpectTensor(OpTest("Tile", 6).Input(U8({2}, {1, 2})).Input(Vector({0})).RunOne(), U8({0}, {}));
}

TEST(Pad, EveryMode) {
  const Tensor x = F32({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto pad = [&](const char* mode, const Ints& pads, int64_t opset = 13) {
    return OpTest("Pad", opset).Input(x).Input(Vector(pads)).Set("mode", mode).RunOne();
  };
  ExpectTensor(pad("constant", {1, 0, 0, 2}),
               F32({3, 5}, {0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0}));
  ExpectTensor(pad("constant", {-1, 1, 0, -1}), F32({1, 3}, {0, 4, 5}));
  ExpectTensor(pad("reflect", {1, 2, 0, 1}),
               F32({3, 6}, {6, 5, 4, 5, 6, 5, 3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5}));
  ExpectTensor(pad("edge", {0, 2, 1, 1}),
               F32({3, 6}, {1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6, 6, 4, 4, 4, 5, 6, 6}));
  ExpectTensor(pad("wrap", {0, 1, 1, 2}, 19),
               F32({3, 6}, {3, 1, 2, 3, 1, 2, 6, 4, 5, 6, 4, 5, 3, 1, 2, 3, 1, 2}));
  ExpectTensor(pad("constant", {0, 0, 0, 0}), x);
  ExpectTensor(OpTest("Pad", 10).Input(x).Set("pads", Ints{0, 1, 0, 0}).Set("value", 9.0F).RunOne(),
               F32({2, 4}, {9, 1, 2, 3, 9, 4, 5, 6}));
  ExpectTensor(OpTest("Pad", 18)
                   .Input(I64({1, 2}, {1, 2}))
                   .Input(Vector({1, 1}))
                   .Input(I64({}, {7}))
                   .Input(Vector({-1}))
                   .RunOne(),
               I64({1, 4}, {7, 1, 2, 7}));
  ExpectError(ErrorCode::kInvalidModel, "there are 2 pads, expected 4",
              [&] { pad("constant", {1, 1}); });
  ExpectError(ErrorCode::kInvalidModel, "'mode' is 'mirror'", [&] { pad("mirror", {1, 1, 1, 1}); });
  ExpectError(ErrorCode::kInvalidModel, "do not fit dimension 0",
              [&] { pad("constant", {-3, 0, 0, 0}); });
}

TEST(Pad, RefusesPadsThatAreMistakes) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  for (const int64_t pad : {kMin, int64_t{-1} << 32, int64_t{1} << 32}) {
    ExpectError(ErrorCode::kInvalidModel, "a pad is '" + std::to_string(pad) + "'", [&] {
      OpTest("Pad", 13).Input(F32({2}, {1, 2})).Input(Vector({pad, 1})).RunOne();
    });
    ExpectError(ErrorCode::kInvalidModel, "a pad is '" + std::to_string(pad) + "'", [&] {
      OpTest("Pad", 10).Input(F32({2}, {1, 2})).Set("pads", Ints{1, pad}).RunOne();
    });
  }
}

TEST(DepthToSpace, BothModesAndBack) {
  const Tensor x = Iota({1, 8, 1, 1});
  const Tensor dcr = OpTest("DepthToSpace", 13).Input(x).Set("blocksize", 2).RunOne();
  ExpectTensor(dcr, F32({1, 2, 2, 2}, {0, 2, 4, 6, 1, 3, 5, 7}));
  ExpectTensor(OpTest("DepthToSpace", 13).Input(x).Set("blocksize", 2).Set("mode", "CRD").RunOne(),
               F32({1, 2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7}));
  ExpectTensor(OpTest("SpaceToDepth", 13).Input(dcr).Set("blocksize", 2).RunOne(), x);
  ExpectError(ErrorCode::kInvalidModel, "blocks of 3 by 3 do not divide",
              [&] { OpTest("DepthToSpace", 13).Input(x).Set("blocksize", 3).RunOne(); });
}

TEST(Trilu, UpperAndLower) {
  const Tensor x = F32({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto trilu = [&](int upper, int64_t k) {
    return OpTest("Trilu", 14).Input(x).Input(I64({}, {k})).Set("upper", upper).RunOne();
  };
  ExpectTensor(OpTest("Trilu", 14).Input(x).RunOne(), F32({2, 3}, {1, 2, 3, 0, 5, 6}));
  ExpectTensor(trilu(1, 1), F32({2, 3}, {0, 2, 3, 0, 0, 6}));
  ExpectTensor(trilu(1, -1), x);
  ExpectTensor(trilu(1, 100), F32({2, 3}, {0, 0, 0, 0, 0, 0}));
  ExpectTensor(trilu(0, 0), F32({2, 3}, {1, 0, 0, 4, 5, 0}));
  ExpectTensor(trilu(0, -1), F32({2, 3}, {0, 0, 0, 4, 0, 0}));
  ExpectTensor(trilu(0, -100), F32({2, 3}, {0, 0, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace quantab
