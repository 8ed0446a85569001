// Expected values: the files that write_calibration_table of onnxruntime 1.31.1 made of the same
// ranges (flatbuffers 25.12.19).
#include "core/api/calibration_table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/api/calibration_cache.h"

namespace quantab {
namespace {

TensorRanges Ranges() {
  return {"MinMax",
          {{"x", {-1.5f, 0.1f}},
           {"conv_output", {0, 6}},
           {"tiny", {-3e-5f, 2e-5f}},
           {"huge", {0, 1e20f}},
           {"neg", {-2, -1}},
           {"\xC3\xA9", {0, 0}},
           {"m", {0, 123456792}}}};
}

std::string Hex(const std::string& bytes) {
  std::string text;
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

TEST(CalibrationTable, TextHasALineForEachTensor) {
  EXPECT_EQ(ToCalibrationTables(Ranges()).cache,
            "conv_output 6.0\nhuge 1.0000000200408773e+20\nm 123456792.0\nneg -1.0\n"
            "tiny 1.9999999494757503e-05\nx 0.10000000149011612\n\xC3\xA9 0.0\n");
  EXPECT_EQ(ToCalibrationTables({"MinMax", {}}).cache, "");
}

TEST(CalibrationTable, FlatBuffersHaveTheSameBytes) {
  EXPECT_EQ(
      Hex(ToCalibrationTables(Ranges()).flatbuffers),
      "0c00000000000600080004000600000004000000070000001c000000340000005c0000008c000000a8000000c800"
      "0000000100000cffffff080000000c00000003000000302e300002000000c3a9000028ffffff080000001c000000"
      "13000000302e313030303030303031343930313136313200010000007800000054ffffff08000000200000001600"
      "0000312e39393939393939343934373537353033652d303500000400000074696e790000000088ffffff08000000"
      "10000000040000002d312e3000000000030000006e656700a8ffffff08000000140000000b000000313233343536"
      "3739322e3000010000006d000000ccffffff080000002000000016000000312e3030303030303032303034303837"
      "3733652b3230000004000000687567650000000008000c000800040008000000080000000c00000003000000362e"
      "30000b000000636f6e765f6f757470757400");
  EXPECT_EQ(
      Hex(ToCalibrationTables({"MinMax", {{"ab", {0, 1}}}}).flatbuffers),
      "0c00000000000600080004000600000004000000010000000c00000008000c00080004000800000008000000"
      "0c00000003000000312e30000200000061620000");
  EXPECT_EQ(Hex(ToCalibrationTables({"MinMax", {}}).flatbuffers),
            "0c0000000000060008000400060000000400000000000000");
}

TEST(CalibrationTable, JsonIsTheCacheWithoutSmoothQuant) {
  const auto table = nlohmann::json::parse(ToCalibrationTables({"MinMax", {{"ab", {0, 1}}}}).json);
  EXPECT_EQ(
      table,
      nlohmann::json::parse(
          R"({"CLS": "TensorsData", "data": {"ab": {"lowest": {"data": [0.0], "dtype": "float32",
          "CLS": "numpy.array"}, "highest": {"data": [1.0], "dtype": "float32", "CLS": "numpy.array"},
          "CLS": "TensorData"}}, "calibration_method": {"CLS": "CalibrationMethod",
          "value": "CalibrationMethod.MinMax"}})"));
  EXPECT_EQ(RangesFromCalibrationCache(ToCalibrationTables(Ranges()).json), Ranges());
}

// By hand: what onnxruntime cannot write, since it has one number per tensor.
TEST(CalibrationTable, ChannelsHaveTheirWidestEnd) {
  TensorRange range{-1, 3};
  range.channels = {{-1, 2}, {0, 3}};
  EXPECT_EQ(ToCalibrationTables({"MinMax", {{"x", range}}}).cache, "x 3.0\n");
}

}  // namespace
}  // namespace quantab
