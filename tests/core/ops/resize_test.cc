// Expected values are ONNX Runtime 1.31's.
#include <limits>

#include "core/tensor/half.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

const Tensor& Square2() {
  static const Tensor x = Iota({1, 1, 2, 2}, 1);
  return x;
}
const Tensor& Square4() {
  static const Tensor x = Iota({1, 1, 4, 4}, 1);
  return x;
}

// Resize with scales (opsets 11 to 17).
OpTest WithScales(const Tensor& x, const std::vector<float>& scales, const char* mode) {
  return OpTest("Resize", 13)
      .Input(x)
      .Constant(F32({0}, {}))
      .Constant(F32({static_cast<int64_t>(scales.size())}, scales))
      .Set("mode", mode);
}
// Resize to sizes.
OpTest WithSizes(const Tensor& x, const std::vector<int64_t>& sizes, const char* mode) {
  return OpTest("Resize", 13)
      .Input(x)
      .Absent()
      .Absent()
      .Constant(I64({static_cast<int64_t>(sizes.size())}, sizes))
      .Set("mode", mode);
}

TEST(Upsample, ScalesAsAttribute) {
  ExpectTensor(
      OpTest("Upsample", 7).Input(Square2()).Set("scales", std::vector<float>{1, 1, 2, 3}).RunOne(),
      F32({1, 1, 4, 6}, {1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4}));
}

TEST(Upsample, ScalesAsInputLinear) {
  const Tensor expected =
      F32({1, 1, 4, 4}, {1, 1.5, 2, 2, 2, 2.5, 3, 3, 3, 3.5, 4, 4, 3, 3.5, 4, 4});
  ExpectTensor(OpTest("Upsample", 9)
                   .Input(Square2())
                   .Input(F32({4}, {1, 1, 2, 2}))
                   .Set("mode", "linear")
                   .RunOne(),
               expected);
  ExpectTensor(OpTest("Resize", 10)
                   .Input(Square2())
                   .Input(F32({4}, {1, 1, 2, 2}))
                   .Set("mode", "linear")
                   .RunOne(),
               expected);
}

TEST(Resize, Opset10ShrinksWithCeil) {
  ExpectTensor(OpTest("Resize", 10).Input(Square4()).Input(F32({4}, {1, 1, 0.6F, 0.6F})).RunOne(),
               F32({1, 1, 2, 2}, {1, 3, 9, 11}));
}

TEST(Resize, Linear) {
  ExpectTensor(WithScales(Square2(), {1, 1, 2, 2}, "linear").RunOne(),
               F32({1, 1, 4, 4}, {1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3,
                                  3.25, 3.75, 4}));
  ExpectTensor(WithScales(Square4(), {1, 1, 0.6F, 0.6F}, "linear").RunOne(),
               F32({1, 1, 2, 2}, {2.666667F, 4.333333F, 9.333333F, 11}), 1e-5);
  ExpectTensor(WithScales(Square4(), {1, 1, 0.6F, 0.6F}, "linear")
                   .Set("coordinate_transformation_mode", "align_corners")
                   .RunOne(),
               F32({1, 1, 2, 2}, {1, 4, 13, 16}));
  ExpectTensor(WithSizes(Square4(), {1, 1, 3, 1}, "linear")
                   .Set("coordinate_transformation_mode", "pytorch_half_pixel")
                   .RunOne(),
               F32({1, 1, 3, 1}, {1.666667F, 7, 12.33333F}), 1e-5);
}

TEST(Resize, Cubic) {
  const Tensor y = WithScales(Square4(), {1, 1, 2, 2}, "cubic").RunOne();
  ASSERT_EQ(y.shape(), (Shape{1, 1, 8, 8}));
  const std::vector<float> first_row{0.4726562F, 0.7695312F, 1.246094F, 1.875F,
                                     2.28125F,   2.910156F,  3.386719F, 3.683594F};
  const std::vector<float> last_row{13.31641F, 13.61328F, 14.08984F, 14.71875F,
                                    15.125F,   15.75391F, 16.23047F, 16.52734F};
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_NEAR(y.data<float>()[i], first_row[i], 1e-5);
    EXPECT_NEAR(y.data<float>()[56 + i], last_row[i], 2e-5);
  }
  ExpectTensor(WithScales(Square4(), {1, 1, 0.8F, 0.8F}, "cubic")
                   .Set("cubic_coeff_a", -0.5F)
                   .Set("exclude_outside", 1)
                   .RunOne(),
               F32({1, 1, 3, 3}, {1.368127F, 2.669501F, 4.013337F, 6.573626F, 7.875F, 9.218836F,
                                  11.94897F, 13.25034F, 14.59418F}),
               2e-5);
}

TEST(Resize, Nearest) {
  const Tensor expected = F32({1, 1, 3, 5}, {1, 1, 1, 2, 2, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4});
  ExpectTensor(WithSizes(Square2(), {1, 1, 3, 5}, "nearest").RunOne(), expected);
  ExpectTensor(WithSizes(Square2(), {1, 1, 3, 5}, "nearest")
                   .Set("coordinate_transformation_mode", "asymmetric")
                   .Set("nearest_mode", "floor")
                   .RunOne(),
               expected);
  const Tensor y =
      WithSizes(Square4(), {1, 1, 8, 8}, "nearest").Set("nearest_mode", "ceil").RunOne();
  const std::vector<float> first_row{1, 2, 2, 3, 3, 4, 4, 4};
  for (size_t i = 0; i < 8; ++i) EXPECT_EQ(y.data<float>()[i], first_row[i]);
  // Elements of any type.
  ExpectTensor(WithSizes(U8({1, 1, 1, 2}, {7, 9}), {1, 1, 2, 4}, "nearest").RunOne(),
               U8({1, 1, 2, 4}, {7, 7, 9, 9, 7, 7, 9, 9}));
}

TEST(Resize, CropExtrapolates) {
  ExpectTensor(OpTest("Resize", 11)
                   .Input(Square4())
                   .Constant(F32({8}, {0, 0, 0.4F, 0.6F, 1, 1, 1.2F, 1.7F}))
                   .Constant(F32({0}, {}))
                   .Constant(I64({4}, {1, 1, 3, 3}))
                   .Set("mode", "linear")
                   .Set("coordinate_transformation_mode", "tf_crop_and_resize")
                   .Set("extrapolation_value", 10.0F)
                   .RunOne(),
               F32({1, 1, 3, 3}, {7.600001F, 10, 10, 12.4F, 10, 10, 10, 10, 10}), 1e-5);
}

TEST(Resize, Opset18AntialiasAndAxes) {
  const auto axes = std::vector<int64_t>{2, 3};
  ExpectTensor(OpTest("Resize", 18)
                   .Input(Square4())
                   .Absent()
                   .Absent()
                   .Constant(I64({2}, {1, 2}))
                   .Set("mode", "linear")
                   .Set("antialias", 1)
                   .Set("axes", axes)
                   .RunOne(),
               F32({1, 1, 1, 2}, {7.625F, 9.375F}), 1e-5);
  ExpectTensor(OpTest("Resize", 18)
                   .Input(Square4())
                   .Absent()
                   .Constant(F32({2}, {0.6F, 0.6F}))
                   .Set("mode", "cubic")
                   .Set("antialias", 1)
                   .Set("axes", axes)
                   .RunOne(),
               F32({1, 1, 2, 2}, {2.518071F, 4.285886F, 9.58933F, 11.35714F}), 2e-5);
  const Tensor y = OpTest("Resize", 18)
                       .Input(Square4())
                       .Absent()
                       .Absent()
                       .Constant(I64({2}, {6, 7}))
                       .Set("axes", std::vector<int64_t>{3, 2})
                       .Set("keep_aspect_ratio_policy", "not_larger")
                       .RunOne();
  ASSERT_EQ(y.shape(), (Shape{1, 1, 6, 6}));
  const std::vector<float> first_row{1, 1, 2, 3, 3, 4};
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(y.data<float>()[i], first_row[i]);
}

TEST(Resize, Opset19HalfPixelSymmetric) {
  const Tensor y = OpTest("Resize", 19)
                       .Input(Square2())
                       .Absent()
                       .Constant(F32({2}, {2.3F, 2.94F}))
                       .Set("mode", "linear")
                       .Set("axes", std::vector<int64_t>{2, 3})
                       .Set("coordinate_transformation_mode", "half_pixel_symmetric")
                       .RunOne();
  ExpectTensor(y, F32({1, 1, 4, 5}, {1,         1.159864F, 1.5F,      1.840136F, 2,
                                     1.565217F, 1.725081F, 2.065217F, 2.405354F, 2.565217F,
                                     2.434783F, 2.594647F, 2.934783F, 3.274919F, 3.434783F,
                                     3,         3.159864F, 3.5F,      3.840136F, 4}),
               1e-5);
}

TEST(Resize, TheRegionOfInterestMayHaveAnotherFloatType) {
  const std::vector<float> corners{0, 0, 0.25F, 0.25F, 1, 1, 1.5F, 0.75F};
  Tensor half(DType::kFloat16, {8});
  FloatToHalf(F32({8}, corners), half);
  for (const Tensor& roi : {F32({8}, corners), F64({8}, {corners.begin(), corners.end()}), half}) {
    // ONNX Runtime's result for float32.
    ExpectTensor(OpTest("Resize", 13)
                     .Input(Iota({1, 1, 4, 4}))
                     .Constant(roi)
                     .Absent()
                     .Constant(I64({4}, {1, 1, 3, 3}))
                     .Set("mode", "nearest")
                     .Set("coordinate_transformation_mode", "tf_crop_and_resize")
                     .Set("extrapolation_value", -7.5F)
                     .RunOne(),
                 F32({1, 1, 3, 3}, {5, 5, 6, 13, 13, 14, -7.5F, -7.5F, -7.5F}));
  }
}

TEST(Resize, ARegionOfInterestMayBeAnywhere) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float far : {1e30F, -1e30F, kNan, std::numeric_limits<float>::infinity()}) {
    for (const char* mode : {"nearest", "linear", "cubic"}) {
      ExpectTensor(OpTest("Resize", 13)
                       .Input(Iota({2}))
                       .Constant(F32({2}, {far, far}))
                       .Absent()
                       .Constant(I64({1}, {3}))
                       .Set("mode", mode)
                       .Set("coordinate_transformation_mode", "tf_crop_and_resize")
                       .Set("extrapolation_value", 8.0F)
                       .RunOne(),
                   F32({3}, {8, 8, 8}));
    }
  }
}

TEST(Resize, ASizeIsRefusedBeforeItIsMade) {
  constexpr float kLargest = 0x1p30F;
  ExpectError(ErrorCode::kInvalidArgument, "more elements than can be counted", [] {
    WithScales(Iota({1, 1, 1, 1}), {kLargest, kLargest, kLargest, kLargest}, "nearest").RunOne();
  });
  // Both axes by the larger scale.
  ExpectError(ErrorCode::kInvalidModel, "is not possible", [] {
    OpTest("Resize", 18)
        .Input(Iota({1, 8}))
        .Absent()
        .Absent()
        .Constant(I64({2}, {int64_t{1} << 30, 8}))
        .Set("keep_aspect_ratio_policy", "not_smaller")
        .RunOne();
  });
  ExpectTensor(OpTest("Resize", 18)
                   .Input(Iota({0, 2}))
                   .Absent()
                   .Absent()
                   .Constant(I64({2}, {0, 4}))
                   .Set("keep_aspect_ratio_policy", "not_larger")
                   .RunOne(),
               F32({0, 4}, {}));
}

TEST(Resize, RefusesWhatMakesNoSense) {
  ExpectError(ErrorCode::kInvalidModel, "expected 'nearest', 'linear' or 'cubic'",
              [] { WithScales(Square2(), {1, 1, 2, 2}, "quadratic").RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "2 scales or sizes for 4 axes",
              [] { WithScales(Square2(), {2, 2}, "linear").RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "scale -1",
              [] { WithScales(Square2(), {1, 1, -1, 1}, "linear").RunOne(); });
}

// Between whole numbers: which side a sum falls to is decided by the order of its terms.
TEST(Resize, LinearOfBytes) {
  std::vector<uint8_t> bytes;
  std::vector<int8_t> numbers;
  for (int i = 0; i < 64; ++i) {
    bytes.push_back(static_cast<uint8_t>((i * 37 + 11) % 251));
    numbers.push_back(static_cast<int8_t>((i * 37 + 11) % 251 - 125));
  }
  ExpectTensor(WithSizes(U8({1, 1, 8, 8}, bytes), {1, 1, 5, 5}, "linear").RunOne(),
               U8({1, 1, 5, 5}, {35,  94,  154, 205, 74,  107, 166, 226, 56,  93,  179, 125, 47,
                                 106, 165, 158, 59,  119, 175, 212, 72,  131, 191, 66,  58}));
  ExpectTensor(WithSizes(I8({1, 1, 8, 8}, numbers), {1, 1, 5, 5}, "linear").RunOne(),
               I8({1, 1, 5, 5}, {-89, -30, 29, 80,  -50, -17, 41, 101, -68, -31, 54,  0,  -78,
                                 -18, 40,  33, -65, -6,  50,  87, -52, 6,   65,  -58, -66}));
  numbers.resize(12);
  ExpectTensor(WithSizes(I8({1, 1, 3, 4}, numbers), {1, 1, 7, 5}, "linear").RunOne(),
               I8({1, 1, 7, 5}, {-114, -88, -58, -28, -3, -92, -66, -37,  -18, -17, -29, -3,
                                 26,   12,  -61, 34,  59, 89,  43,  -106, -10, 15,  45,  31,
                                 -42,  -54, -28, 1,   20, 20,  -69, -43,  -13, 16,  42}));
}

}  // namespace
}  // namespace quantab
