// Products with a bias become one operator with the same bits.
#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

struct Form {
  bool reversed = false;
  std::string activation = {};
  Shape weights = {5, 9};
  Shape bias = {9};
  DType type = DType::kFloat;
  std::string also = {};  // an inner value that is an output too
};

Tensor Converted(const Tensor& x, DType type) {
  if (type == DType::kFloat) return x;
  Tensor y(type, x.shape());
  std::copy_n(x.data<float>(), x.count(), y.mutable_data<double>());
  return y;
}

Model Product(const Form& form) {
  GraphBuilder b;
  b.Input("x", form.type, {2, 3, 5}).Output("y", form.type);
  if (!form.also.empty()) b.Output(form.also, form.type);
  b.Initializer("w", Converted(Random(form.weights, 1), form.type));
  b.Initializer("b", Converted(Random(form.bias, 2), form.type));
  b.Initializer("low", F32({}, {-0.5f})).Initializer("high", F32({}, {0.7f}));
  b.Node("MatMul", {"x", "w"}, {"p"}, {}, "product");
  const std::string sum = form.activation.empty() ? "y" : "s";
  b.Node("Add",
         form.reversed ? std::vector<std::string>{"b", "p"} : std::vector<std::string>{"p", "b"},
         {sum}, {}, "add");
  if (form.activation == "Relu") b.Node("Relu", {"s"}, {"y"});
  if (form.activation == "Clip") b.Node("Clip", {"s", "low", "high"}, {"y"});
  return b.model();
}

const TensorMap kInputs = {{"x", Random({2, 3, 5}, 3)}};

TEST(FuseMatMulBias, OneOperatorWithTheSameBits) {
  for (const bool reversed : {false, true}) {
    for (const char* activation : {"", "Relu", "Clip"}) {
      const Model model = Product({.reversed = reversed, .activation = activation});
      EXPECT_EQ(LoweredOps(model), (Ops{"BiasedMatMul"}));
      EXPECT_EQ(StepsApart(model, kInputs, 1), 0);
    }
  }
}

TEST(FuseMatMulBias, BatchesOfMatrices) {
  const Model model = Product({.weights = {2, 5, 9}});
  EXPECT_EQ(LoweredOps(model), (Ops{"BiasedMatMul"}));
  EXPECT_EQ(StepsApart(model, kInputs, 1), 0);
}

TEST(FuseMatMulBias, OtherSumsStay) {
  const Form forms[] = {{.bias = {1}},
                        {.bias = {3, 1}},
                        {.bias = {1, 1, 1, 9}},
                        {.weights = {5}, .bias = {3}},
                        {.type = DType::kDouble}};
  for (const Form& form : forms) {
    const Model model = Product(form);
    EXPECT_EQ(LoweredOps(model), (Ops{"Add", "MatMul"}));
    EXPECT_EQ(StepsApart(model, {{"x", Converted(kInputs.at("x"), form.type)}}, 1), 0);
  }
}

TEST(FuseMatMulBias, InnerValuesThatAreWantedStay) {
  EXPECT_EQ(LoweredOps(Product({.also = "p"})), (Ops{"Add", "MatMul"}));
  EXPECT_EQ(LoweredOps(Product({.activation = "Relu", .also = "s"})),
            (Ops{"BiasedMatMul", "Relu"}));
}

TEST(FuseMatMulBias, ABiasThatTheCallerMayFeedStays) {
  Model model = Product({});
  onnx::ValueInfoProto& input = *model.proto.mutable_graph()->add_input();
  input.set_name("b");
  input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  EXPECT_EQ(LoweredOps(model), (Ops{"Add", "MatMul"}));
}

}  // namespace
}  // namespace quantab
