// Normalizations become part of the convolution before them, and give what the file's own graph
// gives. The tolerance is absolute; results are below 10.
#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

constexpr double kTolerance = 1e-5;

struct Form {
  bool bias = true;
  bool by_caller = false;  // the bias may be fed
  std::string also = {};   // an inner value that is an output too
};

void AddNormalization(GraphBuilder& b, const std::string& x, const std::string& y) {
  b.Initializer("scale", Random({4}, 5, 0.5f, 2)).Initializer("offset", Random({4}, 6));
  b.Initializer("mean", Random({4}, 7)).Initializer("variance", Random({4}, 8, 0.2f, 3));
  b.Node("BatchNormalization", {x, "scale", "offset", "mean", "variance"}, {y},
         {{"epsilon", 1e-3f}}, "norm");
}

Model ConvModel(const Form& form) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2, 3, 6, 5}).Output("y");
  if (!form.also.empty()) b.Output(form.also);
  if (form.by_caller) b.Input("b", DType::kFloat, {4});
  b.Initializer("w", Random({4, 3, 3, 3}, 1)).Initializer("b", Random({4}, 2));
  b.Node("Conv",
         form.bias ? std::vector<std::string>{"x", "w", "b"} : std::vector<std::string>{"x", "w"},
         {"c"}, {}, "conv");
  AddNormalization(b, "c", "n");
  b.Node("Relu", {"n"}, {"y"}, {}, "relu");
  return b.model();
}

TEST(FoldBatchNormalization, IntoTheWeightsOfAConv) {
  for (const bool bias : {false, true}) {
    const Model model = ConvModel({.bias = bias});
    EXPECT_EQ(LoweredOps(model), (Ops{"ClampedConv"}));
    EXPECT_LE(StepsApart(model, {{"x", Random({2, 3, 6, 5}, 3)}}, kTolerance), 1);
  }
}

TEST(FoldBatchNormalization, WhatIsWantedOrNotConstantStays) {
  EXPECT_EQ(LoweredOps(ConvModel({.also = "c"})), (Ops{"BatchNormalization", "Conv", "Relu"}));
  EXPECT_EQ(LoweredOps(ConvModel({.by_caller = true})),
            (Ops{"BatchNormalization", "Conv", "Relu"}));
}

TEST(FoldBatchNormalization, IntoTheScalesOfADynamicallyQuantizedConv) {
  for (const bool by_channel : {false, true}) {
    GraphBuilder b;
    b.Input("x", DType::kFloat, {1, 3, 6, 6}).Output("y");
    b.Initializer("w", RandomBytes(DType::kInt8, {4, 3, 3, 3}, 9)).Initializer("z", I8({}, {0}));
    b.Initializer("t", by_channel ? Random({4, 1, 1}, 10, 0.001f, 0.01f) : F32({}, {0.005f}));
    b.Node("DynamicQuantizeLinear", {"x"}, {"q", "s", "u"}, {}, "dynamic");
    b.Node("Mul", {"s", "t"}, {"st"}, {}, "scales");
    b.Node("ConvInteger", {"q", "w", "u", "z"}, {"i"}, {}, "conv");
    b.Node("Cast", {"i"}, {"f"}, {{"to", 1}}, "cast").Node("Mul", {"f", "st"}, {"m"}, {}, "mul");
    AddNormalization(b, "m", "y");
    EXPECT_EQ(LoweredOps(b.model()), (Ops{"ConvIntegerToFloat", "DynamicQuantizeLinear", "Mul",
                                          "Mul", "Transpose", "Transpose"}));
    EXPECT_LE(StepsApart(b.model(), {{"x", Random({1, 3, 6, 6}, 11)}}, kTolerance), 1);
  }
}

}  // namespace
}  // namespace quantab
