#include "core/exec/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

// Keeps a copy of everything it sees.
class Recorder : public Observer {
 public:
  explicit Recorder(std::vector<std::string> unwanted = {}) : unwanted_(std::move(unwanted)) {}
  bool Wants(const std::string& value) override {
    return std::find(unwanted_.begin(), unwanted_.end(), value) == unwanted_.end();
  }
  void OnTensor(const std::string& value, const Tensor& tensor) override {
    EXPECT_EQ(seen.count(value), 0U) << value << " was seen twice";
    seen[value] = tensor.Clone();
  }
  TensorMap seen;

 private:
  std::vector<std::string> unwanted_;
};

class CancelAt : public Monitor {
 public:
  explicit CancelAt(int calls) : calls_(calls) {}
  bool Cancelled() override { return --calls_ < 0; }
  void OnProgress(std::string_view stage, uint64_t done, uint64_t total) override {
    EXPECT_EQ(stage, "run");
    EXPECT_LE(done, total);
    last_done = done;
    last_total = total;
  }
  uint64_t last_done = 0;
  uint64_t last_total = 0;

 private:
  int calls_;
};

Model LinearModel() {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {"n", 2}).Initializer("w", F32({2, 2}, {1, 2, 3, 4}));
  b.Initializer("b", F32({2}, {10, 20}));
  b.Node("MatMul", {"x", "w"}, {"h"}).Node("Add", {"h", "b"}, {"y"}).Output("y", DType::kFloat);
  return b.model();
}

TEST(Session, RunsNodesInAnyFileOrder) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2});
  b.Node("Add", {"h", "c"}, {"y"}).Node("Mul", {"x", "x"}, {"h"});
  b.Node("Constant", {}, {"c"}, {Attr("value", F32({}, {1}))});
  b.Output("y");
  Session session(b.model());
  ExpectTensor(session.Run({{"x", F32({2}, {2, 3})}})["y"], F32({2}, {5, 10}));
}

TEST(Session, DescribesInputsAndOutputs) {
  Session session(LinearModel());
  ASSERT_EQ(session.inputs().size(), 1U);
  EXPECT_EQ(session.inputs()[0].name, "x");
  EXPECT_EQ(session.inputs()[0].dtype, DType::kFloat);
  EXPECT_EQ(session.inputs()[0].shape, (std::vector<std::string>{"n", "2"}));
  EXPECT_EQ(session.outputs(), std::vector<std::string>{"y"});
  // Two matrices' worth of constants: w (or what MatMul packs of it) and b.
  EXPECT_GE(session.stats().constant_bytes, 24U);
}

TEST(Session, TakesAnotherShapeInEachRun) {
  Session session(LinearModel());
  for (int64_t n : {1, 3, 1, 7, 3, 0, 2}) {
    const Tensor x = Iota({n, 2});
    Tensor expected(DType::kFloat, {n, 2});
    for (int64_t i = 0; i < n; ++i) {
      const float a = static_cast<float>(2 * i);
      const float b = a + 1;
      expected.mutable_data<float>()[2 * i] = a + 3 * b + 10;
      expected.mutable_data<float>()[2 * i + 1] = 2 * a + 4 * b + 20;
    }
    ExpectTensor(session.Run({{"x", x}})["y"], expected);
  }
}

TEST(Session, FeedingAnInitializerOverridesIt) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {1, 2}).Input("w", DType::kFloat, {2, 2});
  b.Initializer("w", F32({2, 2}, {1, 0, 0, 1}));
  b.Node("MatMul", {"x", "w"}, {"y"}).Output("y");
  Session session(b.model());
  ASSERT_EQ(session.inputs().size(), 1U);
  const Tensor x = F32({1, 2}, {5, 6});
  ExpectTensor(session.Run({{"x", x}})["y"], x);
  ExpectTensor(session.Run({{"x", x}, {"w", F32({2, 2}, {0, 1, 1, 0})}})["y"], F32({1, 2}, {6, 5}));
  ExpectTensor(session.Run({{"x", x}})["y"], x);
}

// Conv -> BatchNormalization of which every parameter may be fed, as files before IR version 4 have
// it.
TEST(Session, DefaultsOfInputsAreFoldedUntilTheyAreFed) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {1, 2, 3, 3}).Output("y");
  b.Initializer("w", Iota({2, 2, 1, 1})).Input("w", DType::kFloat, {2, 2, 1, 1});
  for (const char* name : {"scale", "offset", "mean", "variance"}) {
    b.Initializer(name, F32({2}, {2, 3})).Input(name, DType::kFloat, {2});
  }
  b.Node("Conv", {"x", "w"}, {"c"});
  b.Node("BatchNormalization", {"c", "scale", "offset", "mean", "variance"}, {"y"});
  const Model model = b.model();
  SessionOptions plain;
  plain.lower = false;
  Session session(model), as_written(model, plain);
  const TensorMap usual = {{"x", Iota({1, 2, 3, 3})}};
  TensorMap fed = usual;
  fed["offset"] = F32({2}, {-7, 100});
  fed["w"] = F32({2, 2, 1, 1}, {1, 0, 0, -1});
  ASSERT_EQ(session.inputs().size(), 1U);
  const uint64_t before = session.stats().constant_bytes;
  // The normalization's four vectors have become the convolution's bias.
  EXPECT_LT(before, as_written.stats().constant_bytes);
  // The order matters: back to the defaults, too.
  for (const TensorMap& inputs : {usual, fed, usual, fed}) {
    const Tensor expected = as_written.Run(inputs)["y"];
    const Tensor actual = session.Run(inputs)["y"];
    for (int64_t i = 0; i < expected.count(); ++i) {
      EXPECT_NEAR(actual.data<float>()[i], expected.data<float>()[i], 1e-4f) << i;
    }
  }
  EXPECT_GT(session.stats().constant_bytes, before);
  fed["offset"] = F32({3}, {1, 2, 3});
  EXPECT_THROW(session.Run(fed), Error);
}

TEST(Session, OutputsAreSafeToKeepAndToChange) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2}).Initializer("c", F32({2}, {7, 8}));
  b.Node("Identity", {"x"}, {"passed"}).Node("Identity", {"c"}, {"constant"});
  b.Node("Neg", {"x"}, {"made"}).Node("Reshape", {"made", "shape"}, {"view"});
  b.Initializer("shape", I64({2}, {1, 2}));
  for (const char* name : {"x", "passed", "c", "constant", "made", "view"}) b.Output(name);
  Session session(b.model());
  const Tensor x = F32({2}, {1, 2});
  TensorMap first = session.Run({{"x", x}});
  for (auto& [name, tensor] : first) {
    EXPECT_TRUE(tensor.unique()) << name;
    std::fill_n(tensor.mutable_data<float>(), 2, -1.0F);
  }
  ExpectTensor(x, F32({2}, {1, 2}));
  TensorMap second = session.Run({{"x", x}});
  ExpectTensor(first["made"], F32({2}, {-1, -1}));
  ExpectTensor(second["passed"], x);
  ExpectTensor(second["constant"], F32({2}, {7, 8}));
  ExpectTensor(second["made"], F32({2}, {-1, -2}));
  ExpectTensor(second["view"], F32({1, 2}, {-1, -2}));
}

TEST(Session, RunsNoNodeThatNobodyNeeds) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2});
  b.Node("Neg", {"x"}, {"y"}).Node("Neg", {"y"}, {"unused"}).Output("y");
  // Would fail if it ran.
  b.Initializer("bad", I64({1}, {5})).Node("Reshape", {"x", "bad"}, {"unused2"});
  Session session(b.model());
  Recorder recorder;
  session.Run({{"x", F32({2}, {1, 2})}}, &recorder);
  EXPECT_EQ(recorder.seen.size(), 2U);
  EXPECT_EQ(recorder.seen.count("unused"), 0U);
}

TEST(Session, ObserversSeeEveryValueAsItWasMade) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2});
  b.Node("Constant", {}, {"one"}, {Attr("value", F32({}, {1}))});
  b.Node("Add", {"x", "one"}, {"a"}).Node("Mul", {"a", "a"}, {"b"}).Node("Neg", {"b"}, {"c"});
  b.Node("Relu", {"c"}, {"d"}).Node("Add", {"d", "x"}, {"y"}).Output("y");
  Session session(b.model());
  for (int run = 0; run < 3; ++run) {
    Recorder recorder;
    session.Run({{"x", F32({2}, {1, 2})}}, &recorder);
    ASSERT_EQ(recorder.seen.size(), 7U);
    ExpectTensor(recorder.seen["x"], F32({2}, {1, 2}));
    ExpectTensor(recorder.seen["one"], F32({}, {1}));
    ExpectTensor(recorder.seen["a"], F32({2}, {2, 3}));
    ExpectTensor(recorder.seen["b"], F32({2}, {4, 9}));
    ExpectTensor(recorder.seen["c"], F32({2}, {-4, -9}));
    ExpectTensor(recorder.seen["d"], F32({2}, {0, 0}));
    ExpectTensor(recorder.seen["y"], F32({2}, {1, 2}));
  }
  Recorder some({"a", "x", "c"});
  session.Run({{"x", F32({2}, {1, 2})}}, &some);
  EXPECT_EQ(some.seen.size(), 4U);
}

TEST(Session, NamesEveryUnsupportedOperatorBeforeRunning) {
  GraphBuilder b;
  b.Opset("my.domain", 3);
  b.Input("x", DType::kFloat, {2});
  b.Node("Frobnicate", {"x"}, {"a"}, {}, "frob").Node("Neg", {"a"}, {"b"});
  b.Node("Special", {"b"}, {"y"}, {}, "", "my.domain").Output("y");
  const std::vector<UnsupportedNode> found = FindUnsupported(b.model());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].node, "frob");
  EXPECT_EQ(found[0].domain, "ai.onnx");
  EXPECT_EQ(found[0].opset, 17);
  EXPECT_EQ(found[1].op_type, "Special");
  EXPECT_EQ(found[1].domain, "my.domain");
  EXPECT_EQ(found[1].opset, 3);
  ExpectError(ErrorCode::kUnsupported, "'Frobnicate' of domain 'ai.onnx' opset 17 (node 'frob')",
              [&] { Session session(b.model()); });
  ExpectError(ErrorCode::kUnsupported, "'Special' of domain 'my.domain' opset 3",
              [&] { Session session(b.model()); });
}

TEST(Session, NamesEachUnsupportedOperatorOnce) {
  GraphBuilder b;
  b.Opset("my.domain", 1).Input("x", DType::kFloat, {1});
  std::string last = "x";
  for (int i = 0; i < 24; ++i) {
    const std::string name = std::to_string(i);
    b.Node(i < 12 ? "Same" : "Other" + name, {last}, {"h" + name}, {}, "n" + name, "my.domain");
    last = "h" + name;
  }
  b.Output(last);
  const std::string all = DescribeUnsupported(FindUnsupported(b.model()));
  EXPECT_TRUE(all.starts_with(
      "Unsupported operators: 'Same' of domain 'my.domain' opset 1 (nodes 'n0', 'n1', "))
      << all;
  EXPECT_NE(all.find(", 'n9' and 2 more), 'Other12' of domain"), std::string::npos) << all;
  EXPECT_TRUE(all.ends_with(", 'Other23' of domain 'my.domain' opset 1 (node 'n23')")) << all;
}

TEST(Session, RefusesACycle) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2});
  b.Node("Add", {"x", "b"}, {"a"}, {}, "first").Node("Neg", {"a"}, {"b"}, {}, "second").Output("b");
  ExpectError(ErrorCode::kInvalidModel, "first", [&] { Session session(b.model()); });
}

TEST(Session, RefusesAValueThatNothingMakes) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {2});
  b.Node("Add", {"x", "ghost"}, {"y"}, {}, "adder").Output("y");
  ExpectError(ErrorCode::kInvalidModel, "ghost", [&] { Session session(b.model()); });
  GraphBuilder c;
  c.Input("x", DType::kFloat, {2}).Output("ghost");
  ExpectError(ErrorCode::kInvalidModel, "ghost", [&] { Session session(c.model()); });
}

TEST(Session, SaysWhatASampleShouldBe) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {"n", 2}).Input("z", DType::kInt64, {"n", ""});
  b.Node("Cast", {"z"}, {"f"}, {Attr("to", 1)}).Node("Add", {"x", "f"}, {"y"}).Output("y");
  Session session(b.model());
  const Tensor x = F32({1, 2}, {1, 2});
  const Tensor z = I64({1, 2}, {1, 2});
  const auto fails = [&](const TensorMap& sample, const std::string& part) {
    ExpectError(ErrorCode::kInvalidArgument, part, [&] { session.Run(sample); });
    ExpectError(ErrorCode::kInvalidArgument, part, [&] { session.CheckInputs(sample); });
  };
  fails({{"x", x}}, "Input 'z' is missing; the model's inputs are 'x', 'z'.");
  fails({{"x", x}, {"z", z}, {"w", x}}, "Input 'w' is not an input of the model");
  fails({{"x", z}, {"z", z}}, "Input 'x' has type 'int64', expected 'float32'.");
  fails({{"x", F32({2}, {1, 2})}, {"z", z}}, "Input 'x' has shape [2], expected [n,2].");
  fails({{"x", F32({1, 3}, {1, 2, 3})}, {"z", z}}, "Input 'x' has shape [1,3], expected [n,2].");
  fails({{"x", x}, {"z", I64({2, 2}, {1, 2, 3, 4})}},
        "Input 'z' has shape [2,2], but dimension 'n' is 1 in input 'x'.");
  ExpectTensor(session.Run({{"x", x}, {"z", z}})["y"], F32({1, 2}, {2, 4}));
}

TEST(Session, SurvivesAFailedRun) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {"n"}).Input("i", DType::kInt64, {1});
  b.Node("Neg", {"x"}, {"a"}).Node("Gather", {"a", "i"}, {"y"}, {}, "pick").Output("y");
  Session session(b.model());
  const Tensor x = F32({3}, {1, 2, 3});
  const auto run = [&](int64_t i) { return session.Run({{"x", x}, {"i", I64({1}, {i})}})["y"]; };
  for (int round = 0; round < 3; ++round) {
    ExpectError(ErrorCode::kInvalidArgument, "node 'pick' (Gather): index 3", [&] { run(3); });
    ExpectTensor(run(2), F32({1}, {-3}));
  }
  try {
    run(-4);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.place().node, "pick");
  }
}

TEST(Session, UnnamedNodesAreNamedByTheirPlace) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {3}).Initializer("s", I64({1}, {2}));
  b.Node("Neg", {"x"}, {"a"}).Node("Reshape", {"a", "s"}, {"y"}).Output("y");
  Session session(b.model());
  ExpectError(ErrorCode::kInvalidModel, "node #1 (Reshape): input 0 has shape [3]",
              [&] { session.Run({{"x", F32({3}, {1, 2, 3})}}); });
}

TEST(Session, ReportsProgressAndCancels) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {1});
  std::string last = "x";
  for (int i = 0; i < 20; ++i) {
    b.Node("Neg", {last}, {"v" + std::to_string(i)});
    last = "v" + std::to_string(i);
  }
  b.Output(last);
  Session session(b.model());
  const TensorMap sample{{"x", F32({1}, {1})}};
  CancelAt never(1 << 30);
  session.Run(sample, nullptr, &never);
  EXPECT_EQ(never.last_done, 20U);
  EXPECT_EQ(never.last_total, 20U);
  CancelAt soon(10);
  ExpectError(ErrorCode::kCancelled, "Cancelled", [&] { session.Run(sample, nullptr, &soon); });
  EXPECT_LT(soon.last_done, 10U);
  ExpectTensor(session.Run(sample)[last], F32({1}, {1}));
}

TEST(Session, RunsLocalFunctions) {
  GraphBuilder b;
  b.Opset("local", 1);
  b.Input("x", DType::kFloat, {2}).Node("Twice", {"x"}, {"h"}, {}, "", "local");
  b.Node("Twice", {"h"}, {"y"}, {}, "", "local").Output("y", DType::kFloat);
  onnx::FunctionProto* function = b.model().proto.add_functions();
  function->set_name("Twice");
  function->set_domain("local");
  function->add_input("a");
  function->add_output("b");
  onnx::OperatorSetIdProto* opset = function->add_opset_import();
  opset->set_domain("");
  opset->set_version(17);
  onnx::NodeProto* add = function->add_node();
  add->set_op_type("Add");
  add->add_input("a");
  add->add_input("a");
  add->add_output("b");
  EXPECT_TRUE(FindUnsupported(b.model()).empty());
  Session session(b.model());
  ExpectTensor(session.Run({{"x", F32({2}, {1, 2})}})["y"], F32({2}, {4, 8}));
  EXPECT_EQ(b.model().proto.functions_size(), 1) << "the caller's model was changed";
}

TEST(Session, ZeroSizedTensorsAndScalars) {
  GraphBuilder b;
  b.Input("x", DType::kFloat, {"n"}).Input("s", DType::kFloat, {});
  b.Node("Add", {"x", "s"}, {"a"}).Node("Concat", {"a", "x"}, {"y"}, {Attr("axis", 0)});
  b.Node("Neg", {"s"}, {"z"}).Output("y").Output("z");
  Session session(b.model());
  TensorMap out = session.Run({{"x", F32({0}, {})}, {"s", F32({}, {3})}});
  ExpectTensor(out["y"], F32({0}, {}));
  ExpectTensor(out["z"], F32({}, {-3}));
}

}  // namespace
}  // namespace quantab
