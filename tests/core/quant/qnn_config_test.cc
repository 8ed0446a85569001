// The configuration "qnn". Expected values: what get_qnn_qdq_config of onnxruntime 1.31.1 returned
// for the same model (config_model.h) and arguments, unless a case says otherwise.
#include "core/quant/qnn_config.h"

#include <gtest/gtest.h>

#include "core/quant/config.h"
#include "tests/core/ops/op_test.h"
#include "tests/core/quant/config_model.h"
#include "tests/core/quant/quant_testing.h"

namespace quantab {
namespace {

using enum QuantType;
using Names = std::vector<std::string>;
using Overrides = std::map<std::string, std::string>;

std::string TextOf(const QuantOverride& entry) {
  std::string text = entry.quant_type ? std::string(NameOf(*entry.quant_type)) : "any";
  if (entry.scale) text += " 1/" + std::to_string(static_cast<int64_t>(1 / *entry.scale));
  if (entry.zero_point) text += " zero " + std::to_string(*entry.zero_point);
  if (entry.symmetric) text += *entry.symmetric ? " symmetric" : " asymmetric";
  if (entry.rmin) text += " from " + std::to_string(static_cast<int64_t>(*entry.rmin));
  if (entry.rmax) text += " to " + std::to_string(static_cast<int64_t>(*entry.rmax));
  return text;
}

// By tensor: its only entry, "QUInt8 asymmetric" or "QUInt16, QUInt8 for norm".
Overrides TextsOf(const TensorQuantOverrides& overrides) {
  Overrides texts;
  for (const auto& [tensor, entries] : overrides) {
    EXPECT_EQ(entries.size(), 1u) << tensor;
    std::string text = TextOf(entries[0]);
    if (entries[0].axis) text += " axis " + std::to_string(*entries[0].axis);
    if (entries[0].convert) {
      text += ", " + TextOf(*entries[0].convert) + " for";
      for (const std::string& name : entries[0].convert->recv_nodes) text += " " + name;
    }
    texts[tensor] = text;
  }
  return texts;
}

StaticOptions Qnn(QuantType activation = kQUInt8, QuantType weight = kQUInt8) {
  StaticOptions options = DefaultsOfConfig("qnn");
  options.activation_type = activation;
  options.weight_type = weight;
  return options;
}

Overrides OverridesOf(const StaticOptions& options, Monitor* monitor = nullptr) {
  return TextsOf(ApplyConfig(ConfigModel(), options, monitor).tensor_quant_overrides);
}

TEST(QnnConfig, EightBits) {
  const StaticOptions options = ApplyConfig(ConfigModel(), DefaultsOfConfig("qnn"));
  EXPECT_EQ(options.config, "none");
  EXPECT_EQ(options.op_types_to_quantize,
            (Names{"Add", "LayerNormalization", "MatMul", "Sigmoid", "Tanh"}));
  EXPECT_EQ(options.activation_type, kQUInt8);
  EXPECT_EQ(options.weight_type, kQUInt8);
  EXPECT_EQ(options.minimum_real_range, 1e-4);
  EXPECT_EQ(options.weight_symmetric, false);
  EXPECT_FALSE(options.force_quantize_no_input_check);
  EXPECT_FALSE(options.use_qdq_contrib_ops);
  EXPECT_TRUE(options.tensor_quant_overrides.empty());
}

TEST(QnnConfig, SixteenBitActivations) {
  const StaticOptions options = ApplyConfig(ConfigModel(), Qnn(kQUInt16));
  EXPECT_TRUE(options.use_qdq_contrib_ops);
  EXPECT_EQ(TextsOf(options.tensor_quant_overrides), (Overrides{{"s", "QUInt16 1/65536 zero 0"},
                                                                {"t", "QUInt16 1/32768 zero 32768"},
                                                                {"w", "QUInt8 asymmetric"},
                                                                {"scale", "QUInt8 asymmetric"}}));
  EXPECT_EQ(OverridesOf(Qnn(kQInt16, kQInt8)), (Overrides{{"s", "QInt16 1/32768 zero 0"},
                                                          {"t", "QInt16 1/32768 zero 0"},
                                                          {"w", "QInt8 symmetric"},
                                                          {"scale", "QInt8 symmetric"}}));
}

TEST(QnnConfig, MatMulHasNoChannels) {
  StaticOptions options = Qnn(kQUInt16, kQInt8);
  options.per_channel = true;
  EXPECT_EQ(OverridesOf(options), (Overrides{{"s", "QUInt16 1/65536 zero 0"},
                                             {"t", "QUInt16 1/32768 zero 32768"},
                                             {"w", "QInt8 symmetric"}}));
}

TEST(QnnConfig, ConvertsAroundAnOverride) {
  StaticOptions options = Qnn();
  options.tensor_quant_overrides["s"].resize(1);
  options.tensor_quant_overrides["s"][0].quant_type = kQUInt16;
  const StaticOptions configured = ApplyConfig(ConfigModel(), options);
  EXPECT_TRUE(configured.use_qdq_contrib_ops);
  EXPECT_EQ(TextsOf(configured.tensor_quant_overrides),
            (Overrides{{"a", "QUInt16, QUInt8 for norm"},
                       {"m", "QUInt8, QUInt16 for sigmoid"},
                       {"s", "QUInt16 1/65536 zero 0"},
                       {"t", "QUInt8, QUInt16 for add"}}));
  options.add_qtype_converts = false;
  EXPECT_EQ(OverridesOf(options), (Overrides{{"s", "QUInt16 1/65536 zero 0"}}));
}

TEST(QnnConfig, AWeightBesideAConvertedActivation) {
  StaticOptions options = Qnn();
  options.tensor_quant_overrides["x"].resize(1);
  TensorQuantOverride& x = options.tensor_quant_overrides["x"][0];
  x.quant_type = kQUInt8;
  x.convert.emplace();
  x.convert->quant_type = kQUInt16;
  x.convert->recv_nodes = {"matmul"};
  EXPECT_EQ(OverridesOf(options),
            (Overrides{{"w", "QUInt8 asymmetric"}, {"x", "QUInt8, QUInt16 for matmul"}}));
}

TEST(QnnConfig, GivenOverridesOfWeightsStay) {
  StaticOptions options = Qnn(kQUInt16);
  options.tensor_quant_overrides["w"].resize(1);
  options.tensor_quant_overrides["w"][0].quant_type = kQInt16;
  options.tensor_quant_overrides["scale"].resize(1);
  options.tensor_quant_overrides["scale"][0].rmin = 0;
  options.tensor_quant_overrides["scale"][0].rmax = 1;
  Warnings warnings;
  EXPECT_EQ(OverridesOf(options, &warnings),
            (Overrides{{"s", "QUInt16 1/65536 zero 0"},
                       {"t", "QUInt16 1/32768 zero 32768"},
                       {"w", "QInt16"},
                       {"scale", "QUInt8 asymmetric from 0 to 1"}}));
  EXPECT_TRUE(warnings.Mention("'tensor_quant_overrides' of 'w', which MatMul 'matmul' reads"));

  StaticOptions by_channel = Qnn(kQUInt16);
  by_channel.tensor_quant_overrides["w"].resize(1);
  by_channel.tensor_quant_overrides["w"][0].axis = 1;
  EXPECT_EQ(OverridesOf(by_channel).at("w"), "any axis 1");
}

// By hand: a range beside a scale is an error in onnxruntime, so the scale QNN wants replaces it.
TEST(QnnConfig, TheScaleOfASigmoidReplacesItsRange) {
  StaticOptions options = Qnn(kQUInt16);
  options.tensor_quant_overrides["s"].resize(1);
  options.tensor_quant_overrides["s"][0].rmin = 0;
  options.tensor_quant_overrides["s"][0].rmax = 2;
  options.tensor_quant_overrides["s"][0].symmetric = true;
  options.add_qtype_converts = false;
  EXPECT_EQ(OverridesOf(options).at("s"), "QUInt16 1/65536 zero 0");
}

TEST(QnnConfig, NodesThatAreLeftOut) {
  StaticOptions options = Qnn(kQUInt16);
  options.nodes_to_exclude = {"tanh"};
  EXPECT_FALSE(OverridesOf(options).contains("t"));
  options.op_types_to_quantize = {"Tanh", "Sigmoid"};
  EXPECT_EQ(OverridesOf(options), (Overrides{{"s", "QUInt16 1/65536 zero 0"}}));
}

TEST(QnnConfig, FourBitWeights) {
  const StaticOptions options = ApplyConfig(ConfigModel(17), Qnn(kQUInt8, kQInt4));
  EXPECT_TRUE(options.use_qdq_contrib_ops);
  EXPECT_EQ(options.weight_symmetric, false);
  EXPECT_FALSE(ApplyConfig(ConfigModel(21), Qnn(kQUInt8, kQInt4)).use_qdq_contrib_ops);
}

// By hand: nodes without inputs and outputs, and entries without a list, as a file may have them.
TEST(QnnConfig, OddNodesDoNoHarm) {
  QuantGraphBuilder b;
  b.Input("x", {2});
  b.Node("Sigmoid", {}, {}, "a");
  b.Node("Tanh", {"x"}, {""}, "b");
  b.Node("MatMul", {"x"}, {"m"}, "c");
  b.Node("LayerNormalization", {"", ""}, {"n"}, "d");
  StaticOptions options = Qnn(kQUInt16);
  options.tensor_quant_overrides["x"] = {};
  options.add_qtype_converts = false;
  EXPECT_EQ(ApplyConfig(b.model(), options).tensor_quant_overrides.size(), 1u);
}

}  // namespace
}  // namespace quantab
