// Conv with what stands before and after it: Add, Mul, Pad. Expected values come from running the
// model as it was; ONNX Runtime's rules for pads are those of its pooling kernels.
#include "tests/core/passes/fuse_testing.h"

namespace quantab {
namespace {

// x [1,3,6,6] -> Conv to 4 channels -> c -> `op` with constant k -> y.
GraphBuilder ConvThen(const std::string& op, const Tensor& k, bool constant_first = false,
                      int64_t opset = 17) {
  GraphBuilder builder(opset);
  builder.Input("x", DType::kFloat, {1, 3, 6, 6});
  builder.Initializer("w", Noise({4, 3, 3, 3}, 1)).Initializer("b", Noise({4}, 2));
  builder.Initializer("k", k);
  builder.Node("Conv", {"x", "w", "b"}, {"c"}, {}, "conv");
  const std::vector<std::string> inputs =
      constant_first ? std::vector<std::string>{"k", "c"} : std::vector<std::string>{"c", "k"};
  builder.Node(op, inputs, {"y"}).Output("y", DType::kFloat);
  return builder;
}

TEST(FuseConvAdd, TakesOneAddendForEachChannelOrForAll) {
  for (const Tensor& k : {Noise({4, 1, 1}, 3), Noise({1, 4, 1, 1}, 4), Noise({}, 5), Noise({1}, 6),
                          Noise({1, 1, 1, 1}, 7)}) {
    ExpectFused(ConvThen("Add", k).model(), "fuse_conv_add", {"Conv"});
    ExpectFused(ConvThen("Add", k, true).model(), "fuse_conv_add", {"Conv"});
    ExpectFused(ConvThen("Mul", k).model(), "fuse_conv_mul", {"Conv"});
    ExpectFused(ConvThen("Mul", k, true).model(), "fuse_conv_mul", {"Conv"});
  }
}

TEST(FuseConvAdd, LeavesOtherShapes) {
  for (const Tensor& k : {Noise({4}, 3), Noise({4, 1}, 4), Noise({4, 4, 4}, 5),
                          Noise({1, 1, 1, 1, 1}, 6), Noise({1, 4, 1, 1, 1}, 6)}) {
    ExpectKept(ConvThen("Add", k).model(), "fuse_conv_add");
    ExpectKept(ConvThen("Mul", k).model(), "fuse_conv_mul");
  }
}

TEST(FuseConvAdd, LeavesBroadcastingByAttribute) {
  GraphBuilder builder = ConvThen("Add", Noise({4, 1, 1}, 1), false, 6);
  ExpectKept(builder.model(), "fuse_conv_add");
}

TEST(FuseConvAdd, LeavesValuesThatAreSeen) {
  GraphBuilder builder = ConvThen("Add", Noise({4, 1, 1}, 1));
  builder.Output("c", DType::kFloat);
  ExpectKept(builder.model(), "fuse_conv_add");
  GraphBuilder twice = ConvThen("Add", Noise({4, 1, 1}, 1));
  twice.graph().mutable_node(1)->set_input(1, "c");
  ExpectKept(twice.model(), "fuse_conv_add");
}

TEST(FuseConvAdd, AddsABiasToAConvTranspose) {
  GraphBuilder builder;
  builder.Input("x", DType::kFloat, {1, 4, 5, 5});
  builder.Initializer("w", Noise({4, 3, 2, 2}, 1)).Initializer("k", Noise({6, 1, 1}, 2));
  builder.Node("ConvTranspose", {"x", "w"}, {"c"}, {{"group", 2}});
  builder.Node("Add", {"c", "k"}, {"y"}).Output("y", DType::kFloat);
  ExpectFused(builder.model(), "fuse_conv_add", {"ConvTranspose"});
  builder.graph().mutable_node(1)->set_op_type("Mul");
  ExpectFused(builder.model(), "fuse_conv_mul", {"ConvTranspose"});
}

TEST(FuseConvMul, ManyFactorsStayOneComputation) {
  GraphBuilder builder;
  builder.Input("x", DType::kFloat, {1, 1, 2, 2});
  builder.Initializer("w", F32({1, 1, 1, 1}, {3}));
  builder.Initializer("two", F32({}, {2})).Initializer("half", F32({}, {0.5}));
  builder.Node("Conv", {"x", "w"}, {"c0"});
  constexpr int kFactors = 5000;
  for (int i = 0; i < kFactors; ++i) {
    builder.Node("Mul", {"c" + std::to_string(i), i % 2 == 0 ? "two" : "half"},
                 {"c" + std::to_string(i + 1)});
  }
  builder.Output("c" + std::to_string(kFactors), DType::kFloat);
  ASSERT_TRUE(RunPass(builder.model(), "fuse_conv_mul"));
  EXPECT_EQ(OperatorsOf(builder.model()), OpNames{"Conv"});
  ExpectTensor(WeightOf(builder.model(), "w"), F32({1, 1, 1, 1}, {3}), 0, 0);
}

TEST(FuseConvMul, OldModelsHaveTheirConstantsAmongTheInputs) {
  GraphBuilder builder = ConvThen("Mul", Noise({4, 1, 1}, 1), false, 7);
  builder.graph().mutable_node(0)->mutable_input()->RemoveLast();  // no bias
  builder.model().proto.set_ir_version(3);
  builder.Input("w", DType::kFloat, {4, 3, 3, 3}).Input("k", DType::kFloat, {4, 1, 1});
  builder.Node("Conv", {"x", "w"}, {"z"}).Output("z", DType::kFloat);
  ExpectFused(builder.model(), "fuse_conv_mul", {"Conv", "Conv"});
  Model model = builder.model();
  RunPass(model, "fuse_conv_mul");
  const auto& inputs = model.proto.graph().input();
  EXPECT_TRUE(std::any_of(inputs.begin(), inputs.end(),
                          [](const auto& input) { return input.name() == "w_1"; }));
}

// x [1,2,8,8] -> Pad -> p -> `op` -> y.
GraphBuilder PadThen(const std::string& op, const std::vector<int64_t>& pads,
                     const std::vector<Attr>& attrs = {}, const Tensor& value = Tensor(),
                     bool relu = false) {
  GraphBuilder builder(18);
  builder.Input("x", DType::kFloat, {1, 2, 8, 8});
  builder.Initializer("w", Noise({3, 2, 3, 3}, 1));
  builder.Initializer("pads", I64({static_cast<int64_t>(pads.size())}, pads));
  std::vector<std::string> inputs = {relu ? "r" : "x", "pads"};
  if (value.exists()) {
    builder.Initializer("value", value);
    inputs.emplace_back("value");
  }
  if (relu) builder.Node("Relu", {"x"}, {"r"});
  builder.Node("Pad", inputs, {"p"});
  builder.Node(op,
               op == "Conv" ? std::vector<std::string>{"p", "w"} : std::vector<std::string>{"p"},
               {"y"}, attrs);
  builder.Output("y", DType::kFloat);
  return builder;
}

const std::vector<int64_t> kAround = {0, 0, 1, 2, 0, 0, 0, 1};

TEST(FusePadConv, AddsToTheConvolutionsPads) {
  for (const std::vector<Attr>& attrs :
       {std::vector<Attr>{}, std::vector<Attr>{{"pads", std::vector<int64_t>{2, 1, 0, 3}}},
        std::vector<Attr>{{"auto_pad", "VALID"}}, std::vector<Attr>{{"auto_pad", "NOTSET"}},
        std::vector<Attr>{{"strides", std::vector<int64_t>{2, 2}},
                          {"kernel_shape", std::vector<int64_t>{3, 3}}}}) {
    ExpectFused(PadThen("Conv", kAround, attrs).model(), "fuse_pad_conv", {"Conv"});
  }
  ExpectFused(PadThen("Conv", kAround, {}, F32({}, {0})).model(), "fuse_pad_conv", {"Conv"});
}

TEST(FusePadConv, ReadsAxes) {
  GraphBuilder builder = PadThen("Conv", {2, 1, 0, 3}, {}, F32({}, {0}));
  builder.Initializer("axes", I64({2}, {-1, 2}));
  builder.graph().mutable_node(0)->add_input("axes");
  ExpectFused(builder.model(), "fuse_pad_conv", {"Conv"});
}

TEST(FusePadConv, LeavesOtherPads) {
  ExpectKept(PadThen("Conv", {0, 0, -1, 0, 0, 0, 0, 0}).model(), "fuse_pad_conv");
  ExpectKept(PadThen("Conv", {0, 0, 1, 1}).model(), "fuse_pad_conv");  // too few
  ExpectKept(PadThen("Conv", {1, 0, 1, 1, 0, 0, 1, 1}).model(), "fuse_pad_conv");
  ExpectKept(PadThen("Conv", kAround, {}, F32({}, {1})).model(), "fuse_pad_conv");
  ExpectKept(PadThen("Conv", kAround, {{"auto_pad", "SAME_UPPER"}}).model(), "fuse_pad_conv");
  ExpectKept(PadThen("Conv", kAround, {{"pads", std::vector<int64_t>{1, 1}}}).model(),
             "fuse_pad_conv");
  GraphBuilder reflect = PadThen("Conv", kAround);
  *reflect.graph().mutable_node(0)->add_attribute() = Attr("mode", "reflect").proto();
  ExpectKept(reflect.model(), "fuse_pad_conv");
  GraphBuilder computed = PadThen("Conv", kAround);
  computed.Input("pads", DType::kInt64, {8});
  ExpectKept(computed.model(), "fuse_pad_conv");
}

TEST(FusePadConv, APadWithOtherReadersStays) {
  GraphBuilder builder = PadThen("Conv", kAround);
  builder.Output("p", DType::kFloat);
  ExpectFused(builder.model(), "fuse_pad_conv", {"Pad", "Conv"});
}

TEST(FusePadConv, AveragesThatCountTheZeros) {
  const Attr kernel("kernel_shape", std::vector<int64_t>{3, 3});
  const Attr pads("pads", std::vector<int64_t>{1, 0, 0, 1});
  ExpectFused(PadThen("AveragePool", kAround, {kernel}).model(), "fuse_pad_conv", {"AveragePool"});
  ExpectFused(PadThen("AveragePool", kAround, {kernel, pads, {"count_include_pad", 1}}).model(),
              "fuse_pad_conv", {"AveragePool"});
  ExpectKept(PadThen("AveragePool", kAround, {kernel, pads}).model(), "fuse_pad_conv");
  ExpectKept(PadThen("AveragePool", kAround, {kernel, {"ceil_mode", 1}}).model(), "fuse_pad_conv");
  const std::vector<int64_t> wide = {0, 0, 3, 0, 0, 0, 0, 0};  // as wide as the kernel
  ExpectKept(PadThen("AveragePool", wide, {kernel}).model(), "fuse_pad_conv");
}

TEST(FusePadConv, MaximaOfWhatIsNeverNegative) {
  const Attr kernel("kernel_shape", std::vector<int64_t>{3, 3});
  ExpectFused(PadThen("MaxPool", kAround, {kernel}, Tensor(), true).model(), "fuse_pad_conv",
              {"Relu", "MaxPool"});
  ExpectKept(PadThen("MaxPool", kAround, {kernel}).model(), "fuse_pad_conv");
  ExpectKept(PadThen("MaxPool", kAround, {kernel, {"dilations", std::vector<int64_t>{2, 2}}},
                     Tensor(), true)
                 .model(),
             "fuse_pad_conv");
}

}  // namespace
}  // namespace quantab
