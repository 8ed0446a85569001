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

// Defaults as of get_qnn_qdq_config (onnxruntime 1.31.1): QUInt8, QUInt8, 0.0001.
TEST(Recipe, AConfigurationHasDefaultsOfItsOwn) {
  Recipe recipe = RecipeFromJson(
      R"({"quantize_static": {"activation_type": "QInt8", "per_channel": true, "config": "qnn"}})");
  EXPECT_EQ(recipe.static_options.activation_type, QuantType::kQInt8);
  EXPECT_EQ(recipe.static_options.weight_type, QuantType::kQUInt8);
  EXPECT_EQ(recipe.static_options.minimum_real_range, 1e-4);
  constexpr char kText[] = R"({
  "quantize_static": {
    "config": "qnn",
    "per_channel": true,
    "activation_type": "QInt8"
  }
}
)";
  EXPECT_EQ(ToJson(recipe), kText);
  EXPECT_EQ(ToJson(RecipeFromJson(kText)), kText);
  SetOptions(recipe, R"({"weight_type": "QInt8"})");
  EXPECT_EQ(recipe.static_options.activation_type, QuantType::kQInt8);
  EXPECT_EQ(recipe.static_options.weight_type, QuantType::kQInt8);
  SetOptions(recipe, R"({"config": "qdq"})");
  EXPECT_EQ(recipe.static_options.activation_type, QuantType::kQInt8);
  EXPECT_FALSE(recipe.static_options.minimum_real_range);
  EXPECT_TRUE(recipe.static_options.force_quantize_no_input_check);
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
  expect(R"({"auto_convert_mixed_precision": {"max_trials": 1.5}})", "expected a whole number");
  expect(R"({"convert_float_to_float16": {"rtol": 0.1}})", "There is no option 'rtol'");
}

TEST(Recipe, OfMixedPrecisionBecomesOneThatNeedsNoSamples) {
  constexpr char kText[] = R"({
  "quant_pre_process": {},
  "auto_convert_mixed_precision": {
    "keep_io_types": true,
    "rtol": 0.05,
    "max_trials": 8
  }
}
)";
  const Recipe recipe = RecipeFromJson(kText);
  EXPECT_EQ(recipe.mixed_precision_options.rtol, 0.05);
  EXPECT_EQ(ToJson(recipe), kText);
  ExpectError(ErrorCode::kInvalidArgument, "needs samples", [&] { Convert(Model(), recipe); });
  MixedPrecision found;
  found.node_block_list = {"a", "b"};
  EXPECT_EQ(ToJson(WithoutSamples(recipe, found)), R"({
  "quant_pre_process": {},
  "convert_float_to_float16": {
    "keep_io_types": true,
    "node_block_list": [
      "a",
      "b"
    ]
  }
}
)");
}

// The text was run with onnxconverter-common 1.16.
TEST(Recipe, OfMixedPrecisionBecomesPython) {
  EXPECT_EQ(ToPython(RecipeFromJson(
                R"({"auto_convert_mixed_precision": {"keep_io_types": true, "max_trials": 8}})")),
            R"(import onnx
from onnxconverter_common.auto_mixed_precision import auto_convert_mixed_precision

# Without a counterpart here: max_trials = 8
# `sample` is a dict of arrays by input name; only one can be given.
model = auto_convert_mixed_precision(
    onnx.load("model.onnx"),
    sample,
    rtol=0.01,
    atol=0.001,
    keep_io_types=True,
)
onnx.save(model, "model.quantized.onnx")
)");
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
        "TensorQuantOverrides": {"x": [{"quant_type": QuantType.QInt8, "rmin": -0.5, "convert": {"recv_nodes": {"a"}}}]},
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

TEST(Recipe, OfWeightsAloneMayHaveHalfPrecisionBesideIt) {
  constexpr char kText[] = R"({
  "quantize_matmul_nbits": {
    "block_size": 32,
    "is_symmetric": true
  },
  "convert_float_to_float16": {
    "keep_io_types": true
  }
}
)";
  const Recipe recipe = RecipeFromJson(kText);
  EXPECT_EQ(recipe.method, RecipeMethod::kMatMulNBits);
  EXPECT_EQ(ToJson(recipe), kText);
  ExpectError(ErrorCode::kInvalidArgument, "more than one method", [] {
    RecipeFromJson(R"({"quantize_dynamic": {}, "convert_float_to_float16": {}})");
  });
  ExpectError(ErrorCode::kInvalidArgument, "more than one method", [] {
    RecipeFromJson(R"({"quantize_matmul_nbits": {}, "quantize_matmul_bnb4": {}})");
  });
}

// The texts were run with onnxruntime 1.31.
TEST(Recipe, OfWeightsAloneBecomesPython) {
  EXPECT_EQ(ToPython(RecipeFromJson(R"({"quantize_matmul_nbits": {"bits": 4, "block_size": 32,
                "quant_format": "QDQ"}, "convert_float_to_float16": {"keep_io_types": true}})")),
            R"(import onnx
from onnxruntime.quantization import QuantFormat
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

quantizer = MatMulNBitsQuantizer(
    onnx.load("model.onnx"),
    block_size=32,
    quant_format=QuantFormat.QDQ,
)
quantizer.process()
onnx.save(quantizer.model.model, "model.quantized.onnx")

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16

model = convert_float_to_float16(
    onnx.load("model.quantized.onnx"),
    keep_io_types=True,
)
onnx.save(model, "model.quantized.onnx")
)");
  EXPECT_EQ(ToPython(RecipeFromJson(R"({"quantize_matmul_bnb4": {"nodes_to_exclude": ["a"]}})")),
            R"(import onnx
from onnxruntime.quantization.matmul_bnb4_quantizer import MatMulBnb4Quantizer

quantizer = MatMulBnb4Quantizer(
    onnx.load("model.onnx"),
    quant_type=MatMulBnb4Quantizer.NF4,
    block_size=64,
    nodes_to_exclude=["a"],
)
quantizer.process()
onnx.save(quantizer.model.model, "model.quantized.onnx")
)");
}

constexpr char kQnn[] = R"({
  "quantize_static": {
    "config": "qnn",
    "activation_type": "QUInt16",
    "nodes_to_quantize": ["head"],
    "add_qtype_converts": false,
    "bias_correction": true,
    "extra_options": {
      "QuantizeBias": false,
      "QDQKeepRemovableActivations": true,
      "MinimumRealRange": null,
      "CalibStridedMinMax": 2,
      "TensorQuantOverrides": {"x": [{"convert": {"quant_type": "QUInt8", "recv_nodes": ["a"]}}]}
    }
  }
})";

// The texts were run with onnxruntime 1.31.1 (samples = [], so up to the calibration).
TEST(Recipe, AConfigurationBecomesPython) {
  const std::string qnn = ToPython(RecipeFromJson(kQnn));
  EXPECT_EQ(qnn.substr(0, qnn.find("\n\n")),
            R"(from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize
from onnxruntime.quantization.execution_providers.qnn import get_qnn_qdq_config)");
  EXPECT_EQ(qnn.substr(qnn.find("# ")), R"(# Without a counterpart here: bias_correction = true
config = get_qnn_qdq_config(
    "model.onnx",
    calibration_data_reader=reader,
    activation_type=QuantType.QUInt16,
    keep_removable_activations=True,
    init_overrides={"x": [{"convert": {"quant_type": QuantType.QUInt8, "recv_nodes": {"a"}}}]},
    add_qtype_converts=False,
    stride=2,
)
config.nodes_to_quantize = ["head"]
config.extra_options["MinimumRealRange"] = None
config.extra_options["QuantizeBias"] = False
quantize("model.onnx", "model.quantized.onnx", config)
)");
  const std::string qdq = ToPython(RecipeFromJson(
      R"({"quantize_static": {"config": "qdq", "reduce_range": true, "minimum_real_range": 0.5,
          "force_quantize_no_input_check": false, "add_qtype_converts": false}})"));
  EXPECT_EQ(qdq.substr(qdq.find("# ")), R"(# Without a counterpart here: add_qtype_converts = false
config = get_qdq_config(
    "model.onnx",
    calibration_data_reader=reader,
    reduce_range=True,
    min_real_range=0.5,
)
config.extra_options["ForceQuantizeNoInputCheck"] = False
quantize("model.onnx", "model.quantized.onnx", config)
)");
  EXPECT_NE(qdq.find("import CalibrationDataReader, get_qdq_config, quantize\n"),
            std::string::npos);
}

// What says how files become samples is kept as it is, whatever it is.
TEST(Recipe, KeepsTheSettingsOfSamples) {
  const std::string text = R"({
  "preprocess": {
    "inputs": {
      "x": {
        "kind": "image",
        "mean": [
          0.485,
          1.0,
          1e-07
        ],
        "none": null
      }
    }
  },
  "quantize_static": {
    "per_channel": true
  }
}
)";
  const Recipe recipe = RecipeFromJson(text);
  EXPECT_EQ(ToJson(recipe), text);
  EXPECT_TRUE(recipe.static_options.per_channel);
  EXPECT_EQ(ToPython(recipe),
            ToPython(RecipeFromJson(R"({"quantize_static": {"per_channel": true}})")));
  ExpectError(ErrorCode::kInvalidArgument, "The recipe's 'preprocess' is no object.",
              [] { RecipeFromJson(R"({"preprocess": 1, "quantize_dynamic": {}})"); });
  ExpectError(ErrorCode::kInvalidArgument, "The recipe is empty.",
              [] { RecipeFromJson(R"({"preprocess": {}})"); });
}

}  // namespace
}  // namespace quantab
