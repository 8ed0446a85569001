// GELU that is written out. Expected values come from running the model as it was.
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

class GeluWriter : public GraphBuilder {
 public:
  explicit GeluWriter(int64_t opset) : GraphBuilder(opset) {
    Input("x", DType::kFloat, {3, 5});
    const std::pair<const char*, float> constants[] = {{"half", 0.5f},
                                                       {"one", 1},
                                                       {"two", 2},
                                                       {"three", 3},
                                                       {"root2", 1.41421356f},
                                                       {"root_half", 0.70710678f},
                                                       {"k", 0.044715f},
                                                       {"root_2_pi", 0.79788456f}};
    for (const auto& [name, value] : constants) Initializer(name, F32({}, {value}));
    Output("y", DType::kFloat);
  }
  // 1 + erf(x / sqrt(2)).
  void Erf(bool divide) {
    Node(divide ? "Div" : "Mul", {"x", divide ? "root2" : "root_half"}, {"t"});
    Node("Erf", {"t"}, {"e"}).Node("Add", {"one", "e"}, {"a"});
  }
  // 1 + tanh(...).
  void Tanh(int form) {
    if (form == 0) {
      Node("Pow", {"x", "three"}, {"cube"}).Node("Mul", {"k", "cube"}, {"kc"});
    } else {
      Node("Mul", {"x", "x"}, {"square"}).Node("Mul", {"square", "k"}, {"ks"});
      if (form == 1) Node("Mul", {"x", "ks"}, {"kc"});
    }
    if (form < 2) {
      Node("Add", {"kc", "x"}, {"s"}).Node("Mul", {"root_2_pi", "s"}, {"u"});
    } else {
      Node("Add", {"one", "ks"}, {"s"}).Node("Mul", {"x", "root_2_pi"}, {"xr"});
      Node("Mul", {"xr", "s"}, {"u"});
    }
    Node("Tanh", {"u"}, {"e"}).Node("Add", {"e", "one"}, {"a"});
  }
  // x / 2 * a, in one of the orders.
  void Finish(int order) {
    if (order == 0) Node("Mul", {"x", "half"}, {"h"}).Node("Mul", {"h", "a"}, {"y"});
    if (order == 1) Node("Mul", {"x", "a"}, {"h"}).Node("Mul", {"half", "h"}, {"y"});
    if (order == 2) Node("Mul", {"a", "half"}, {"h"}).Node("Mul", {"x", "h"}, {"y"});
    if (order == 3) Node("Mul", {"x", "a"}, {"h"}).Node("Div", {"h", "two"}, {"y"});
  }
};

TEST(FuseGelu, EveryFormInEveryOrder) {
  for (int order = 0; order < 4; ++order) {
    for (const bool divide : {false, true}) {
      GeluWriter erf(20);
      erf.Erf(divide);
      erf.Finish(order);
      ExpectFused(erf.model(), "fuse_gelu", {"Gelu"});
      ExpectKept(erf.model(), "fuse_contrib_gelu");
    }
    for (int form = 0; form < 3; ++form) {
      GeluWriter tanh(20);
      tanh.Tanh(form);
      tanh.Finish(order);
      ExpectFused(tanh.model(), "fuse_gelu", {"Gelu"});
    }
  }
}

TEST(FuseGelu, ByVersion) {
  GeluWriter erf(17);
  erf.Erf(true);
  erf.Finish(0);
  ExpectKept(erf.model(), "fuse_gelu");
  ExpectFused(erf.model(), "fuse_contrib_gelu", {"Gelu"});
  GeluWriter tanh(17);
  tanh.Tanh(1);
  tanh.Finish(1);
  ExpectFused(tanh.model(), "fuse_contrib_gelu", {"FastGelu"});
  ASSERT_TRUE(RunPass(tanh.model(), "fuse_contrib_gelu"));
  EXPECT_EQ(OpsetVersion(tanh.model().proto, "com.microsoft"), 1);
}

TEST(FuseGelu, LeavesOtherFunctions) {
  GeluWriter wrong(20);  // erf(x / 0.7071)
  wrong.Node("Div", {"x", "root_half"}, {"t"}).Node("Erf", {"t"}, {"e"});
  wrong.Node("Add", {"e", "one"}, {"a"});
  wrong.Finish(0);
  ExpectKept(wrong.model(), "fuse_gelu");
  GeluWriter unhalved(20);
  unhalved.Erf(true);
  unhalved.Node("Mul", {"x", "a"}, {"y"});
  ExpectKept(unhalved.model(), "fuse_gelu");
  GeluWriter other(20);  // multiplies with another value
  other.Input("z", DType::kFloat, {3, 5});
  other.Erf(true);
  other.Node("Mul", {"z", "half"}, {"h"}).Node("Mul", {"h", "a"}, {"y"});
  ExpectKept(other.model(), "fuse_gelu");
  for (const char* seen : {"t", "e", "a", "h"}) {
    GeluWriter read(20);
    read.Erf(true);
    read.Finish(0);
    read.Output(seen, DType::kFloat);
    ExpectKept(read.model(), "fuse_gelu");
  }
}

}  // namespace
}  // namespace quantab
