// GridSample, RoiAlign, MaxRoiPool, DeformConv and LpPool. Expected values are worked by hand.
#include <limits>

#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

using Ints = std::vector<int64_t>;

// --- GridSample --------------------------------------------------------------------------------

// Points of the row 10, 20, 30 whose middles are at -1, 0 and 1.
OpTest Grid(const std::vector<float>& points, const char* mode, const char* padding) {
  OpTest test("GridSample", 20);
  test.Input(F32({1, 1, 3}, {10, 20, 30}));
  test.Input(F32({1, static_cast<int64_t>(points.size()), 1}, points));
  test.Set("mode", mode).Set("padding_mode", padding).Set("align_corners", 1);
  return test;
}

TEST(GridSampleTest, PointsOutside) {
  const std::vector<float> points = {-3, -1.5F, -0.5F, 0, 2, 3};
  ExpectTensor(Grid(points, "linear", "zeros").RunOne(), F32({1, 1, 6}, {0, 5, 15, 20, 0, 0}));
  ExpectTensor(Grid(points, "linear", "border").RunOne(), F32({1, 1, 6}, {10, 10, 15, 20, 30, 30}));
  ExpectTensor(Grid(points, "linear", "reflection").RunOne(),
               F32({1, 1, 6}, {30, 15, 15, 20, 20, 10}));
  // Halves go to the even element.
  ExpectTensor(Grid(points, "nearest", "border").RunOne(),
               F32({1, 1, 6}, {10, 10, 10, 20, 30, 30}));
  ExpectTensor(Grid(points, "nearest", "zeros").RunOne(), F32({1, 1, 6}, {0, 10, 10, 20, 0, 0}));
}

TEST(GridSampleTest, PointsThatAreNowhere) {
  const std::vector<float> points = {kNaN, kInfinity, -kInfinity, 1e30F, -1e30F};
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    ExpectTensor(Grid(points, mode, "zeros").RunOne(), F32({1, 1, 5}, {0, 0, 0, 0, 0}));
    ExpectTensor(Grid(points, mode, "border").RunOne(), F32({1, 1, 5}, {10, 30, 10, 30, 10}), 1e-5);
    const Tensor y = Grid(points, mode, "reflection").RunOne();
    for (float value : y.span<float>()) EXPECT_TRUE(value >= 9 && value <= 31) << value;
  }
}

TEST(GridSampleTest, ACubicKeepsWhatIsLinear) {
  ExpectTensor(
      Grid({-0.25F, 0.25F}, "cubic", "border").RunOne(),
      // Keys' weights at 3/4 and 1/4, the border repeated.
      F32({1, 1, 2}, {10 * 0.26171875F - 10 * 0.03515625F + 20 * 0.87890625F - 30 * 0.10546875F,
                      -10 * 0.10546875F + 20 * 0.87890625F + 30 * 0.26171875F - 30 * 0.03515625F}),
      1e-5);
}

TEST(GridSampleTest, ElementsOfAnyType) {
  const auto run = [](const Tensor& x, const char* mode) {
    return OpTest("GridSample", 16)
        .Input(x)
        .Input(F32({1, 1, 2, 2}, {-0.5F, 0, 0, 0}))
        .Set("mode", mode)
        .RunOne();
  };
  ExpectTensor(run(U8({1, 1, 1, 2}, {3, 6}), "bilinear"), U8({1, 1, 1, 2}, {3, 4}));
  ExpectTensor(run(Bools({1, 1, 1, 2}, {true, false}), "nearest"),
               Bools({1, 1, 1, 2}, {true, true}));
  // Beyond the largest integer.
  ExpectTensor(OpTest("GridSample", 20)
                   .Input(U8({1, 1, 4}, {0, 255, 255, 0}))
                   .Input(F32({1, 1, 1}, {0}))
                   .Set("mode", "cubic")
                   .RunOne(),
               U8({1, 1, 1}, {255}));
}

TEST(GridSampleTest, ReportsWhatDoesNotFit) {
  const auto run = [](const Shape& x, const Shape& grid) {
    return OpTest("GridSample", 20).Input(Iota(x)).Input(Iota(grid)).RunOne();
  };
  const auto expect = [&](const Shape& x, const Shape& grid, ErrorCode code, const char* part) {
    ExpectError(code, part, [&] { run(x, grid); });
  };
  expect({1, 1}, {1, 1}, ErrorCode::kInvalidModel, "no input and grid");
  expect({1, 1, 2, 2}, {1, 1, 1, 3}, ErrorCode::kInvalidModel, "no input and grid");
  expect({1, 1, 2, 2}, {2, 1, 1, 2}, ErrorCode::kInvalidModel, "no input and grid");
  expect({1, 1, 0, 2}, {1, 1, 1, 2}, ErrorCode::kInvalidModel, "no element");
  expect({1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 4}, ErrorCode::kUnsupported, "spatial dimensions");
  ExpectTensor(run({1, 0, 2, 2}, {1, 1, 1, 2}), F32({1, 0, 1, 1}, {}));
  ExpectError(ErrorCode::kInvalidModel, "'mode' is 'x'", [&] { Grid({0}, "x", "zeros").RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "'padding_mode' is 'x'",
              [&] { Grid({0}, "linear", "x").RunOne(); });
}

// --- RoiAlign, MaxRoiPool ------------------------------------------------------------------------

OpTest Align(const Tensor& x, const std::vector<float>& region, int64_t sample) {
  OpTest test("RoiAlign", 16);
  test.Input(x).Input(F32({1, 4}, region)).Input(I64({1}, {sample}));
  return test;
}

TEST(RoiAlignTest, MeanOfARamp) {
  // Element (i, j) is 4 i + j, its middle at (j + 0.5, i + 0.5): the mean of a region is the value
  // at its middle.
  const Tensor x = Iota({1, 1, 4, 4});
  ExpectTensor(Align(x, {1, 1, 3, 3}, 0).RunOne(), F32({1, 1, 1, 1}, {7.5F}), 1e-5);
  ExpectTensor(Align(x, {1, 1, 3, 3}, 0).Set("output_width", 2).RunOne(), F32({1, 1, 1, 2}, {7, 8}),
               1e-5);
  ExpectTensor(Align(x, {9, 9, 10, 10}, 0).RunOne(), F32({1, 1, 1, 1}, {0}));
  // No points at all.
  ExpectTensor(Align(x, {3, 3, 1, 1}, 0).RunOne(), F32({1, 1, 1, 1}, {0}));
}

TEST(RoiAlignTest, ReportsWhatIsNotPossible) {
  const Tensor x = Iota({1, 1, 4, 4});
  ExpectError(ErrorCode::kInvalidArgument, "index 1", [&] { Align(x, {0, 0, 1, 1}, 1).RunOne(); });
  for (float bad : {1e30F, kInfinity, kNaN}) {
    ExpectError(ErrorCode::kInvalidArgument, "too many points",
                [&] { Align(x, {0, 0, 1, bad}, 0).RunOne(); });
  }
  ExpectError(ErrorCode::kInvalidArgument, "too many points",
              [&] { Align(x, {0, 0, 1, 1}, 0).Set("sampling_ratio", 1 << 20).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "out of range",
              [&] { Align(x, {0, 0, 1, 1}, 0).Set("output_height", 0).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "no element",
              [&] { Align(Iota({1, 1, 0, 4}), {0, 0, 1, 1}, 0).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "expected [N,C,H,W]",
              [&] { Align(Iota({1, 4, 4}), {0, 0, 1, 1}, 0).RunOne(); });
}

OpTest MaxRoi(const std::vector<float>& region) {
  OpTest test("MaxRoiPool", 16);
  test.Input(Iota({1, 1, 4, 4})).Input(F32({1, 5}, region)).Set("pooled_shape", Ints{1, 2});
  return test;
}

TEST(MaxRoiPoolTest, BinsOfARegion) {
  ExpectTensor(MaxRoi({0, 0, 1, 3, 2}).RunOne(), F32({1, 1, 1, 2}, {9, 11}));
  ExpectTensor(MaxRoi({0, 0, 0, kInfinity, kNaN}).RunOne(), F32({1, 1, 1, 2}, {3, 0}));
  ExpectTensor(MaxRoi({0, kNaN, 1e30F, -1e30F, 0}).RunOne(), F32({1, 1, 1, 2}, {0, 0}));
  ExpectTensor(MaxRoi({0, 9, 9, 12, 12}).RunOne(), F32({1, 1, 1, 2}, {0, 0}));
  for (float sample : {-1.0F, 1.0F, kNaN}) {
    ExpectError(ErrorCode::kInvalidArgument, "region 0 is of sample",
                [&] { MaxRoi({sample, 0, 0, 1, 1}).RunOne(); });
  }
}

// --- DeformConv --------------------------------------------------------------------------------

OpTest Deform(const Tensor& offset) {
  OpTest test("DeformConv", 19);
  test.Input(Iota({1, 1, 3, 3})).Input(Iota({1, 1, 2, 2}, 1, 0)).Input(offset);
  return test;
}

TEST(DeformConvTest, TapsMove) {
  const auto offsets = [](float value) { return Iota({1, 8, 2, 2}, value, 0); };
  // Sums of 2 x 2 elements, then of those half a row and half a column further: what lies outside
  // is 0.
  ExpectTensor(Deform(offsets(0)).RunOne(), F32({1, 1, 2, 2}, {8, 12, 20, 24}));
  ExpectTensor(Deform(offsets(0.5F)).RunOne(), F32({1, 1, 2, 2}, {16, 14, 18, 15}), 1e-6);
  for (float nowhere : {kNaN, kInfinity, -1e30F}) {
    ExpectTensor(Deform(offsets(nowhere)).Input(F32({1}, {5})).RunOne(), Iota({1, 1, 2, 2}, 5, 0));
  }
  ExpectTensor(Deform(offsets(0)).Absent().Input(Iota({1, 4, 2, 2}, 0.5F, 0)).RunOne(),
               F32({1, 1, 2, 2}, {4, 6, 10, 12}));
}

TEST(DeformConvTest, ReportsWhatDoesNotFit) {
  ExpectError(ErrorCode::kInvalidModel, "input 2 has shape [1,4,2,2]",
              [] { Deform(Iota({1, 4, 2, 2})).RunOne(); });
  ExpectError(ErrorCode::kInvalidModel, "input 4 has shape [1,8,2,2]",
              [] { Deform(Iota({1, 8, 2, 2})).Absent().Input(Iota({1, 8, 2, 2})).RunOne(); });
  for (int64_t groups : {int64_t{0}, int64_t{2}, std::numeric_limits<int64_t>::max()}) {
    ExpectError(ErrorCode::kInvalidModel, "attribute 'offset_group'",
                [&] { Deform(Iota({1, 8, 2, 2})).Set("offset_group", groups).RunOne(); });
  }
}

// --- LpPool ------------------------------------------------------------------------------------

TEST(LpPoolTest, Norms) {
  const auto run = [](int64_t p) {
    return OpTest("LpPool", 18)
        .Input(F32({1, 1, 3}, {3, -4, 0}))
        .Set("kernel_shape", Ints{2})
        .Set("pads", Ints{1, 0})
        .Set("p", p)
        .RunOne();
  };
  ExpectTensor(run(1), F32({1, 1, 3}, {3, 7, 4}));
  ExpectTensor(run(2), F32({1, 1, 3}, {3, 5, 4}));
  ExpectTensor(run(3), F32({1, 1, 3}, {3, 4.497941F, 4}), 1e-5);
  ExpectError(ErrorCode::kInvalidModel, "attribute 'p' is '0'", [&] { run(0); });
}

}  // namespace
}  // namespace quantab
