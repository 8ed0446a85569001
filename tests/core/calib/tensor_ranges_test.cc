#include "core/calib/tensor_ranges.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace quantab {
namespace {

std::string MessageOf(const std::string& text) {
  try {
    RangesFromText(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.message();
  }
  return "no error";
}

TEST(TensorRanges, TextComesBackEqual) {
  TensorRanges ranges{"MinMax", {}};
  ranges.ranges["plain"] = {-1.5f, 2.25f};
  ranges.ranges["with blanks / and:colons"] = {0.1f, 1.0f / 3.0f};
  ranges.ranges["back\\slash and\nline"] = {-std::numeric_limits<float>::max(),
                                            std::numeric_limits<float>::denorm_min()};
  ranges.ranges["zero"] = {0, 0};
  EXPECT_EQ(RangesFromText(ToText(ranges)), ranges);
}

TEST(TensorRanges, TextIsForPeople) {
  TensorRanges ranges{"MinMax", {{"b", {0.1f, 3}}, {"a", {-1.5f, 1e-7f}}}};
  EXPECT_EQ(ToText(ranges), "# quantab ranges 1\n# method MinMax\n-1.5 1e-07 a\n0.1 3 b\n");
}

TEST(TensorRanges, MomentsAndChannelsComeBackEqual) {
  TensorRanges ranges{"Distribution", {}};
  ranges.ranges["a"] = {-1, 2, Moments{1.0 / 3, 0x1.fffffffffffffp-3}, {}};
  ranges.ranges["b"] = {-1, 2, {}, {{-1, 0.1f}, {0, 2}}};
  ranges.ranges["c"] = {-1, 2, Moments{-0.5, 1}, {{-1, 2}}};
  ranges.ranges["d\r"] = {0, 1};
  EXPECT_EQ(RangesFromText(ToText(ranges)), ranges);
  ranges.ranges.erase("a");
  EXPECT_EQ(ToText(ranges),
            "# quantab ranges 1\n# method Distribution\n"
            "-1 2 b\n  channel -1 0.1\n  channel 0 2\n"
            "-1 2 c\n  moments -0.5 1\n  channel -1 2\n"
            "0 1 d\\r\n");
}

TEST(TensorRanges, EditedTextIsRead) {
  const TensorRanges ranges = RangesFromText("\n# a remark\r\n-2 3 x\r\n\n0 0.5 two words");
  EXPECT_EQ(ranges.ranges,
            (std::map<std::string, TensorRange>{{"x", {-2, 3}}, {"two words", {0, 0.5f}}}));
}

TEST(TensorRanges, BadLinesAreNamed) {
  EXPECT_EQ(MessageOf("0 1 x\n0 y\n"),
            "Line 2 of the ranges, '0 y', is not understood. Expected '<min> <max> <tensor>'.");
  EXPECT_NE(MessageOf("0 1"), "no error");
  EXPECT_NE(MessageOf("0 1 "), "no error");
  EXPECT_NE(MessageOf("0,5 1 x"), "no error");
  EXPECT_NE(MessageOf("nan 1 x").find("not finite"), std::string::npos);
  EXPECT_NE(MessageOf("0 inf x").find("not finite"), std::string::npos);
  EXPECT_NE(MessageOf("2 1 x").find("minimum above its maximum"), std::string::npos);
  EXPECT_NE(MessageOf("0 1 x\n0 1 x").find("repeats a tensor"), std::string::npos);
  EXPECT_NE(MessageOf("  moments 0 1\n").find("before the tensor"), std::string::npos);
  EXPECT_NE(MessageOf("0 1 x\n  median 0 1").find("'moments' or 'channel'"), std::string::npos);
  EXPECT_NE(MessageOf("0 1 x\n  moments 0").find("average"), std::string::npos);
  EXPECT_NE(MessageOf("0 1 x\n  moments 0 inf").find("not finite"), std::string::npos);
  EXPECT_NE(MessageOf("0 1 x\n  channel 1 0").find("minimum above its maximum"), std::string::npos);
  EXPECT_NE(MessageOf("0 1 x\n  channel 0 1 2").find("more than two"), std::string::npos);
}

}  // namespace
}  // namespace quantab
