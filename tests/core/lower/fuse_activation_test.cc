// Activations that are written out become one operator, and give what the file's own graph gives.
// Tolerances are absolute; inputs reach from -4 to 4, where a rounding of float32 is up to 4e-7.
#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

constexpr double kTolerance = 2e-6;

struct Gelu {
  bool tanh = false;
  bool divides = true;  // x / 1.41 rather than x * 0.707
  bool half_first = false;
  float one = 1;
  std::string also = {};  // an inner value that is an output too
};

Model GeluModel(const Gelu& form) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {3, 7}).Output("y");
  if (!form.also.empty()) b.Output(form.also);
  b.Initializer("one", F32({}, {form.one})).Initializer("half", F32({}, {0.5f}));
  b.Initializer("root", F32({}, {form.divides ? 1.41421356f : 0.70710678f}));
  if (form.tanh) {
    b.Initializer("three", F32({}, {3})).Initializer("k", F32({}, {0.044715f}));
    b.Initializer("outer", F32({}, {0.79788456f}));
    b.Node("Pow", {"x", "three"}, {"p"}).Node("Mul", {"p", "k"}, {"pk"});
    b.Node("Add", {"x", "pk"}, {"s"}).Node("Mul", {"s", "outer"}, {"t"});
  } else {
    b.Node(form.divides ? "Div" : "Mul", {"x", "root"}, {"t"});
  }
  b.Node(form.tanh ? "Tanh" : "Erf", {"t"}, {"e"}).Node("Add", {"e", "one"}, {"a"});
  if (form.half_first) {
    b.Node("Mul", {"x", "half"}, {"h"}).Node("Mul", {"h", "a"}, {"y"});
  } else {
    b.Node("Mul", {"x", "a"}, {"h"}).Node("Mul", {"h", "half"}, {"y"});
  }
  return b.model();
}

const TensorMap kInputs = {{"x", Random({3, 7}, 1, -4, 4)}};

TEST(FuseActivation, AGeluInAnyOfItsForms) {
  for (const bool tanh : {false, true}) {
    for (const bool divides : {false, true}) {
      for (const bool half_first : {false, true}) {
        const Model model = GeluModel({tanh, divides, half_first});
        EXPECT_EQ(LoweredOps(model), (Ops{"Gelu"}));
        EXPECT_LE(StepsApart(model, kInputs, kTolerance), 1);
      }
    }
  }
}

TEST(FuseActivation, AGeluWhoseInnerValueIsWantedStays) {
  for (const char* value : {"t", "e", "a", "h"}) {
    const Model model = GeluModel({.also = value});
    EXPECT_EQ(LoweredOps(model), (Ops{"Add", "Div", "Erf", "Mul", "Mul"})) << value;
    EXPECT_EQ(StepsApart(model, kInputs, 1), 0);
  }
}

TEST(FuseActivation, OtherConstantsMakeNoGelu) {
  EXPECT_EQ(LoweredOps(GeluModel({.one = 1.001f})), (Ops{"Add", "Div", "Erf", "Mul", "Mul"}));
}

TEST(FuseActivation, ASigmoidTimesItsArgument) {
  for (const bool reversed : {false, true}) {
    GraphBuilder b;
    b.Input("x", DType::kFloat, {3, 7}).Output("y");
    b.Node("Sigmoid", {"x"}, {"s"});
    b.Node("Mul",
           reversed ? std::vector<std::string>{"s", "x"} : std::vector<std::string>{"x", "s"},
           {"y"});
    EXPECT_EQ(LoweredOps(b.model()), (Ops{"Silu"}));
    EXPECT_LE(StepsApart(b.model(), kInputs, kTolerance), 1);
  }
}

TEST(FuseActivation, ASiluOfDoubles) {
  GraphBuilder b;
  b.Input("x", DType::kDouble, {3}).Output("y", DType::kDouble);
  b.Node("Sigmoid", {"x"}, {"s"}).Node("Mul", {"x", "s"}, {"y"});
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"Silu"}));
  EXPECT_LE(StepsApart(b.model(), {{"x", F64({3}, {-3, 0.5, 2})}}, 1e-15), 1);
}

TEST(FuseActivation, ASigmoidTimesSomethingElseStays) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {3, 7}).Input("u", DType::kFloat, {3, 7}).Output("y").Output("z");
  b.Node("Sigmoid", {"x"}, {"s"}).Node("Mul", {"u", "s"}, {"y"});
  b.Node("Sigmoid", {"u"}, {"v"}).Node("Mul", {"u", "v"}, {"w"}).Node("Add", {"w", "v"}, {"z"});
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"Add", "Mul", "Mul", "Sigmoid", "Sigmoid"}));
}

TEST(FuseActivation, AHardSigmoidTimesItsArgument) {
  for (const float alpha : {1 / 6.f, 0.2f}) {
    GraphBuilder b;
    b.Input("x", DType::kFloat, {3, 7}).Output("y");
    b.Node("HardSigmoid", {"x"}, {"s"}, {{"alpha", alpha}}).Node("Mul", {"x", "s"}, {"y"});
    EXPECT_EQ(LoweredOps(b.model()),
              alpha < 0.2f ? (Ops{"HardSwish"}) : (Ops{"HardSigmoid", "Mul"}));
    EXPECT_LE(StepsApart(b.model(), kInputs, kTolerance), 1);
  }
}

}  // namespace
}  // namespace quantab
