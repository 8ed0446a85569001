// What is added to the results of dynamically quantized convolutions, and limits the sums, becomes
// part of them with the same bits.
#include <limits>

#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

struct Form {
  bool reversed = false;
  std::string limit = "Relu";
  std::string also = {};  // an inner value that is an output too
  Shape fed = {};         // what is added has this shape and is fed
  bool limited = false;   // there is a Relu before the Add
  bool constant = false;  // what is added is
};

// x -> conv -> a; a -> conv -> c; c + a -> s -> limit -> r; r -> conv -> y.
Model Residual(const Form& form) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2, 8, 6, 5}).Output("y");
  if (!form.also.empty()) b.Output(form.also);
  b.Initializer("w_s", F32({}, {0.02f})).Initializer("w_z", I8({}, {0}));
  b.Initializer("w_q", RandomBytes(DType::kInt8, {8, 8, 3, 3}, 1));
  b.Initializer("low", F32({}, {-40})).Initializer("high", F32({}, {40}));
  const auto conv = [&b](const std::string& x, const std::string& y) {
    b.Node("DynamicQuantizeLinear", {x}, {y + "_q", y + "_s", y + "_z"}, {}, y + "_Q");
    b.Node("Mul", {y + "_s", "w_s"}, {y + "_t"}, {}, y + "_scales");
    b.Node("ConvInteger", {y + "_q", "w_q", y + "_z", "w_z"}, {y + "_i"},
           {{"pads", std::vector<int64_t>(4, 1)}}, y + "_conv");
    b.Node("Cast", {y + "_i"}, {y + "_f"}, {{"to", 1}}, y + "_cast");
    b.Node("Mul", {y + "_f", y + "_t"}, {y}, {}, y + "_mul");
  };
  conv("x", "a");
  conv("a", "c");
  std::string sum = "c", addend = "a";
  if (form.limited) {
    b.Node("Relu", {"c"}, {"limited"}, {}, "before");
    sum = "limited";
  }
  if (!form.fed.empty()) {
    b.Input("z", DType::kFloat, std::vector<Dim>(form.fed.begin(), form.fed.end()));
    b.Initializer("by_channel", I64({4}, {1, -1, 1, 1}));
    b.Node("Reshape", {"z", "by_channel"}, {"zr"}, {}, "reshape");
    addend = "zr";
  }
  if (form.constant) {
    b.Initializer("k", Random({8, 1, 1}, 3));
    addend = "k";
  }
  b.Node(
      "Add",
      form.reversed ? std::vector<std::string>{addend, sum} : std::vector<std::string>{sum, addend},
      {"s"}, {}, "add");
  std::string r = "s";
  if (!form.limit.empty()) {
    b.Node(form.limit, {"s"}, {"r"}, {}, "limit");
    if (form.limit == "Clip") {
      auto* node = b.model().proto.mutable_graph()->mutable_node();
      node->Mutable(node->size() - 1)->add_input("low");
      node->Mutable(node->size() - 1)->add_input("high");
    }
    r = "r";
  }
  conv(r, "y");
  return b.model();
}

int64_t Count(const Form& form, const std::string& op_type) {
  const Ops ops = LoweredOps(Residual(form));
  return std::count(ops.begin(), ops.end(), op_type);
}

double Apart(const Form& form) {
  TensorMap inputs = {{"x", Random({2, 8, 6, 5}, 2, -2, 2)}};
  if (!form.fed.empty()) inputs["z"] = Random(form.fed, 4);
  return StepsApart(Residual(form), inputs, 1);
}

TEST(FuseResidual, AConvAddsAnotherValueAndLimitsTheSum) {
  for (const bool reversed : {false, true}) {
    for (const std::string limit : {"", "Relu", "Clip"}) {
      const Form form = {.reversed = reversed, .limit = limit};
      EXPECT_EQ(Count(form, "Add"), 0) << limit;
      EXPECT_EQ(Count(form, "Relu") + Count(form, "Clip"), 0) << limit;
      // The sum's range is found as it is made.
      EXPECT_EQ(Count(form, "DynamicQuantizeInRange"), 2) << limit;
      EXPECT_EQ(Apart(form), 0) << limit;
    }
  }
}

TEST(FuseResidual, OneValueForEachChannelIsBroadcast) {
  const Form form = {.fed = {8}};
  EXPECT_EQ(Count(form, "Add"), 0);
  EXPECT_EQ(Apart(form), 0);
}

TEST(FuseResidual, InnerValuesThatAreWantedStay) {
  EXPECT_EQ(Count({.also = "c"}, "Add"), 1);
  EXPECT_EQ(Apart({.also = "c"}), 0);
  EXPECT_EQ(Count({.also = "s"}, "Add"), 0);
  EXPECT_EQ(Count({.also = "s"}, "Relu"), 1);
  EXPECT_EQ(Apart({.also = "s"}), 0);
}

TEST(FuseResidual, LimitsBeforeTheSumAndConstantsStay) {
  for (const Form& form : {Form{.limited = true}, Form{.constant = true}}) {
    EXPECT_EQ(Count(form, "Add"), 1);
    EXPECT_EQ(Apart(form), 0);
  }
}

}  // namespace
}  // namespace quantab
