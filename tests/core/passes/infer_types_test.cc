// Types and shapes; expected ones by hand from the definitions of the operators.
#include "core/passes/steps.h"
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

constexpr DType kFloat = DType::kFloat;

// "float32[2,n,?]", "float32" without a shape, or "unknown".
std::string TypeText(const Model& model, const std::string& value) {
  for (const auto& info : model.proto.graph().value_info()) {
    if (info.name() != value) continue;
    const auto& tensor = info.type().tensor_type();
    std::string text{NameOf(static_cast<DType>(tensor.elem_type()))};
    if (!tensor.has_shape()) return text;
    text += "[";
    for (const auto& dim : tensor.shape().dim()) {
      if (text.back() != '[') text += ",";
      text += dim.has_dim_value()       ? std::to_string(dim.dim_value())
              : dim.dim_param().empty() ? "?"
                                        : dim.dim_param();
    }
    return text + "]";
  }
  return "unknown";
}

Model Inferred(GraphBuilder builder, const PreProcessOptions& options = {}) {
  Model model = builder.model();
  InferTypes(model, options, nullptr);
  return model;
}

GraphBuilder Custom(const std::string& op_type, const std::string& domain) {
  GraphBuilder b;
  b.Opset(domain, 1).Input("x", kFloat, {"n", 8}).Output("y", kFloat);
  b.Initializer("w", Iota({8, 2}));
  b.Node(op_type, {"x"}, {"c"}, {}, "custom", domain);
  b.Node("MatMul", {"c", "w"}, {"m"}).Node("Relu", {"m"}, {"y"});
  return b;
}

TEST(InferTypes, NamesOfDimensionsAreCarried) {
  GraphBuilder b;
  b.Input("x", kFloat, {"n", 8}).Output("y", kFloat).Initializer("w", Iota({8, 2}));
  b.Node("MatMul", {"x", "w"}, {"m"}).Node("Relu", {"m"}, {"y"});
  EXPECT_EQ(TypeText(Inferred(b), "m"), "float32[n,2]");
}

TEST(InferTypes, ThroughUnknownOperatorsByUse) {
  const Model model = Inferred(Custom("Mystery", "example.org"));
  EXPECT_EQ(TypeText(model, "c"), "float32");  // since MatMul's inputs are of one type
  EXPECT_EQ(TypeText(model, "m"), "float32");
  PreProcessOptions options;
  options.skip_symbolic_shape = true;
  EXPECT_EQ(TypeText(Inferred(Custom("Mystery", "example.org"), options), "c"), "unknown");
}

TEST(InferTypes, GuessedRank) {
  PreProcessOptions options;
  options.guess_output_rank = true;
  const Model model = Inferred(Custom("Mystery", "example.org"), options);
  EXPECT_TRUE(TypeText(model, "c").starts_with("float32["));
  EXPECT_TRUE(TypeText(model, "m").ends_with(",2]"));
}

TEST(InferTypes, OperatorsOfMicrosoft) {
  const Model model = Inferred(Custom("FastGelu", "com.microsoft"));
  EXPECT_EQ(TypeText(model, "c").substr(0, 8), "float32[");
  EXPECT_TRUE(TypeText(model, "c").ends_with(",8]"));
  EXPECT_TRUE(TypeText(model, "m").ends_with(",2]"));
}

TEST(InferTypes, MergedNames) {
  const auto build = [] {
    GraphBuilder b;
    b.Input("x", kFloat, {"n", 8}).Input("z", kFloat, {"m", 8}).Output("y", kFloat);
    b.Node("Relu", {"x"}, {"a"}).Node("Relu", {"z"}, {"c"}).Node("Add", {"a", "c"}, {"s"});
    b.Node("Neg", {"c"}, {"d"}).Node("Concat", {"s", "d"}, {"y"}, {Attr("axis", 1)});
    b.Node("Mul", {"c", "a"}, {"p"}).Node("Neg", {"p"}, {"q"}).Output("q", kFloat);
    return b;
  };
  EXPECT_EQ(TypeText(Inferred(build()), "d"), "float32[m,8]");
  PreProcessOptions options;
  options.auto_merge = true;
  const Model model = Inferred(build(), options);
  EXPECT_EQ(TypeText(model, "d"), "float32[n,8]");
  EXPECT_EQ(TypeText(model, "p"), "float32[n,8]");
  EXPECT_EQ(model.proto.graph().input(1).type().tensor_type().shape().dim(0).dim_param(), "m");
}

TEST(InferTypes, NothingIsAskedOfModelsThatCannotBeInferred) {
  GraphBuilder b;
  b.Input("x", kFloat, {2, 3}).Output("y", kFloat).Initializer("w", Iota({4, 5}));
  b.Node("MatMul", {"x", "w"}, {"m"}).Node("Mystery", {}, {"c"}, {}, "", "example.org");
  b.Node("Add", {"m", "c"}, {"y"}).Node("", {"m"}, {});
  EXPECT_NO_THROW(Inferred(b));
}

}  // namespace
}  // namespace quantab
