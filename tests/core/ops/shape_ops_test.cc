// Operators that make shapes, or give tensors another one.
#include "core/tensor/half.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

using Ints = std::vector<int64_t>;

TEST(Reshape, TakesZeroAndMinusOne) {
  const Tensor x = Iota({2, 3, 4});
  const auto shape_of = [&](const Ints& shape, int allow_zero = 0) {
    return OpTest("Reshape", 14)
        .Input(x)
        .Input(I64({static_cast<int64_t>(shape.size())}, shape))
        .Set("allowzero", allow_zero)
        .RunOne();
  };
  ExpectTensor(shape_of({4, 6}), Iota({4, 6}));
  ExpectTensor(shape_of({0, -1}), Iota({2, 12}));
  ExpectTensor(shape_of({-1}), Iota({24}));
  ExpectTensor(shape_of({2, 0, 1, -1}), Iota({2, 3, 1, 4}));
  ExpectError(ErrorCode::kInvalidModel, "[2,3,4], which cannot become [5,-1]",
              [&] { shape_of({5, -1}); });
  ExpectError(ErrorCode::kInvalidModel, "more than one '-1'", [&] { shape_of({-1, -1}); });
  ExpectError(ErrorCode::kInvalidModel, "cannot become [-2,-12]", [&] { shape_of({-2, -12}); });
  ExpectError(ErrorCode::kInvalidModel, "copies dimension 3", [&] { shape_of({2, 3, 4, 0}); });
  ExpectError(ErrorCode::kInvalidModel, "cannot become", [&] { shape_of({0, 24}, 1); });
  ExpectTensor(OpTest("Reshape", 14)
                   .Input(F32({0, 3}, {}))
                   .Input(I64({2}, {5, 0}))
                   .Set("allowzero", 1)
                   .RunOne(),
               F32({5, 0}, {}));
  ExpectTensor(OpTest("Reshape", 5).Input(F32({0, 3}, {})).Input(I64({2}, {-1, 3})).RunOne(),
               F32({0, 3}, {}));
  ExpectTensor(OpTest("Reshape", 5).Input(F32({1}, {7})).Input(I64({0}, {})).RunOne(),
               F32({}, {7}));
}

TEST(Flatten, SplitsAtTheAxis) {
  const Tensor x = Iota({2, 3, 4});
  ExpectTensor(OpTest("Flatten", 9).Input(x).RunOne(), Iota({2, 12}));
  ExpectTensor(OpTest("Flatten", 13).Input(x).Set("axis", 0).RunOne(), Iota({1, 24}));
  ExpectTensor(OpTest("Flatten", 13).Input(x).Set("axis", 3).RunOne(), Iota({24, 1}));
  ExpectTensor(OpTest("Flatten", 13).Input(x).Set("axis", -1).RunOne(), Iota({6, 4}));
  ExpectTensor(OpTest("Flatten", 13).Input(F32({}, {5})).Set("axis", 0).RunOne(), F32({1, 1}, {5}));
}

TEST(Squeeze, AxesAsAttributeAndInput) {
  const Tensor x = Iota({1, 3, 1, 2});
  ExpectTensor(OpTest("Squeeze", 11).Input(x).RunOne(), Iota({3, 2}));
  ExpectTensor(OpTest("Squeeze", 11).Input(x).Set("axes", Ints{-2}).RunOne(), Iota({1, 3, 2}));
  ExpectTensor(OpTest("Squeeze", 13).Input(x).RunOne(), Iota({3, 2}));
  ExpectTensor(OpTest("Squeeze", 13).Input(x).Input(I64({2}, {0, -2})).RunOne(), Iota({3, 2}));
  ExpectError(ErrorCode::kInvalidModel, "dimension 1 of shape [1,3,1,2] is not 1",
              [&] { OpTest("Squeeze", 13).Input(x).Input(I64({1}, {1})).RunOne(); });
}

TEST(Unsqueeze, AxesAsAttributeAndInput) {
  const Tensor x = Iota({3, 2});
  ExpectTensor(OpTest("Unsqueeze", 11).Input(x).Set("axes", Ints{0, 3}).RunOne(),
               Iota({1, 3, 2, 1}));
  ExpectTensor(OpTest("Unsqueeze", 13).Input(x).Input(I64({2}, {-1, 1})).RunOne(),
               Iota({3, 1, 2, 1}));
  ExpectTensor(OpTest("Unsqueeze", 13).Input(F32({0, 2}, {})).Input(I64({1}, {1})).RunOne(),
               F32({0, 1, 2}, {}));
  ExpectError(ErrorCode::kInvalidModel, "given twice",
              [&] { OpTest("Unsqueeze", 13).Input(x).Input(I64({2}, {0, -4})).RunOne(); });
}

TEST(Shape, AllAndAPart) {
  const Tensor x = Iota({2, 3, 4});
  ExpectTensor(OpTest("Shape", 13).Input(x).RunOne(), I64({3}, {2, 3, 4}));
  ExpectTensor(OpTest("Shape", 15).Input(x).Set("start", 1).RunOne(), I64({2}, {3, 4}));
  ExpectTensor(OpTest("Shape", 15).Input(x).Set("start", -9).Set("end", -1).RunOne(),
               I64({2}, {2, 3}));
  ExpectTensor(OpTest("Shape", 15).Input(x).Set("start", 2).Set("end", 1).RunOne(), I64({0}, {}));
  ExpectTensor(OpTest("Shape", 15).Input(F32({}, {1})).RunOne(), I64({0}, {}));
  ExpectTensor(OpTest("Size", 13).Input(x).RunOne(), I64({}, {24}));
}

TEST(ConstantOfShape, FillsWithAnyType) {
  const Tensor shape = I64({2}, {2, 2});
  ExpectTensor(OpTest("ConstantOfShape", 9).Input(shape).RunOne(), F32({2, 2}, {0, 0, 0, 0}));
  ExpectTensor(OpTest("ConstantOfShape", 9).Input(shape).Set("value", I64({1}, {-7})).RunOne(),
               I64({2, 2}, {-7, -7, -7, -7}));
  ExpectTensor(OpTest("ConstantOfShape", 9).Input(I64({0}, {})).Set("value", U8({1}, {3})).RunOne(),
               U8({}, {3}));
  ExpectError(ErrorCode::kInvalidArgument, "[2,-1]",
              [&] { OpTest("ConstantOfShape", 9).Input(I64({2}, {2, -1})).RunOne(); });
}

TEST(Constant, EveryKindOfValue) {
  const auto value = [](const Attr& attr) {
    GraphBuilder b(13);
    b.Node("Constant", {}, {"y"}, {attr}).Output("y");
    return Session(b.model()).Run({})["y"];
  };
  ExpectTensor(value(Attr("value", I64({2}, {1, 2}))), I64({2}, {1, 2}));
  ExpectTensor(value(Attr("value_float", 1.5F)), F32({}, {1.5F}));
  ExpectTensor(value(Attr("value_int", 9)), I64({}, {9}));
  ExpectTensor(value(Attr("value_floats", std::vector<float>{1, 2})), F32({2}, {1, 2}));
  ExpectTensor(value(Attr("value_ints", Ints{3, 4})), I64({2}, {3, 4}));
  const Tensor text = value(Attr("value_string", "abc"));
  EXPECT_EQ(text.strings(), std::vector<std::string>{"abc"});
  ExpectError(ErrorCode::kInvalidModel, "no value", [&] { value(Attr("other", 1)); });
}

TEST(Range, FloatsAndIntegers) {
  ExpectTensor(
      OpTest("Range", 11).Input(F32({}, {1})).Input(F32({}, {2})).Input(F32({}, {0.25F})).RunOne(),
      F32({4}, {1, 1.25F, 1.5F, 1.75F}));
  const auto range = [](int64_t start, int64_t limit, int64_t delta) {
    return OpTest("Range", 11)
        .Input(I64({}, {start}))
        .Input(I64({}, {limit}))
        .Input(I64({}, {delta}))
        .RunOne();
  };
  ExpectTensor(range(10, 3, -3), I64({3}, {10, 7, 4}));
  ExpectTensor(range(3, 10, -3), I64({0}, {}));
  ExpectTensor(range(5, 5, 1), I64({0}, {}));
  ExpectError(ErrorCode::kInvalidArgument, "step 0", [&] { range(0, 5, 0); });
}

TEST(EyeLike, Diagonals) {
  const Tensor x = Iota({2, 3});
  ExpectTensor(OpTest("EyeLike", 9).Input(x).RunOne(), F32({2, 3}, {1, 0, 0, 0, 1, 0}));
  ExpectTensor(OpTest("EyeLike", 9).Input(x).Set("k", 1).Set("dtype", 7).RunOne(),
               I64({2, 3}, {0, 1, 0, 0, 0, 1}));
  ExpectTensor(OpTest("EyeLike", 9).Input(x).Set("k", -1).RunOne(),
               F32({2, 3}, {0, 0, 0, 1, 0, 0}));
  for (const int64_t half : {10, 16}) {
    const Tensor y = OpTest("EyeLike", 9).Input(x).Set("dtype", half).RunOne();
    EXPECT_EQ(y.dtype(), static_cast<DType>(half));
    ExpectTensor(HalfToFloat(y), F32({2, 3}, {1, 0, 0, 0, 1, 0}));
  }
}

TEST(Dropout, PassesEverything) {
  const Tensor x = Iota({3});
  std::vector<Tensor> y = OpTest("Dropout", 13).Input(x).Outputs(2).Run();
  ExpectTensor(y[0], x);
  ExpectTensor(y[1], Bools({3}, {true, true, true}));
  y = OpTest("Dropout", 7).Input(x).Outputs(2).Set("ratio", 0.3F).Run();
  ExpectTensor(y[0], x);
  ExpectTensor(y[1], F32({3}, {1, 1, 1}));
}

TEST(Identity, PassesEverything) {
  ExpectTensor(OpTest("Identity", 13).Input(I8({2}, {-1, 4})).RunOne(), I8({2}, {-1, 4}));
}

}  // namespace
}  // namespace quantab
