// Lowered graphs hold the operators they should, and give what the file's own graph gives.
#include "core/lower/lower.h"

#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

// Conv 3 -> 8 channels, 3x3, with weights by channel and a bias in their scale.
void AddConv(QdqBuilder& b, float x_scale) {
  b.Weight("w", RandomBytes(DType::kInt8, {8, 3, 3, 3}, 1),
           {.01f, .02f, .005f, .03f, .01f, .02f, .015f, .004f}, 0);
  Tensor bias = I32({8}, {100, -200, 300, 0, 5, -1000, 70, 1});
  std::vector<float> scales;
  for (float s : {.01f, .02f, .005f, .03f, .01f, .02f, .015f, .004f}) scales.push_back(s * x_scale);
  b.Weight("b", bias, scales, 0);
  b.Node("Conv", {"x_dq", "w_dq", "b_dq"}, {"c"}, {{"pads", std::vector<int64_t>{1, 1, 1, 1}}},
         "conv");
}

TEST(LowerQdqConv, RunsOnBytesAndLeavesOutTheActivationSaturationDoes) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {1, 3, 9, 7}).Output("y_dq");
  b.Pair("x", 0.02f, 120);
  AddConv(b, 0.02f);
  b.Node("Relu", {"c"}, {"y"}, {}, "relu");
  b.Pair("y", 0.05f, 0);
  EXPECT_EQ(LoweredOps(b.model()),
            (Ops{"DequantizeLinear", "QLinearConv", "QuantizeLinear", "Transpose", "Transpose"}));
  EXPECT_LE(StepsApart(b.model(), {{"x", Random({1, 3, 9, 7}, 2, -2, 2)}}, 0.05), 1.001);
  // Skipped by name, it stays as it was.
  EXPECT_EQ(LoweredOps(b.model(), {"lower_qdq_conv", "fuse_clamp"}),
            (Ops{"Conv", "DequantizeLinear", "DequantizeLinear", "DequantizeLinear",
                 "DequantizeLinear", "QuantizeLinear", "QuantizeLinear", "Relu"}));
}

TEST(LowerQdqConv, KeepsAnActivationThatCutsInsideTheRange) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {1, 3, 5, 5}).Output("y_dq");
  b.Pair("x", 0.02f, 120);
  AddConv(b, 0.02f);
  b.Initializer("low", F32({}, {-0.5f})).Initializer("high", F32({}, {2}));
  b.Node("Clip", {"c", "low", "high"}, {"y"}, {}, "clip");
  b.Pair("y", 0.05f, -3, DType::kInt8);
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"DequantizeLinear", "Lookup", "QLinearConv",
                                        "QuantizeLinear", "Transpose", "Transpose"}));
  EXPECT_LE(StepsApart(b.model(), {{"x", Random({1, 3, 5, 5}, 3, -2, 2)}}, 0.05), 1.001);
}

TEST(LowerQdqConv, LeavesAsFloatWhereNobodyQuantizes) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {2, 3, 6, 5}).Output("c");
  b.Pair("x", 0.02f, 120);
  AddConv(b, 0.02f);
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"ConvIntegerToFloat", "DequantizeLinear", "QuantizeLinear",
                                        "Transpose", "Transpose"}));
  EXPECT_LE(StepsApart(b.model(), {{"x", Random({2, 3, 6, 5}, 4, -2, 2)}}, 1e-4), 1);
}

TEST(LowerQdqConv, BringsABiasOfAnotherScaleIntoTheProductsScale) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {1, 3, 5, 5}).Output("y_dq");
  b.Pair("x", 0.02f, 120);
  AddConv(b, 0.5f);
  b.Node("Identity", {"c"}, {"y"});
  b.Pair("y", 0.05f, 128);
  EXPECT_EQ(LoweredOps(b.model()),
            (Ops{"DequantizeLinear", "QLinearConv", "QuantizeLinear", "Transpose", "Transpose"}));
  EXPECT_LE(StepsApart(b.model(), {{"x", Random({1, 3, 5, 5}, 5, -2, 2)}}, 0.05), 1.001);
}

TEST(LowerQdqConv, LeavesAConvAloneWhoseResultIsAlsoReadAsFloat) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {1, 3, 5, 5}).Output("y_dq").Output("c");
  b.Pair("x", 0.02f, 120);
  AddConv(b, 0.02f);
  b.Node("Relu", {"c"}, {"y"}, {}, "relu");
  b.Pair("y", 0.05f, 0);
  const Ops ops = LoweredOps(b.model());
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "QLinearConv"), 0);
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "ConvIntegerToFloat"), 1);
  EXPECT_LE(StepsApart(b.model(), {{"x", Random({1, 3, 5, 5}, 6, -2, 2)}}, 0.05), 1.001);
}

TEST(LowerQdqMatMul, ConstantByColumnAndTwoActivations) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {5, 16}).Output("z_dq").Output("y2");
  b.Pair("x", 0.02f, 120);
  b.Weight("w", RandomBytes(DType::kInt8, {16, 3}, 7), {.01f, .02f, .005f}, 1);
  b.Node("MatMul", {"x_dq", "w_dq"}, {"y"}, {}, "first");
  b.Pair("y", 0.1f, 5, DType::kInt8);
  b.Node("Transpose", {"y_dq"}, {"t"});
  b.Pair("t", 0.1f, 5, DType::kInt8);
  b.Node("MatMul", {"y_dq", "t_dq"}, {"z"}, {}, "second");
  b.Pair("z", 0.5f, 128);
  b.Node("MatMul", {"x_dq", "w_dq"}, {"y2"}, {}, "third");
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"DequantizeLinear", "MatMulIntegerToFloat", "QLinearMatMul",
                                        "QLinearMatMul", "QuantizeLinear", "Transpose"}));
  EXPECT_LE(StepsApart(b.model(), {{"x", Random({5, 16}, 8, -2, 2)}}, 0.5), 2.001);
}

TEST(LowerQdqMatMul, GemmWithBias) {
  for (bool quantized : {true, false}) {
    QdqBuilder b;
    b.Input("x", DType::kFloat, {4, 6}).Output(quantized ? "y_dq" : "y");
    b.Pair("x", 0.02f, 120);
    b.Weight("w", RandomBytes(DType::kInt8, {3, 6}, 9), {.01f, .02f, .005f}, 0);
    b.Weight("c", I32({3}, {1000, -500, 7}), {.0002f, .0004f, .0001f}, 0);
    b.Node("Gemm", {"x_dq", "w_dq", "c_dq"}, {"y"}, {{"transB", 1}}, "gemm");
    if (quantized) b.Pair("y", 0.05f, 100);
    const Ops ops = LoweredOps(b.model());
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "QGemm"), 1);
    EXPECT_EQ(ops.size(), quantized ? 3u : 2u);
    EXPECT_LE(StepsApart(b.model(), {{"x", Random({4, 6}, 10, -2, 2)}}, quantized ? 0.05 : 1e-5),
              1.001);
  }
}

TEST(LowerQdqMatMul, AGemmsCByRowIsNoBiasByColumn) {
  for (const bool by_row : {true, false}) {
    QdqBuilder b;
    b.Input("x", DType::kFloat, {3, 6}).Output("y_dq");
    b.Pair("x", 0.02f, 120);
    b.Weight("w", RandomBytes(DType::kInt8, {3, 6}, 9), {.01f, .02f, .005f}, 0);
    b.Weight("c", I32(by_row ? Shape{3, 1} : Shape{1, 3}, {5000, -5000, 7}), {.0002f});
    b.Node("Gemm", {"x_dq", "w_dq", "c_dq"}, {"y"}, {{"transB", 1}}, "gemm");
    b.Pair("y", 0.05f, 100);
    const Ops ops = LoweredOps(b.model());
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "QGemm"), by_row ? 0 : 1);
    EXPECT_LE(StepsApart(b.model(), {{"x", Random({3, 6}, 10, -1, 1)}}, 0.05), 1.001);
  }
}

TEST(LowerQdqMatMul, ADequantizeToFloat16IsNoPattern) {
  QdqBuilder b(23);
  b.Input("x", DType::kFloat, {2, 3}).Output("y");
  b.Pair("x", 0.02f, 120);
  b.Initializer("w_q", RandomBytes(DType::kInt8, {3, 2}, 29)).Initializer("w_z", I8({}, {0}));
  b.Initializer("w_s", F32({}, {0.01f}));
  const Attr half("output_dtype", static_cast<int64_t>(DType::kFloat16));
  b.Node("DequantizeLinear", {"x_q", "x_s", "x_z"}, {"x_half"}, {half});
  b.Node("DequantizeLinear", {"w_q", "w_s", "w_z"}, {"w_half"}, {half});
  b.Node("MatMul", {"x_half", "w_half"}, {"y"});
  const Ops ops = LoweredOps(b.model());
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "MatMul"), 1);
  Session session(b.model());
  EXPECT_EQ(session.Run({{"x", Random({2, 3}, 30)}})["y"].dtype(), DType::kFloat16);
}

// Sub and Div have the float graph's order of operations; Add and Mul have ONNX Runtime's, which
// may round to the neighbour.
TEST(LowerQdqElementwise, ArithmeticBroadcasts) {
  for (const char* op : {"Add", "Sub", "Mul", "Div"}) {
    QdqBuilder b;
    b.Input("x", DType::kFloat, {2, 3, 5}).Input("u", DType::kFloat, {3, 1}).Output("y_dq");
    b.Pair("x", 0.02f, 120);
    b.Pair("u", 0.03f, 3, DType::kInt8);
    b.Node(op, {"x_dq", "u_dq"}, {"y"}, {}, "op");
    b.Pair("y", 0.04f, 99);
    EXPECT_EQ(LoweredOps(b.model()), (Ops{"DequantizeLinear", std::string("QLinear") + op,
                                          "QuantizeLinear", "QuantizeLinear"}));
    const bool same = std::string(op) == "Sub" || std::string(op) == "Div";
    EXPECT_LE(
        StepsApart(b.model(),
                   {{"x", Random({2, 3, 5}, 11, -2, 2)}, {"u", Random({3, 1}, 12, 1, 2)}}, 0.04),
        same ? 0 : 1.001);
  }
}

TEST(LowerQdqElementwise, AFunctionOfOneElementIsATable) {
  for (const char* op : {"Sigmoid", "HardSwish", "Tanh", "LeakyRelu", "Exp"}) {
    QdqBuilder b;
    b.Input("x", DType::kFloat, {300}).Output("y_dq");
    b.Pair("x", 0.02f, 120);
    b.Node(op, {"x_dq"}, {"y"}, {}, "op");
    b.Pair("y", 0.01f, 4, DType::kInt8);
    EXPECT_EQ(LoweredOps(b.model()), (Ops{"DequantizeLinear", "Lookup", "QuantizeLinear"}));
    EXPECT_EQ(StepsApart(b.model(), {{"x", Random({300}, 13, -3, 3)}}, 1), 0) << op;
  }
}

TEST(FoldLookup, SigmoidTimesItsArgumentIsOneTable) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {300}).Output("y_dq");
  b.Pair("x", 0.02f, 120);
  b.Node("Sigmoid", {"x_dq"}, {"s"}, {}, "sigmoid");
  b.Pair("s", 1 / 256.f, 0);
  b.Node("Mul", {"x_dq", "s_dq"}, {"y"}, {}, "mul");
  b.Pair("y", 0.015f, 30);
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"DequantizeLinear", "Lookup", "QuantizeLinear"}));
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({300}, 14, -3, 3)}}, 1), 0);
}

// The product rounds in the order of operations of QLinearMul, not in that of a float graph.
TEST(FoldLookup, OperatorsOfAFileBecomeTheTableThatTheyMake) {
  for (const DType dtype : {DType::kUint8, DType::kInt8}) {
    const bool is_signed = dtype == DType::kInt8;
    GraphBuilder b;
    b.Opset("com.microsoft", 1);
    b.Input("x", dtype, {256}).Output("y").Output("l");
    const auto point = [&](const std::string& name, float scale, int zero) {
      Tensor code(dtype, {});
      code.mutable_raw()[0] = static_cast<std::byte>(is_signed ? zero - 128 : zero);
      b.Initializer(name + "_s", F32({}, {scale})).Initializer(name + "_z", code);
    };
    point("x", 0.047f, 131);
    point("s", 1 / 255.f, 0);
    point("y", 0.0263f, 11);
    b.Node("QLinearSigmoid", {"x", "x_s", "x_z", "s_s", "s_z"}, {"s"}, {}, "sigmoid",
           "com.microsoft");
    b.Node("QLinearMul", {"x", "x_s", "x_z", "s", "s_s", "s_z", "y_s", "y_z"}, {"y"}, {}, "mul",
           "com.microsoft");
    b.Node("QLinearLeakyRelu", {"x", "x_s", "x_z", "y_s", "y_z"}, {"l"}, {{"alpha", 0.3f}}, "leaky",
           "com.microsoft");
    EXPECT_EQ(LoweredOps(b.model()), (Ops{"Lookup", "Lookup"}));
    Tensor x(dtype, {256});
    for (size_t i = 0; i < 256; ++i) x.mutable_raw()[i] = static_cast<std::byte>(i);
    EXPECT_EQ(StepsApart(b.model(), {{"x", x}}, 1), 0);
  }
}

TEST(SinkDequantize, MovesRunOnBytesAndEqualPairsVanish) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {1, 4, 6, 6}).Output("t_dq");
  b.Initializer("shape", I64({2}, {1, -1}));
  b.Pair("x", 0.02f, 120);
  b.Node("MaxPool", {"x_dq"}, {"p"}, {{"kernel_shape", std::vector<int64_t>{2, 2}}}, "pool");
  b.Node("Reshape", {"p", "shape"}, {"r"}, {}, "reshape");
  b.Pair("r", 0.02f, 120);
  b.Node("Transpose", {"r_dq"}, {"t"}, {}, "transpose");
  b.Pair("t", 0.04f, 100);
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"DequantizeLinear", "Lookup", "MaxPool", "QuantizeLinear",
                                        "Reshape", "Transpose"}));
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({1, 4, 6, 6}, 15, -2, 2)}}, 1), 0);
}

TEST(SinkDequantize, AResizeThatMakesUpValuesStaysAbove) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {1, 1, 4, 4}).Output("y_dq");
  b.Initializer("roi", F32({8}, {0, 0, .25f, .25f, 1, 1, 1.5f, .75f}));
  b.Initializer("sizes", I64({4}, {1, 1, 3, 3}));
  b.Pair("x", 0.02f, 120);
  b.Node("Resize", {"x_dq", "roi", "", "sizes"}, {"y"},
         {{"coordinate_transformation_mode", "tf_crop_and_resize"},
          {"extrapolation_value", 1.5f},
          {"mode", "nearest"}},
         "resize");
  b.Pair("y", 0.02f, 120);
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({1, 1, 4, 4}, 28, -2, 2)}}, 1), 0);
}

TEST(LowerQdqConcat, BringsInputsToOneScale) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {2, 3}).Input("u", DType::kFloat, {2, 2}).Output("y_dq");
  b.Pair("x", 0.02f, 120);
  b.Pair("u", 0.03f, 10);
  b.Node("Concat", {"x_dq", "u_dq"}, {"y"}, {{"axis", 1}}, "concat");
  b.Pair("y", 0.02f, 120);
  EXPECT_EQ(LoweredOps(b.model()),
            (Ops{"DequantizeLinear", "LookupConcat", "QuantizeLinear", "QuantizeLinear"}));
  EXPECT_EQ(
      StepsApart(b.model(), {{"x", Random({2, 3}, 16, -2, 2)}, {"u", Random({2, 2}, 17, 0, 3)}}, 1),
      0);
}

// A table goes into joining unless somebody else needs its result and it would be copied.
TEST(FoldLookup, JoiningAppliesTheTablesOfItsParts) {
  for (const bool shared : {false, true}) {
    for (const bool same_scale : {false, true}) {
      SCOPED_TRACE(::testing::Message() << "shared " << shared << ", same scale " << same_scale);
      QdqBuilder b;
      b.Input("x", DType::kFloat, {2, 3, 20}).Output("y_dq");
      b.Pair("x", 0.02f, 120);
      b.Node("Sigmoid", {"x_dq"}, {"s"}, {}, "sigmoid");
      b.Pair("s", 0.004f, 3);
      if (shared) {
        b.Output("m");
        b.Node("Softmax", {"s_dq"}, {"m"}, {}, "other");
      }
      b.Node("Concat", {"x_dq", "s_dq"}, {"y"}, {{"axis", -1}}, "concat");
      b.Pair("y", same_scale ? 0.004f : 0.01f, same_scale ? 3 : 60);
      const Ops ops = LoweredOps(b.model());
      EXPECT_EQ(std::count(ops.begin(), ops.end(), "LookupConcat"), 1);
      EXPECT_EQ(std::count(ops.begin(), ops.end(), "Lookup"), shared ? 1 : 0);
      EXPECT_EQ(StepsApart(b.model(), {{"x", Random({2, 3, 20}, 18, -2, 2)}}, 1), 0);
    }
  }
}

// One product and one sum by channel: now and then the neighbour of what is rounded on the way.
TEST(LowerQdqBatchNormalization, IsWithinAStepOfTheFloatOperators) {
  for (const bool signed_bytes : {false, true}) {
    for (const bool convolved : {false, true}) {
      for (const char* activation : {"", "Relu", "Clip"}) {
        QdqBuilder b;
        b.Input("x", DType::kFloat, {2, 20, 5, 6}).Output("y_dq");
        const DType dtype = signed_bytes ? DType::kInt8 : DType::kUint8;
        b.Pair("x", 0.02f, signed_bytes ? -8 : 120, dtype);
        std::string in = "x_dq";
        if (convolved) {
          b.Weight("w", RandomBytes(DType::kInt8, {20, 20, 1, 1}, 30), {0.001f});
          b.Node("Conv", {"x_dq", "w_dq"}, {"c"}, {}, "conv");
          b.Pair("c", 0.01f, signed_bytes ? 0 : 128, dtype);
          in = "c_dq";
        }
        b.Initializer("s", Random({20}, 31, -2, 2)).Initializer("o", Random({20}, 32));
        b.Weight("m", RandomBytes(DType::kInt8, {20}, 33), {0.01f});
        b.Initializer("v", Random({20}, 34, 0.5f, 2));
        b.Initializer("six", F32({}, {1.0f})).Initializer("zero", F32({}, {-0.25f}));
        b.Node("BatchNormalization", {in, "s", "o", "m_dq", "v"}, {"n"}, {{"epsilon", 1e-3f}}, "n");
        std::string out = "n";
        if (*activation != 0) {
          const bool clip = activation == std::string("Clip");
          b.Node(activation, clip ? Ops{"n", "zero", "six"} : Ops{"n"}, {"a"}, {}, "a");
          out = "a";
        }
        b.Node("Identity", {out}, {"y"}, {}, "identity");
        b.Pair("y", 0.02f, signed_bytes ? -100 : 20, dtype);
        const Ops ops = LoweredOps(b.model());
        EXPECT_EQ(std::count(ops.begin(), ops.end(), "QLinearBatchNormalization"), 1);
        EXPECT_LE(StepsApart(b.model(), {{"x", Random({2, 20, 5, 6}, 35, -2, 2)}}, 0.02), 1.001);
      }
    }
  }
}

TEST(LowerQdqBatchNormalization, TrainingAndParametersOfTheCallerStay) {
  for (const bool training : {false, true}) {
    QdqBuilder b;
    b.Input("x", DType::kFloat, {2, 3, 4, 4}).Output("y_dq");
    b.Pair("x", 0.02f, 120);
    if (!training) b.Input("s", DType::kFloat, {3});
    if (training) b.Initializer("s", Random({3}, 36));
    b.Initializer("o", Random({3}, 37)).Initializer("m", Random({3}, 38));
    b.Initializer("v", Random({3}, 39, 0.5f, 2));
    b.Node("BatchNormalization", {"x_dq", "s", "o", "m", "v"}, {"y"},
           {{"training_mode", training ? 1 : 0}}, "n");
    b.Pair("y", 0.02f, 20);
    TensorMap feeds = {{"x", Random({2, 3, 4, 4}, 40, -2, 2)}};
    if (!training) feeds["s"] = Random({3}, 36);
    const Ops ops = LoweredOps(b.model());
    EXPECT_EQ(std::count(ops.begin(), ops.end(), "QLinearBatchNormalization"), 0);
    EXPECT_EQ(StepsApart(b.model(), feeds, 1), 0);
  }
}

TEST(LowerQdqPool, AveragesWithTheSameBits) {
  for (bool global : {true, false}) {
    QdqBuilder b;
    b.Input("x", DType::kFloat, {2, 3, 7, 7}).Output("y_dq");
    b.Pair("x", 0.02f, 120);
    std::vector<Attr> attrs;
    if (!global) attrs.emplace_back("kernel_shape", std::vector<int64_t>{2, 3});
    b.Node(global ? "GlobalAveragePool" : "AveragePool", {"x_dq"}, {"y"}, attrs, "pool");
    b.Pair("y", 0.01f, 90);
    const Ops ops = LoweredOps(b.model());
    EXPECT_EQ(ops,
              (Ops{"DequantizeLinear", global ? "QLinearGlobalAveragePool" : "QLinearAveragePool",
                   "QuantizeLinear"}));
    EXPECT_EQ(StepsApart(b.model(), {{"x", Random({2, 3, 7, 7}, 18, -2, 2)}}, 1), 0);
  }
}

// x -> DynamicQuantizeLinear -> integer product -> Cast -> Mul -> Add, as ONNX Runtime's dynamic
// quantizer writes it.
void AddDynamic(GraphBuilder& b, const std::string& op, const Tensor& weights,
                const std::string& bias) {
  b.Initializer("w_q", weights).Initializer("w_s", F32({}, {0.02f}));
  b.Initializer("w_z", I8({}, {0}));
  b.Node("DynamicQuantizeLinear", {"x"}, {"x_q", "x_s", "x_z"}, {}, "dynamic");
  b.Node("Mul", {"x_s", "w_s"}, {"s"}, {}, "scales");
  b.Node(op, {"x_q", "w_q", "x_z", "w_z"}, {"i"}, {}, "product");
  b.Node("Cast", {"i"}, {"f"}, {{"to", 1}}, "cast");
  b.Node("Mul", {"f", "s"}, {bias.empty() ? "y" : "m"}, {}, "mul");
  if (!bias.empty()) b.Node("Add", {"m", bias}, {"y"}, {}, "add");
}

TEST(FuseClamp, AConvLimitsItsOwnResults) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {1, 2, 4, 4}).Output("y");
  b.Initializer("w", Random({3, 2, 3, 3}, 26)).Initializer("low", F32({}, {-0.5f}));
  b.Node("Conv", {"x", "w"}, {"c"}, {}, "conv").Node("Clip", {"c", "low"}, {"d"}, {}, "clip");
  b.Node("Relu", {"d"}, {"y"}, {}, "relu");
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"ClampedConv", "Relu"}));
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({1, 2, 4, 4}, 27)}}, 1), 0);
}

TEST(LowerDynamicMatMul, OneOperatorWithTheSameBits) {
  for (bool bias : {true, false}) {
    GraphBuilder b;
    b.Input("x", DType::kFloat, {2, 3, 8}).Output("y");
    b.Initializer("b", F32({5}, {1, 2, 3, 4, 5}));
    AddDynamic(b, "MatMulInteger", RandomBytes(DType::kInt8, {8, 5}, 19), bias ? "b" : "");
    EXPECT_EQ(LoweredOps(b.model()), (Ops{"DynamicQuantizeLinear", "MatMulIntegerToFloat"}));
    EXPECT_EQ(StepsApart(b.model(), {{"x", Random({2, 3, 8}, 20, -2, 2)}}, 1), 0);
  }
}

TEST(LowerDynamicMatMul, AResidualAddIsNoBias) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {3, 5}).Output("y");
  AddDynamic(b, "MatMulInteger", RandomBytes(DType::kInt8, {5, 5}, 21), "x");
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"Add", "DynamicQuantizeLinear", "MatMulIntegerToFloat"}));
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({3, 5}, 22, -2, 2)}}, 1), 0);
}

TEST(LowerDynamicConv, OneOperatorWithTheSameBits) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {1, 3, 6, 6}).Output("y");
  b.Initializer("b", F32({4}, {1, 2, 3, 4})).Initializer("shape", I64({4}, {1, -1, 1, 1}));
  b.Node("Reshape", {"b", "shape"}, {"b4"}, {}, "reshape");
  AddDynamic(b, "ConvInteger", RandomBytes(DType::kInt8, {4, 3, 3, 3}, 23), "b4");
  EXPECT_EQ(LoweredOps(b.model()),
            (Ops{"ConvIntegerToFloat", "DynamicQuantizeLinear", "Mul", "Transpose", "Transpose"}));
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({1, 3, 6, 6}, 24, -2, 2)}}, 1), 0);
}

// Two dynamic convolutions with something between them; `also` is one more output of the graph.
Model TwoDynamicConvs(const std::string& between, const std::string& also = "") {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {1, 8, 6, 6}).Output("second_y");
  if (!also.empty()) b.Output(also);
  b.Initializer("w_s", F32({}, {0.02f})).Initializer("w_z", I8({}, {0}));
  b.Initializer("w_q", RandomBytes(DType::kInt8, {8, 8, 3, 3}, 28));
  const auto conv = [&](const std::string& x, const std::string& name) {
    const auto part = [&](const char* text) { return name + text; };
    b.Node("DynamicQuantizeLinear", {x}, {part("_q"), part("_s"), part("_z")}, {}, part("_Q"));
    b.Node("Mul", {part("_s"), "w_s"}, {part("_scale")}, {}, part("_scales"));
    b.Node("ConvInteger", {part("_q"), "w_q", part("_z"), "w_z"}, {part("_i")}, {}, part("_conv"));
    b.Node("Cast", {part("_i")}, {part("_f")}, {{"to", 1}}, part("_cast"));
    b.Node("Mul", {part("_f"), part("_scale")}, {part("_y")}, {}, part("_mul"));
  };
  conv("x", "first");
  if (!between.empty()) b.Node(between, {"first_y"}, {"a"}, {}, "between");
  conv(between.empty() ? "first_y" : "a", "second");
  return b.model();
}

TEST(ShareRange, ADynamicConvLimitsItsResultsAndFindsTheirRange) {
  const TensorMap inputs = {{"x", Random({1, 8, 6, 6}, 29, -2, 2)}};
  for (const std::string between : {"", "Relu"}) {
    const Model model = TwoDynamicConvs(between);
    EXPECT_EQ(LoweredOps(model),
              (Ops{"ConvIntegerToFloat", "ConvIntegerToFloat", "DynamicQuantizeInRange",
                   "DynamicQuantizeLinear", "Mul", "Mul", "Transpose", "Transpose"}))
        << between;
    EXPECT_EQ(StepsApart(model, inputs, 1), 0) << between;
  }
}

TEST(ShareRange, WhatIsReadBeforeTheReluStaysAsItIs) {
  const Model model = TwoDynamicConvs("Relu", "first_y");
  const Ops ops = LoweredOps(model);
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "Relu"), 1);
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "DynamicQuantizeInRange"), 0);
  EXPECT_EQ(StepsApart(model, {{"x", Random({1, 8, 6, 6}, 30, -2, 2)}}, 1), 0);
}

TEST(ShareRange, AResultThatIsAnOutputIsQuantizedAllTheSame) {
  const Model model = TwoDynamicConvs("", "first_y");
  const Ops ops = LoweredOps(model);
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "DynamicQuantizeInRange"), 1);
  EXPECT_EQ(StepsApart(model, {{"x", Random({1, 8, 6, 6}, 31, -2, 2)}}, 1), 0);
}

TEST(Lower, KeepsTheGraphsOutputsAndWhatItCannotRewrite) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2, 2}).Output("same").Output("q").Output("t");
  b.Initializer("s", F32({}, {0.1f})).Initializer("z", U8({}, {3}));
  b.Node("Identity", {"x"}, {"same"});
  b.Node("QuantizeLinear", {"x", "s", "z"}, {"q"});
  b.Node("DequantizeLinear", {"q", "s", "z"}, {"d"});
  b.Node("QuantizeLinear", {"d", "s", "z"}, {"again"});
  b.Node("Transpose", {"again"}, {"t"});
  EXPECT_EQ(LoweredOps(b.model()), (Ops{"Identity", "QuantizeLinear", "Transpose"}));
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({2, 2}, 25)}}, 1), 0);
}

// What becomes of a Dropout at `opset` between the dequantized x and its quantized result.
Ops OpsAroundDropout(int64_t opset, const std::vector<std::string>& inputs, bool with_mask = false,
                     const Tensor& training = Bools({}, {false})) {
  GraphBuilder b(opset);
  b.Input("q", DType::kUint8, {2, 3}).Output("y");
  b.Initializer("s", F32({}, {0.1f})).Initializer("z", U8({}, {3}));
  b.Initializer("ratio", F32({}, {0.5f})).Initializer("training", training);
  if (opset >= 12) b.Input("fed", DType::kBool, {});
  b.Node("DequantizeLinear", {"q", "s", "z"}, {"d"});
  b.Node("Dropout", inputs,
         with_mask ? std::vector<std::string>{"r", "mask"} : std::vector<std::string>{"r"});
  b.Node("QuantizeLinear", {"r", "s", "z"}, {"again"});
  b.Node("Transpose", {"again"}, {"y"});
  if (with_mask) b.Output("mask");
  return LoweredOps(b.model());
}

TEST(Lower, ADropoutThatDoesNotTrainGoes) {
  EXPECT_EQ(OpsAroundDropout(11, {"d"}), Ops{"Transpose"});
  EXPECT_EQ(OpsAroundDropout(13, {"d"}), Ops{"Transpose"});
  EXPECT_EQ(OpsAroundDropout(13, {"d", "ratio", "training"}), Ops{"Transpose"});
  const Ops all = {"DequantizeLinear", "Dropout", "QuantizeLinear", "Transpose"};
  EXPECT_EQ(OpsAroundDropout(13, {"d", "ratio", "fed"}), all);
  EXPECT_EQ(OpsAroundDropout(13, {"d", "ratio", "training"}, false, Bools({}, {true})), all);
  EXPECT_EQ(OpsAroundDropout(13, {"d"}, true), all);
}

TEST(Lower, AScaleThatTheCallerMayFeedIsNoConstant) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {4}).Input("y_s", DType::kFloat, {}).Output("y_dq");
  b.Pair("x", 0.02f, 120);
  b.Node("Sigmoid", {"x_dq"}, {"y"}, {}, "op");
  b.Pair("y", 0.01f, 4, DType::kInt8);
  const Ops ops = LoweredOps(b.model());
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "Sigmoid"), 1);
}

}  // namespace
}  // namespace quantab
