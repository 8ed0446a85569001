#include "core/api/recipe.h"

#include <gtest/gtest.h>

#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

constexpr char kStatic[] = R"({
  "quant_pre_process": {
    "opset_version": 17
  },
  "quantize_static": {
    "per_channel": true,
    "activation_type": "QUInt16",
    "nodes_to_exclude": [
      "head"
    ],
    "calibrate_method": "Percentile",
    "extra_options": {
      "ActivationSymmetric": true,
      "TensorQuantOverrides": {
        "x": [
          {
            "quant_type": "QInt8",
            "rmin": -0.5,
            "convert": {
              "recv_nodes": [
                "a"
              ]
            }
          }
        ]
      },
      "CalibPercentile": 99.9
    }
  }
}
)";

TEST(Recipe, ReadsAndWritesTheSameText) {
  const Recipe recipe = RecipeFromJson(kStatic);
  EXPECT_EQ(recipe.method, RecipeMethod::kStatic);
  EXPECT_EQ(recipe.pre_process->opset_version, 17);
  EXPECT_EQ(recipe.static_options.activation_type, QuantType::kQUInt16);
  const TensorQuantOverride& x = recipe.static_options.tensor_quant_overrides.at("x").at(0);
  EXPECT_EQ(x.quant_type, QuantType::kQInt8);
  EXPECT_EQ(x.rmin, -0.5);
  EXPECT_EQ(x.convert->recv_nodes, std::vector<std::string>{"a"});
  EXPECT_EQ(ToJson(recipe), kStatic);
}

TEST(Recipe, OptionsOfTheCallCountMore) {
  Recipe recipe = RecipeFromJson(kStatic);
  SetOptions(recipe, R"({"activationSymmetric": false, "calib_percentile": 99})");
  EXPECT_FALSE(recipe.static_options.activation_symmetric);
  EXPECT_EQ(recipe.static_options.calib_percentile, 99);
  EXPECT_TRUE(recipe.static_options.per_channel);
}

TEST(Recipe, SaysWhatIsWrong) {
  const auto expect = [](const char* json, const char* message) {
    ExpectError(ErrorCode::kInvalidArgument, message, [&] { RecipeFromJson(json); });
  };
  expect("{", "no JSON object");
  expect("{}", "The recipe is empty");
  expect(R"({"quantize": {}})", "unknown key 'quantize'");
  expect(R"({"quantize_static": 1})", "'quantize_static' is no object");
  expect(R"({"quantize_static": {}, "quantize_dynamic": {}})", "more than one method");
  expect(R"({"quantize_dynamic": {"per_chanel": true}})",
         "There is no option 'per_chanel' in the recipe");
  expect(R"({"quantize_static": {"extra_options": {"Symmetric": true}}})",
         "There is no extra option 'Symmetric' in the recipe");
  expect(R"({"quantize_static": {"weight_type": "QInt9"}})", "is \"QInt9\", expected one of");
  expect(R"({"quantize_static": {"tensor_quant_overrides": {"x": {}}}})",
         "an object whose 'x' is a list");
  expect(R"({"quantize_static": {"tensor_quant_overrides": {"x": [{"rmin": "a"}]}}})",
         "Option 'rmin'");
  expect(R"({"quantize_static": {"block_size": 1.5}})", "expected a whole number");
}

// The text was run with onnxruntime 1.31 (samples = [], so up to the calibration).
TEST(Recipe, BecomesPython) {
  EXPECT_EQ(
      ToPython(RecipeFromJson(kStatic)),
      R"(from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quant_pre_process, quantize_static


class Reader(CalibrationDataReader):
    """Gives one sample after another: a dict of arrays by input name; then None."""

    def __init__(self, samples):
        self.samples = iter(samples)

    def get_next(self):
        return next(self.samples, None)


reader = Reader(samples)
# Without a counterpart here: opset_version = 17
quant_pre_process(
    "model.onnx",
    "model.prepared.onnx",
)
quantize_static(
    "model.prepared.onnx",
    "model.quantized.onnx",
    calibration_data_reader=reader,
    per_channel=True,
    activation_type=QuantType.QUInt16,
    nodes_to_exclude=["head"],
    calibrate_method=CalibrationMethod.Percentile,
    extra_options={
        "ActivationSymmetric": True,
        "TensorQuantOverrides": {"x": [{"quant_type": QuantType.QInt8, "rmin": -0.5, "convert": {"recv_nodes": ["a"]}}]},
        "CalibPercentile": 99.9,
    },
)
)");
  EXPECT_EQ(ToPython(RecipeFromJson(R"({"quantize_dynamic": {"weight_type": "QUInt8"}})")),
            R"(from onnxruntime.quantization import QuantType, quantize_dynamic
quantize_dynamic(
    "model.onnx",
    "model.quantized.onnx",
    weight_type=QuantType.QUInt8,
)
)");
  EXPECT_EQ(ToPython(RecipeFromJson(
                R"({"convert_float_to_float16": {"variant": "onnxconverter_common",
                    "keep_io_types": true}})")),
            R"(import onnx
from onnxconverter_common.float16 import convert_float_to_float16

model = convert_float_to_float16(
    onnx.load("model.onnx"),
    keep_io_types=True,
)
onnx.save(model, "model.quantized.onnx")
)");
}

}  // namespace
}  // namespace quantab
