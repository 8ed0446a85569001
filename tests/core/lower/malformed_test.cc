// Files that are wrong, or that use what is not theirs: lowering reads past the end of no node.
#include <array>

#include "tests/core/lower/lower_test.h"

namespace quantab {
namespace {

// All that a pass looks for.
constexpr std::array<const char*, 32> kLookedFor = {"Add",       "AveragePool",
                                                    "Cast",      "Clip",
                                                    "Concat",    "Constant",
                                                    "Conv",      "ConvInteger",
                                                    "Div",       "DequantizeLinear",
                                                    "Expand",    "Flatten",
                                                    "Gather",    "Gemm",
                                                    "Identity",  "DynamicQuantizeLinear",
                                                    "MatMul",    "GlobalAveragePool",
                                                    "MaxPool",   "MatMulInteger",
                                                    "Mul",       "QuantizeLinear",
                                                    "Relu",      "Reshape",
                                                    "Resize",    "Sigmoid",
                                                    "Slice",     "Squeeze",
                                                    "Sub",       "Transpose",
                                                    "Unsqueeze", "Tile"};

// `node` between DequantizeLinear and QuantizeLinear, with the first so many of its inputs and
// outputs.
Model Between(const std::string& op, int inputs, int outputs, const std::string& domain) {
  QdqBuilder b;
  b.Opset("com.microsoft", 1);
  b.Input("x", DType::kFloat, {1, 1, 2, 2}).Output(outputs > 0 ? "y_dq" : "x_dq");
  b.Pair("x", 0.02f, 120);
  b.Weight("w", RandomBytes(DType::kInt8, {1, 1, 2, 2}, 1), {0.01f});
  const std::vector<std::string> all = {"x_dq", "w_dq", "x_dq"};
  const std::vector<std::string> made = {"y", "y2"};
  b.Node(op, {all.begin(), all.begin() + inputs}, {made.begin(), made.begin() + outputs}, {},
         "broken", domain);
  b.Node("Identity", {"x_dq"}, {"more"});
  b.Node(op, {"more"}, {}, {}, "without outputs", domain);
  if (outputs > 0) b.Pair("y", 0.02f, 120);
  return b.model();
}

TEST(LowerMalformed, AnyNumberOfInputsAndOutputsIsAnErrorAtMost) {
  const auto run = [](const std::string& op, const std::string& domain) {
    for (int inputs = 0; inputs <= 3; ++inputs) {
      for (int outputs = 0; outputs <= 2; ++outputs) {
        SCOPED_TRACE(op + " with " + std::to_string(inputs) + " inputs and " +
                     std::to_string(outputs) + " outputs");
        try {
          Session session(Between(op, inputs, outputs, domain));
          session.Run({{"x", Random({1, 1, 2, 2}, 2)}});
        } catch (const Error& error) {
          EXPECT_FALSE(error.message().empty());
        }
      }
    }
  };
  for (const char* op : kLookedFor) run(op, "");
  for (const char* op : {"QLinearAdd", "QLinearMul", "QuantizeLinear", "DequantizeLinear"}) {
    run(op, "com.microsoft");
  }
  ExpectError(ErrorCode::kInvalidModel, "node 'broken' (Conv): input 1 is missing", [] {
    Session session(Between("Conv", 1, 1, ""));
    session.Run({{"x", Random({1, 1, 2, 2}, 2)}});
  });
}

TEST(LowerMalformed, AnIdentityOfNothingIsNamed) {
  ExpectError(ErrorCode::kInvalidModel, "node 'broken' (Identity): input 0 is missing", [] {
    Session session(Between("Identity", 0, 1, ""));
    session.Run({{"x", Random({1, 1, 2, 2}, 2)}});
  });
}

TEST(FoldLookup, AnOperatorThatFailsIsNamedByItsNode) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {4}).Output("y_dq");
  b.Pair("x", 0.02f, 120);
  b.Initializer("low", I64({}, {0}));
  b.Node("Clip", {"x_dq", "low"}, {"y"}, {}, "clip");
  b.Pair("y", 0.01f, 4);
  ExpectError(ErrorCode::kInvalidModel, "node 'clip'", [&] {
    Session session(b.model());
    session.Run({{"x", Random({4}, 3)}});
  });
}

TEST(FoldLookup, AFilesAttributeIsNotTakenForLowerings) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {300}).Output("y_dq");
  b.Pair("x", 0.02f, 120);
  b.Node("Sigmoid", {"x_dq"}, {"y"}, {{"op_type", "Exp"}, {"opset", 1}}, "op");
  b.Pair("y", 0.01f, 4);
  EXPECT_EQ(StepsApart(b.model(), {{"x", Random({300}, 6, -3, 3)}}, 1), 0);
}

TEST(FuseClamp, AFilesAttributeIsNotTakenForLowerings) {
  for (const bool adds : {false, true}) {
    GraphBuilder b;
    b.Input("x", DType::kFloat, {1, 2, 4, 4}).Output("y").Initializer("w", Random({3, 2, 3, 3}, 7));
    b.Input("z", DType::kFloat, {1, 3, 2, 2});
    b.Node("Conv", {"x", "w"}, {"c"}, {{"min", -9.0f}, {"max", -8.0f}}, "conv");
    if (adds) b.Node("Add", {"c", "z"}, {"s"}, {}, "add");
    b.Node("Relu", {adds ? "s" : "c"}, {"y"}, {}, "relu");
    EXPECT_EQ(LoweredOps(b.model()), Ops{"ClampedConv"});
    EXPECT_EQ(
        StepsApart(b.model(), {{"x", Random({1, 2, 4, 4}, 8)}, {"z", Random({1, 3, 2, 2}, 9)}}, 1),
        0);
  }
}

// A file's own QLinearAdd of a value and itself, which is one table where its inputs say so.
Model TwiceItself(const std::vector<std::string>& result) {
  GraphBuilder b;
  b.Opset("com.microsoft", 1);
  b.Input("x", DType::kUint8, {3}).Output("y");
  b.Initializer("s", F32({}, {0.5f})).Initializer("z", U8({}, {10})).Initializer("t", F32({}, {1}));
  std::vector<std::string> inputs = {"x", "s", "z", "x", "s", "z"};
  inputs.insert(inputs.end(), result.begin(), result.end());
  b.Node("QLinearAdd", inputs, {"y"}, {}, "add", "com.microsoft");
  return b.model();
}

TEST(FoldLookup, AQLinearAddWithoutTheLastZeroPointRuns) {
  for (const bool named : {true, false}) {
    Session session(
        TwiceItself(named ? std::vector<std::string>{"t", ""} : std::vector<std::string>{"t"}));
    ExpectTensor(session.Run({{"x", U8({3}, {10, 11, 255})}})["y"], U8({3}, {0, 1, 245}));
  }
  EXPECT_EQ(LoweredOps(TwiceItself({"t"})), Ops{"Lookup"});
  EXPECT_EQ(LoweredOps(TwiceItself({"t", "z"})), Ops{"Lookup"});
}

TEST(FoldLookup, AnotherDomainsQLinearAddIsItsOwn) {
  GraphBuilder b;
  b.Opset("example.com", 1);
  b.Input("x", DType::kUint8, {3}).Output("y");
  b.Node("QLinearAdd", {"x"}, {"y"}, {}, "add", "example.com");
  ExpectError(ErrorCode::kUnsupported, "'QLinearAdd' of domain 'example.com'",
              [&] { Session session(b.model()); });
}

TEST(LowerQdqConv, AZeroPointMayBeAListOfAConstantNode) {
  QdqBuilder b;
  b.Input("x", DType::kFloat, {1, 1, 2, 2}).Output("c");
  b.Pair("x", 0.02f, 120);
  b.Weight("w", RandomBytes(DType::kInt8, {1, 1, 1, 1}, 4), {0.01f});
  b.Initializer("b_q", I32({1}, {100})).Initializer("b_s", F32({}, {0.0002f}));
  b.Node("Constant", {}, {"b_z"}, {{"value_ints", std::vector<int64_t>{0}}});
  b.Node("DequantizeLinear", {"b_q", "b_s", "b_z"}, {"b_dq"});
  b.Node("Conv", {"x_dq", "w_dq", "b_dq"}, {"c"});
  Session session(b.model());
  EXPECT_EQ(session.Run({{"x", Random({1, 1, 2, 2}, 5)}})["c"].shape(), (Shape{1, 1, 2, 2}));
}

TEST(Lower, OperatorsOfLoweringAreNoFilesToUse) {
  GraphBuilder b;
  b.Opset(kLowerDomain, 1);
  b.Input("x", DType::kUint8, {1}).Initializer("table", U8({2}, {1, 2})).Output("y");
  b.Node("Lookup", {"x", "table"}, {"z"}, {}, "mine", kLowerDomain);
  b.Node("Lookup", {"z", "table"}, {"y"}, {}, "too", kLowerDomain);
  for (const bool lower : {true, false}) {
    SessionOptions options;
    options.lower = lower;
    ExpectError(ErrorCode::kUnsupported,
                "'Lookup' of domain 'quantab' opset 1 (nodes 'mine', 'too')",
                [&] { Session session(b.model(), options); });
  }
  EXPECT_EQ(FindUnsupported(b.model()).size(), 2U);
}

}  // namespace
}  // namespace quantab
