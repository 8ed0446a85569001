// Small models whose float16 forms fail in a known way; what has to stay in float32 is worked by
// hand.
#include "core/eval/auto_mixed_precision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/exec/session.h"
#include "core/quant/float16.h"
#include "tests/core/quant/graph_builder.h"

namespace quantab {
namespace {

using Names = std::vector<std::string>;

TensorMap Sample(size_t index) {
  const std::vector<float> values = {0.5f + static_cast<float>(index), 1.25f, -2.0f};
  return {{"x", Tensor::From<float>({3}, values)}};
}

// Sigmoid, then a stretch whose middle does not fit float16: (400 s)^2 is up to 106,960.
QuantGraphBuilder Overflowing() {
  QuantGraphBuilder b;
  b.Input("x", {3}).Weight("k", {1}, {400}).Output("y", {3});
  b.Node("Sigmoid", {"x"}, {"s"}, "sigmoid");
  b.Node("Mul", {"s", "k"}, {"a"}, "scale");
  b.Node("Mul", {"a", "a"}, {"b"}, "square");
  b.Node("Sqrt", {"b"}, {"c"}, "root");
  b.Node("Div", {"c", "k"}, {"y"}, "back");
  return b;
}

// Adding 4096 and taking it away again leaves multiples of 4 in float16.
QuantGraphBuilder Rounding() {
  QuantGraphBuilder b;
  b.Input("x", {3}).Weight("k", {1}, {4096}).Output("y", {3});
  b.Node("Tanh", {"x"}, {"t"}, "tanh");
  b.Node("Add", {"t", "k"}, {"a"}, "up");
  b.Node("Sub", {"a", "k"}, {"d"}, "down");
  b.Node("Relu", {"d"}, {"r"}, "relu");
  b.Node("Neg", {"r"}, {"y"}, "neg");
  return b;
}

std::vector<std::byte> FileOf(const Model& model) {
  MemorySink sink;
  WriteModel(model, sink);
  return sink.bytes();
}

TEST(AutoMixedPrecision, KeepsWhatDoesNotFit) {
  const MixedPrecision result = AutoMixedPrecision(Overflowing().model(), 2, Sample);
  EXPECT_EQ(result.overflowing, (Names{"square", "root"}));
  EXPECT_EQ(result.node_block_list, (Names{"root", "square"}));
  EXPECT_TRUE(result.inaccurate.empty());
  EXPECT_TRUE(result.within_tolerance);
  EXPECT_EQ(result.trials, 1);
  // Without them the result is infinite.
  const Model plain = ConvertFloatToFloat16(Overflowing().model(), {.keep_io_types = true}).model;
  EXPECT_TRUE(std::isinf(Session(plain).Run(Sample(1)).at("y").data<float>()[0]));
  const Model mixed =
      ConvertFloatToFloat16(Overflowing().model(),
                            {.keep_io_types = true, .node_block_list = result.node_block_list})
          .model;
  EXPECT_NEAR(Session(mixed).Run(Sample(1)).at("y").data<float>()[0], 1 / (1 + std::exp(-1.5)),
              1e-3);
}

TEST(AutoMixedPrecision, FindsWhatBreaksTheTolerance) {
  AutoMixedPrecisionOptions options;
  options.atol = 0.01;
  const MixedPrecision result = AutoMixedPrecision(Rounding().model(), 1, Sample, options);
  EXPECT_TRUE(result.overflowing.empty());
  EXPECT_TRUE(result.within_tolerance);
  EXPECT_EQ(result.node_block_list, (Names{"down", "up"}));
  EXPECT_EQ(result.inaccurate, (Names{"up", "down"}));
}

TEST(AutoMixedPrecision, WhatIsAskedForStaysToo) {
  AutoMixedPrecisionOptions options;
  options.float16.node_block_list = {"sigmoid"};
  const MixedPrecision result = AutoMixedPrecision(Overflowing().model(), 1, Sample, options);
  EXPECT_EQ(result.node_block_list, (Names{"root", "sigmoid", "square"}));
  EXPECT_EQ(result.overflowing, (Names{"square", "root"}));
}

TEST(AutoMixedPrecision, OutputsBeyondTheBudgetAreComputedAnew) {
  AutoMixedPrecisionOptions options;
  options.atol = 0.01;
  const MixedPrecision kept = AutoMixedPrecision(Rounding().model(), 3, Sample, options);
  // Nothing, and the outputs of one sample: three floats.
  for (const uint64_t budget : {0, 12}) {
    options.output_budget = budget;
    const MixedPrecision result = AutoMixedPrecision(Rounding().model(), 3, Sample, options);
    EXPECT_EQ(result.node_block_list, kept.node_block_list);
    EXPECT_EQ(result.trials, kept.trials);
    EXPECT_TRUE(result.within_tolerance);
    EXPECT_EQ(FileOf(result.model), FileOf(kept.model));
  }
}

TEST(AutoMixedPrecision, TheListOfNodesMakesTheSameModel) {
  for (const bool named : {true, false}) {
    for (QuantGraphBuilder b : {Overflowing(), Rounding()}) {
      if (!named) {
        for (auto& node : *b.graph().mutable_node()) node.clear_name();
      }
      const MixedPrecision result = AutoMixedPrecision(b.model(), 2, Sample, {.atol = 0.01});
      EXPECT_EQ(result.node_block_list.size(), 2u);
      const Model again =
          ConvertFloatToFloat16(b.model(), {.node_block_list = result.node_block_list}, nullptr)
              .model;
      EXPECT_EQ(FileOf(again), FileOf(result.model));
    }
  }
}

TEST(AutoMixedPrecision, NodesOfOneNameAreDecidedTogether) {
  QuantGraphBuilder b = Rounding();
  b.graph().mutable_node(0)->set_name("same");  // Tanh
  b.graph().mutable_node(1)->set_name("same");  // the Add, which has to stay
  const MixedPrecision result = AutoMixedPrecision(b.model(), 1, Sample, {.atol = 0.01});
  EXPECT_TRUE(result.within_tolerance);
  EXPECT_EQ(result.node_block_list, (Names{"down", "same"}));
}

TEST(MixedPrecisionSearch, EndsAPassEarlyAndKnowsItsSamples) {
  const Model model = Rounding().model();
  MixedPrecisionSearch search(model, {.atol = 0.01});
  EXPECT_EQ(search.most_passes(), 13);  // twice five nodes, all, none, and the float model
  EXPECT_THROW(search.NextPass(), Error);
  EXPECT_TRUE(search.Add(Sample(0)));
  EXPECT_TRUE(search.Add(Sample(1)));
  EXPECT_THROW(search.Finish(), Error);
  EXPECT_TRUE(search.NextPass());
  EXPECT_FALSE(search.Add(Sample(0)));  // all of float16: far off
  EXPECT_FALSE(search.Add(Sample(1)));
  EXPECT_TRUE(search.NextPass());
  // With Tanh and Add in float32, the Sub is wrong still.
  EXPECT_FALSE(search.Add(Sample(0)));
  EXPECT_TRUE(search.NextPass());
}

TEST(MixedPrecisionSearch, WantsTheSameSamplesAgain) {
  const auto begun = [] {
    MixedPrecisionSearch search(Overflowing().model());
    search.Add(Sample(0));
    search.Add(Sample(1));
    EXPECT_TRUE(search.NextPass());
    EXPECT_TRUE(search.Add(Sample(0)));
    return search;
  };
  EXPECT_THROW(begun().NextPass(), Error);
  MixedPrecisionSearch search = begun();
  EXPECT_TRUE(search.Add(Sample(1)));
  EXPECT_THROW(search.Add(Sample(2)), Error);
  EXPECT_FALSE(search.NextPass());
  EXPECT_TRUE(search.Finish().within_tolerance);
  EXPECT_THROW(search.Add(Sample(0)), Error);
}

TEST(AutoMixedPrecision, TrialsAreBounded) {
  AutoMixedPrecisionOptions options;
  options.atol = 0.01;
  options.max_trials = 3;
  const MixedPrecision result = AutoMixedPrecision(Rounding().model(), 1, Sample, options);
  EXPECT_LE(result.trials, 3);
  EXPECT_TRUE(result.within_tolerance);  // what is undecided stays in float32
}

class Listener final : public Monitor {
 public:
  void OnLog(LogLevel level, std::string_view message) override {
    if (level == LogLevel::kWarning) warnings.emplace_back(message);
  }
  Names warnings;
};

TEST(AutoMixedPrecision, SaysWhenNothingHelps) {
  AutoMixedPrecisionOptions options;
  options.rtol = options.atol = 0;  // the output itself is float16
  Listener listener;
  const MixedPrecision result =
      AutoMixedPrecision(Overflowing().model(), 1, Sample, options, &listener);
  EXPECT_FALSE(result.within_tolerance);
  EXPECT_EQ(result.node_block_list, (Names{"back", "root", "scale", "sigmoid", "square"}));
  EXPECT_EQ(result.inaccurate, (Names{"sigmoid", "scale", "back"}));
  ASSERT_EQ(listener.warnings.size(), 1u);
  EXPECT_NE(listener.warnings[0].find("not within the tolerance"), std::string::npos);
  options.float16.keep_io_types = true;
  EXPECT_TRUE(AutoMixedPrecision(Overflowing().model(), 1, Sample, options).within_tolerance);
}

TEST(AutoMixedPrecision, NodesWithoutNamesGetOne) {
  QuantGraphBuilder b = Overflowing();
  for (auto& node : *b.graph().mutable_node()) node.clear_name();
  const MixedPrecision result = AutoMixedPrecision(b.model(), 1, Sample);
  EXPECT_TRUE(result.within_tolerance);
  for (const std::string& name : result.node_block_list) {
    const auto& nodes = result.model.proto.graph().node();
    EXPECT_TRUE(std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) {
      return node.name() == name;
    })) << name;
  }
}

TEST(AutoMixedPrecision, WrongArguments) {
  const Model model = Rounding().model();
  AutoMixedPrecisionOptions options;
  EXPECT_THROW(AutoMixedPrecision(model, 0, Sample, options), Error);
  options.rtol = std::nan("");
  EXPECT_THROW(AutoMixedPrecision(model, 1, Sample, options), Error);
  options.rtol = 0;
  options.max_trials = 1;
  EXPECT_THROW(AutoMixedPrecision(model, 1, Sample, options), Error);
  EXPECT_THROW(AutoMixedPrecision(model, 1, [](size_t) { return TensorMap{}; }), Error);
}

class Stop final : public Monitor {
 public:
  bool Cancelled() override { return ++asked > 3; }
  int asked = 0;
};

TEST(AutoMixedPrecision, CanBeStopped) {
  Stop stop;
  try {
    AutoMixedPrecision(Rounding().model(), 1, Sample, {}, &stop);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kCancelled);
  }
}

}  // namespace
}  // namespace quantab
