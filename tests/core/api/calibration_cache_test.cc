// onnxruntime's calibration cache. The texts below are what save_tensors_data of
// onnxruntime.quantization.calibrate (1.31.1) wrote: of a TensorsData made from tuples, and of what
// HistogramCollector computed for 40 numbers from -10 up with 8 bins.
#include "core/api/calibration_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr const char* kMinMax =
    R"({"CLS": "TensorsData", "data": {"a \"b\"\\\u00e9": {"lowest": {"data": [-1.5], "dtype": "float32", )"
    R"("CLS": "numpy.array"}, "highest": {"data": [0.10000000149011612], "dtype": "float32", "CLS": "numpy.array"}, )"
    R"("CLS": "TensorData"}, "c": {"lowest": {"data": [0.0, -2.0], "dtype": "float32", "CLS": "numpy.array"}, )"
    R"("highest": {"data": [1.0, 3.5], "dtype": "float32", "CLS": "numpy.array"}, "CLS": "TensorData"}}, )"
    R"("calibration_method": {"CLS": "CalibrationMethod", "value": "CalibrationMethod.MinMax"}, )"
    R"("smooth_quant": false})";

constexpr const char* kPercentile =
    R"({"CLS": "TensorsData", "data": {"x": {"lowest": -10.0, "highest": {"data": 21.75, "dtype": "float32", )"
    R"("CLS": "numpy.array"}, "hist": 0, "bins": 0, "CLS": "TensorData"}}, "calibration_method": )"
    R"({"CLS": "CalibrationMethod", "value": "CalibrationMethod.Percentile"}, "smooth_quant": true})";

constexpr const char* kEntropy =
    R"({"CLS": "TensorsData", "data": {"x": {"lowest": -10.0, "highest": 29.0, "hist": {"data": )"
    R"([0, 0, 3, 7, 8, 7, 7, 8], "dtype": "int64", "CLS": "numpy.array"}, "bins": {"data": [-29.0, -21.75, )"
    R"(-14.5, -7.25, 0.0, 7.25, 14.5, 21.75, 29.0], "dtype": "float32", "CLS": "numpy.array"}, "CLS": )"
    R"("TensorData"}}, "calibration_method": {"CLS": "CalibrationMethod", "value": )"
    R"("CalibrationMethod.Entropy"}, "smooth_quant": true})";

constexpr const char* kDistribution =
    R"({"CLS": "TensorsData", "data": {"x": {"avg": {"data": 0.25, "dtype": "float32", "CLS": "numpy.array"}, )"
    R"("std": {"data": 1.100000023841858, "dtype": "float32", "CLS": "numpy.array"}, "hist": {"data": [1, 2], )"
    R"("dtype": "int64", "CLS": "numpy.array"}, "hist_edges": {"data": [-1.0, 0.0, 1.0], "dtype": "float32", )"
    R"("CLS": "numpy.array"}, "lowest": -1.0, "highest": 1.0, "CLS": "TensorData"}}, "calibration_method": )"
    R"({"CLS": "CalibrationMethod", "value": "CalibrationMethod.Distribution"}, "smooth_quant": false})";

constexpr const char* kNotFinite =
    R"({"CLS": "TensorsData", "data": {"x": {"lowest": {"data": [-Infinity], "dtype": "float32", "CLS": )"
    R"("numpy.array"}, "highest": {"data": [NaN], "dtype": "float32", "CLS": "numpy.array"}, "CLS": )"
    R"("TensorData"}}, "calibration_method": {"CLS": "CalibrationMethod", "value": "CalibrationMethod.MinMax"}, )"
    R"("smooth_quant": false})";

TensorRanges MinMaxRanges() {
  TensorRanges ranges{"MinMax", {}};
  ranges.ranges["a \"b\"\\\u00e9"] = {-1.5f, 0.1f};
  ranges.ranges["c"] = {-2, 3.5f, {}, {{0, 1}, {-2, 3.5f}}};
  return ranges;
}

std::string MessageOf(const std::string& text) {
  try {
    RangesFromCalibrationCache(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.message();
    return error.message();
  }
  return "no error";
}

TEST(CalibrationCache, ReadsWhatOnnxruntimeWrote) {
  EXPECT_EQ(RangesFromCalibrationCache(kMinMax), MinMaxRanges());
  bool smooth_quant = false;
  EXPECT_EQ(RangesFromCalibrationCache(kPercentile, &smooth_quant),
            (TensorRanges{"Percentile", {{"x", {-10, 21.75f}}}}));
  EXPECT_TRUE(smooth_quant);
  EXPECT_EQ(RangesFromCalibrationCache(kEntropy), (TensorRanges{"Entropy", {{"x", {-10, 29}}}}));
  const Moments moments{0.25, static_cast<double>(1.1f)};
  EXPECT_EQ(RangesFromCalibrationCache(kDistribution, &smooth_quant),
            (TensorRanges{"Distribution", {{"x", {-1, 1, moments, {}}}}}));
  EXPECT_FALSE(smooth_quant);
}

TEST(CalibrationCache, WritesWhatOnnxruntimeWrites) {
  EXPECT_EQ(nlohmann::json::parse(ToCalibrationCache(MinMaxRanges())),
            nlohmann::json::parse(kMinMax));
}

TEST(CalibrationCache, ComesBackEqual) {
  const Moments moments{static_cast<double>(0.1f), 2};
  const TensorRanges ranges{"Distribution",
                            {{"x", {-1.0f / 3, 0x1p-149f, moments, {}}}, {"y", {0, 3.4e38f}}}};
  bool smooth_quant = false;
  EXPECT_EQ(RangesFromCalibrationCache(ToCalibrationCache(ranges, true), &smooth_quant), ranges);
  EXPECT_TRUE(smooth_quant);
}

TEST(CalibrationCache, LeavesOutWhatIsNotFiniteAndTurnsRangesRound) {
  EXPECT_TRUE(RangesFromCalibrationCache(kNotFinite).ranges.empty());
  const TensorRanges ranges = RangesFromCalibrationCache(
      R"({"data": {"NaN": {"lowest": 3, "highest": 2.5}, "big": {"lowest": 0, "highest": 1e300}},)"
      R"("calibration_method": "CalibrationMethod.MinMax"})");
  EXPECT_EQ(ranges.ranges, (std::map<std::string, TensorRange>{{"NaN", {2.5f, 3}}}));
}

TEST(CalibrationCache, RefusesOtherText) {
  const std::string method = R"("calibration_method": "CalibrationMethod.MinMax")";
  const std::string with = R"({"data": {"x": )";
  for (const std::string text : {"", "[]", "{", "\"", "\"\\", "3", "NaN", R"({"data": []})"}) {
    EXPECT_NE(MessageOf(text), "no error") << text;
  }
  EXPECT_THAT(MessageOf(R"({"data": {}})"), testing::HasSubstr("calibration_method"));
  EXPECT_THAT(MessageOf(R"({"data": {}, "calibration_method": "CalibrationMethod.None"})"),
              testing::HasSubstr("'None'"));
  for (const std::string entry :
       {"3", "{}", R"({"lowest": 1})", R"({"lowest": "a", "highest": 1})",
        R"({"lowest": [], "highest": 1})", R"({"lowest": {}, "highest": 1})",
        R"({"lowest": {"data": []}, "highest": 1})", R"({"lowest": {"data": [[1]]}, "highest": 1})",
        R"({"lowest": {"data": [1, 2]}, "highest": 1})"}) {
    std::string text = with;
    text += entry + "}, " + method + "}";
    EXPECT_THAT(MessageOf(text), testing::HasSubstr("'x'")) << entry;
  }
}

TEST(CalibrationCache, DeepTextIsRefusedWithoutHarm) {
  EXPECT_NE(MessageOf(std::string(100000, '[')), "no error");
  EXPECT_NE(MessageOf(std::string(100000, '[') + std::string(100000, ']')), "no error");
}

}  // namespace
}  // namespace quantab
