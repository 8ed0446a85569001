// Ready-made configurations, and "qdq". Expected values: what get_qdq_config of onnxruntime 1.31.1
// returned for the same model (config_model.h).
#include "core/quant/config.h"

#include <gtest/gtest.h>

#include "core/quant/qdq_config.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/config_model.h"

namespace quantab {
namespace {

using enum QuantType;
using Names = std::vector<std::string>;

TEST(Config, NamesWhatThereIs) {
  EXPECT_EQ(ConfigNames(), (Names{"none", "qdq", "qnn"}));
  EXPECT_EQ(DefaultsOfConfig("qnn").config, "qnn");
  ExpectError(ErrorCode::kInvalidArgument, "The configurations are 'none', 'qdq', 'qnn'",
              [] { DefaultsOfConfig("tpu"); });
  StaticOptions options;
  options.config = "tpu";
  ExpectError(ErrorCode::kInvalidArgument, "no 'config' 'tpu'",
              [&] { ApplyConfig(ConfigModel(), options); });
}

TEST(Config, WhatIsAtItsDefaultFollowsAnotherConfiguration) {
  StaticOptions options;
  options.weight_type = kQInt16;
  options.per_channel = true;
  SwitchConfig(options, "qnn");
  EXPECT_EQ(options.config, "qnn");
  EXPECT_EQ(options.activation_type, kQUInt8);
  EXPECT_EQ(options.weight_type, kQInt16);
  EXPECT_EQ(options.minimum_real_range, 1e-4);
  EXPECT_TRUE(options.per_channel);
  SwitchConfig(options, "qdq");
  EXPECT_FALSE(options.minimum_real_range);
  EXPECT_TRUE(options.force_quantize_no_input_check);
  SwitchConfig(options, "none");
  EXPECT_EQ(options.activation_type, kQInt8);
  EXPECT_EQ(options.weight_type, kQInt16);
  EXPECT_FALSE(options.force_quantize_no_input_check);
}

TEST(Config, NoneChangesNothing) {
  StaticOptions options;
  options.activation_type = kQUInt16;
  const StaticOptions same = ApplyConfig(ConfigModel(), options);
  EXPECT_EQ(same.activation_type, kQUInt16);
  EXPECT_TRUE(same.op_types_to_quantize.empty());
  EXPECT_TRUE(same.tensor_quant_overrides.empty());
}

TEST(Config, ReadyMadeOnesAreForQdqOnly) {
  StaticOptions options = DefaultsOfConfig("qdq");
  options.quant_format = "QOperator";
  ExpectError(ErrorCode::kInvalidArgument, "goes with 'quant_format' QDQ, not QOperator",
              [&] { ApplyConfig(ConfigModel(), options); });
}

TEST(QdqConfig, TakesTheOperatorsOfTheModel) {
  const StaticOptions options = ApplyConfig(ConfigModel(), DefaultsOfConfig("qdq"));
  EXPECT_EQ(options.config, "none");
  EXPECT_EQ(options.op_types_to_quantize,
            (Names{"Add", "LayerNormalization", "MatMul", "Sigmoid", "Tanh"}));
  EXPECT_EQ(options.activation_type, kQUInt8);
  EXPECT_EQ(options.weight_type, kQInt8);
  EXPECT_TRUE(options.force_quantize_no_input_check);
  EXPECT_FALSE(options.weight_symmetric);
  EXPECT_FALSE(options.minimum_real_range);
  EXPECT_FALSE(options.use_qdq_contrib_ops);
  EXPECT_TRUE(options.tensor_quant_overrides.empty());
}

TEST(QdqConfig, ExcludedNodesGiveNoOperators) {
  StaticOptions options = DefaultsOfConfig("qdq");
  options.nodes_to_exclude = {"tanh"};
  EXPECT_EQ(ApplyConfig(ConfigModel(), options).op_types_to_quantize,
            (Names{"Add", "LayerNormalization", "MatMul", "Sigmoid"}));
  // By hand: '#2' is the same node; names of nodes that are not there are no matter here.
  options.nodes_to_exclude = {"#2", "made_later"};
  EXPECT_EQ(ApplyConfig(ConfigModel(), options).op_types_to_quantize,
            (Names{"Add", "LayerNormalization", "MatMul", "Sigmoid"}));
}

TEST(QdqConfig, GivenOperatorsStay) {
  StaticOptions options = DefaultsOfConfig("qdq");
  options.op_types_to_quantize = {"MatMul", "Gemm"};
  EXPECT_EQ(ApplyConfig(ConfigModel(), options).op_types_to_quantize, (Names{"MatMul", "Gemm"}));
}

TEST(QdqConfig, FourBitsNeedContribOperatorsBeforeOpset21) {
  StaticOptions options = DefaultsOfConfig("qdq");
  options.weight_type = kQInt4;
  EXPECT_TRUE(ApplyConfig(ConfigModel(17), options).use_qdq_contrib_ops);
  EXPECT_FALSE(ApplyConfig(ConfigModel(21), options).use_qdq_contrib_ops);
  options.activation_type = kQUInt16;
  EXPECT_FALSE(ApplyConfig(ConfigModel(17), options).use_qdq_contrib_ops);
}

}  // namespace
}  // namespace quantab
