// Operators as they were before opset 7; values worked by hand.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

TEST(LegacyBroadcast, TheAxisSaysWhereTheSecondOperandIs) {
  const Tensor a = Iota({2, 3, 2});
  ExpectTensor(OpTest("Add", 6)
                   .Input(a)
                   .Input(F32({3}, {10, 20, 30}))
                   .Set("broadcast", 1)
                   .Set("axis", 1)
                   .RunOne(),
               F32({2, 3, 2}, {10, 11, 22, 23, 34, 35, 16, 17, 28, 29, 40, 41}));
  ExpectTensor(OpTest("Sub", 6).Input(a).Input(F32({2}, {1, 0})).Set("broadcast", 1).RunOne(),
               F32({2, 3, 2}, {-1, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11}));
  ExpectTensor(OpTest("Mul", 1).Input(F32({2}, {3, 4})).Input(F32({2}, {5, 6})).RunOne(),
               F32({2}, {15, 24}));
  ExpectTensor(OpTest("Less", 6)
                   .Input(F32({2, 2}, {1, 2, 3, 4}))
                   .Input(F32({2}, {2, 4}))
                   .Set("broadcast", 1)
                   .Set("axis", 0)
                   .RunOne(),
               Bools({2, 2}, {true, false, true, false}));
  ExpectTensor(OpTest("Pow", 6)
                   .Input(F32({2, 2}, {1, 2, 3, 4}))
                   .Input(F32({}, {2}))
                   .Set("broadcast", 1)
                   .RunOne(),
               F32({2, 2}, {1, 4, 9, 16}));
  ExpectTensor(OpTest("And", 6)
                   .Input(Bools({1, 2}, {true, false}))
                   .Input(Bools({2}, {true, true}))
                   .Set("broadcast", 1)
                   .RunOne(),
               Bools({1, 2}, {true, false}));
}

TEST(LegacyBroadcast, RefusesWhatDoesNotFit) {
  const auto add = [](const Tensor& b, int broadcast, int axis) {
    OpTest("Add", 6)
        .Input(Iota({2, 3}))
        .Input(b)
        .Set("broadcast", broadcast)
        .Set("axis", axis)
        .RunOne();
  };
  ExpectError(ErrorCode::kInvalidModel, "does not broadcast", [&] { add(Iota({3}), 0, 1); });
  ExpectError(ErrorCode::kInvalidModel, "does not broadcast", [&] { add(Iota({3}), 1, 0); });
  ExpectError(ErrorCode::kInvalidModel, "does not broadcast", [&] { add(Iota({4, 2, 3}), 1, 0); });
  ExpectError(ErrorCode::kInvalidModel, "axis '7'", [&] { add(Iota({3}), 1, 7); });
  // The first operand is not broadcast.
  ExpectError(ErrorCode::kInvalidModel, "does not broadcast", [] {
    OpTest("Add", 6).Input(Iota({1, 3})).Input(Iota({2, 3})).Set("broadcast", 1).RunOne();
  });
}

TEST(PRelu, HadOneSlopeForEachChannel) {
  ExpectTensor(OpTest("PRelu", 6)
                   .Input(F32({1, 2, 2}, {-1, 1, -2, 2}))
                   .Constant(F32({2}, {0.5F, 0.25F}))
                   .RunOne(),
               F32({1, 2, 2}, {-0.5F, 1, -0.5F, 2}));
}

TEST(OldOpsets, OtherAttributes) {
  const Tensor x = F32({1, 2}, {1, 2});
  ExpectTensor(OpTest("Concat", 1).Input(x).Input(x).RunOne(), F32({1, 4}, {1, 2, 1, 2}));
  ExpectTensor(OpTest("Pad", 1)
                   .Input(x)
                   .Set("paddings", std::vector<int64_t>{0, 1, 0, 0})
                   .Set("value", 7.0F)
                   .RunOne(),
               F32({1, 3}, {7, 1, 2}));
  ExpectTensor(OpTest("Tile", 1).Input(x).Input(F32({}, {2})).Input(F32({}, {0})).RunOne(),
               F32({2, 2}, {1, 2, 1, 2}));
  ExpectError(ErrorCode::kInvalidModel, "input 1 is not one number from 0 up", [&] {
    OpTest("Tile", 1).Input(x).Input(F32({}, {-2})).Input(F32({}, {0})).RunOne();
  });
  ExpectTensor(OpTest("Upsample", 1)
                   .Input(F32({1, 1, 1, 2}, {1, 2}))
                   .Set("height_scale", 2.0F)
                   .Set("width_scale", 1.0F)
                   .RunOne(),
               F32({1, 1, 2, 2}, {1, 2, 1, 2}));
  ExpectError(ErrorCode::kInvalidModel, "no image of rank 4",
              [&] { OpTest("Upsample", 1).Input(x).RunOne(); });
}

}  // namespace
}  // namespace quantab
