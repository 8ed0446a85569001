// Expected values come from running the model as it was.
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

constexpr char kPass[] = "fuse_div_mul";

GraphBuilder Reciprocal(const Tensor& one, const std::vector<Dim>& a = {4}) {
  GraphBuilder builder;
  builder.Input("a", DType::kFloat, a).Input("b", DType::kFloat, {3, 1});
  builder.Initializer("one", one);
  builder.Node("Div", {"one", "a"}, {"r"}).Node("Mul", {"r", "b"}, {"y"}, {}, "mul");
  builder.Output("y", DType::kFloat);
  return builder;
}

TEST(FuseDivMul, BecomesDiv) {
  ExpectFused(Reciprocal(F32({}, {1})).model(), kPass, {"Div"});
  ExpectFused(Reciprocal(F32({1}, {1})).model(), kPass, {"Div"});
  GraphBuilder turned = Reciprocal(F32({}, {1}));
  turned.graph().mutable_node(1)->mutable_input()->SwapElements(0, 1);
  ExpectFused(turned.model(), kPass, {"Div"});
}

TEST(FuseDivMul, Leaves) {
  ExpectKept(Reciprocal(F32({}, {2})).model(), kPass);
  ExpectKept(Reciprocal(F32({1}, {1}), {}).model(), kPass);
  GraphBuilder seen = Reciprocal(F32({}, {1}));
  seen.Output("r", DType::kFloat);
  ExpectKept(seen.model(), kPass);
  GraphBuilder square = Reciprocal(F32({}, {1}));
  square.graph().mutable_node(1)->set_input(1, "r");
  ExpectKept(square.model(), kPass);
  GraphBuilder integers;
  integers.Input("a", DType::kInt32, {4}).Input("b", DType::kInt32, {4});
  integers.Initializer("one", I32({}, {1}));
  integers.Node("Div", {"one", "a"}, {"r"}).Node("Mul", {"r", "b"}, {"y"});
  integers.Output("y", DType::kInt32);
  ExpectKept(integers.model(), kPass);
}

}  // namespace
}  // namespace quantab
