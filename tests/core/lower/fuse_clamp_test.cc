// What is added to the results of float convolutions, and limits them, becomes part of them with
// the same bits.
#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

struct Form {
  Shape addend = {2, 6, 7, 5};
  bool reversed = false;
  bool relu = true;
  int64_t group = 1;
  std::string also = {};  // an inner value that is an output too
};

Model Residual(const Form& form) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2, 6, 7, 5}).Output("y");
  b.Input("z", DType::kFloat, std::vector<Dim>(form.addend.begin(), form.addend.end()));
  if (!form.also.empty()) b.Output(form.also);
  b.Initializer("w", Random({6, 6 / form.group, 1, 1}, 1)).Initializer("b", Random({6}, 2));
  b.Node("Conv", {"x", "w", "b"}, {"c"}, {{"group", form.group}}, "conv");
  b.Node("Add",
         form.reversed ? std::vector<std::string>{"z", "c"} : std::vector<std::string>{"c", "z"},
         {form.relu ? "s" : "y"}, {}, "add");
  if (form.relu) b.Node("Relu", {"s"}, {"y"}, {}, "relu");
  return b.model();
}

TensorMap Inputs(const Form& form) {
  return {{"x", Random({2, 6, 7, 5}, 3)}, {"z", Random(form.addend, 4)}};
}

TEST(FuseClamp, AConvAddsAnotherValue) {
  for (const bool reversed : {false, true}) {
    for (const int64_t group : {1, 2, 6}) {
      const Form form = {.reversed = reversed, .group = group};
      EXPECT_EQ(LoweredOps(Residual(form)), (Ops{"ClampedConv"}));
      EXPECT_EQ(StepsApart(Residual(form), Inputs(form), 1), 0);
    }
  }
}

TEST(FuseClamp, WhatIsAddedMayBroadcastEitherWay) {
  for (const Shape& addend : {Shape{}, Shape{6, 1, 1}, Shape{1, 6, 7, 5}, Shape{3, 1, 1, 1, 5}}) {
    const Form form = {.addend = addend};
    EXPECT_EQ(LoweredOps(Residual(form)), (Ops{"ClampedConv"}));
    EXPECT_EQ(StepsApart(Residual(form), Inputs(form), 1), 0);
  }
}

TEST(FuseClamp, InnerValuesThatAreWantedStay) {
  EXPECT_EQ(LoweredOps(Residual({.also = "c"})), (Ops{"Add", "Conv", "Relu"}));
  EXPECT_EQ(LoweredOps(Residual({.also = "s"})), (Ops{"Add", "Conv", "Relu"}));
  EXPECT_EQ(LoweredOps(Residual({.relu = false})), (Ops{"Add", "Conv"}));
}

TEST(FuseClamp, OfTwoConvsOneAddsTheOther) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {1, 4, 5, 5}).Output("y");
  b.Initializer("w", Random({4, 4, 1, 1}, 1)).Initializer("v", Random({4, 4, 3, 3}, 2));
  b.Node("Conv", {"x", "w"}, {"c"}, {}, "first");
  b.Node("Conv", {"x", "v"}, {"d"}, {{"pads", std::vector<int64_t>{1, 1, 1, 1}}}, "second");
  b.Node("Add", {"c", "d"}, {"s"}, {}, "add").Node("Relu", {"s"}, {"y"}, {}, "relu");
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"ClampedConv", "Conv"}));
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({1, 4, 5, 5}, 3)}}, 1), 0);
}

TEST(FuseClamp, TwiceTheResultAndConstantsAreNothingToAdd) {
  for (const bool constant : {false, true}) {
    GraphBuilder b;
    b.Input("x", DType::kFloat, {1, 4, 5, 5}).Output("y");
    b.Initializer("w", Random({4, 4, 1, 1}, 1)).Initializer("k", Random({4, 1, 1}, 2));
    b.Node("Conv", {"x", "w"}, {"c"}, {}, "conv");
    b.Node("Add", {"c", constant ? "k" : "c"}, {"s"}, {}, "add");
    b.Node("Relu", {"s"}, {"y"}, {}, "relu");
    EXPECT_EQ(LoweredOps(b.model()), (Ops{"Add", "Conv", "Relu"}));
  }
}

}  // namespace
}  // namespace quantab
