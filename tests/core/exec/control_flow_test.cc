// Graphs inside graphs: what they see, what they give, and what a malformed one leads to.
#include <gtest/gtest.h>

#include "core/exec/session.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

Tensor Flag(bool value) { return Bools({}, {value}); }

// y = condition ? x @ w : h, where h = x + x is made around the branches.
Model BranchModel() {
  GraphBuilder then_graph, else_graph, b;
  then_graph.Node("MatMul", {"x", "w"}, {"t"}).Output("t");
  else_graph.Node("Identity", {"h"}, {"e"}).Output("e");
  b.Input("x", DType::kFloat, {"n", 2}).Input("condition", DType::kBool, {});
  b.Initializer("w", F32({2, 2}, {1, 2, 3, 4}));
  b.Node("Add", {"x", "x"}, {"h"});
  b.Node("If", {"condition"}, {"y"},
         {Attr("then_branch", then_graph.graph()), Attr("else_branch", else_graph.graph())}, "if");
  b.Output("y", DType::kFloat);
  return b.model();
}

TEST(If, BranchesSeeValuesAndConstantsAroundThem) {
  Session session(BranchModel());
  const Tensor x = F32({1, 2}, {1, 10});
  for (int run = 0; run < 3; ++run) {
    ExpectTensor(session.Run({{"x", x}, {"condition", Flag(true)}})["y"], F32({1, 2}, {31, 42}));
    ExpectTensor(session.Run({{"x", x}, {"condition", Flag(false)}})["y"], F32({1, 2}, {2, 20}));
  }
}

TEST(If, CapturesReachThroughTwoGraphs) {
  GraphBuilder inner, inner_else, outer, outer_else, b;
  inner.Node("Mul", {"x", "c"}, {"i"}).Output("i");
  inner_else.Node("Neg", {"x"}, {"n"}).Output("n");
  outer.Node("If", {"second"}, {"o"},
             {Attr("then_branch", inner.graph()), Attr("else_branch", inner_else.graph())});
  outer.Output("o");
  outer_else.Node("Identity", {"x"}, {"o2"}).Output("o2");
  b.Input("x", DType::kFloat, {2}).Input("first", DType::kBool, {});
  b.Input("second", DType::kBool, {}).Initializer("c", F32({2}, {3, 4}));
  b.Node("If", {"first"}, {"y"},
         {Attr("then_branch", outer.graph()), Attr("else_branch", outer_else.graph())});
  b.Output("y", DType::kFloat);
  Session session(b.model());
  const auto run = [&](bool first, bool second) {
    return session.Run(
        {{"x", F32({2}, {1, 2})}, {"first", Flag(first)}, {"second", Flag(second)}})["y"];
  };
  ExpectTensor(run(true, true), F32({2}, {3, 8}));
  ExpectTensor(run(true, false), F32({2}, {-1, -2}));
  ExpectTensor(run(false, true), F32({2}, {1, 2}));
}

TEST(If, FeedingACapturedInitializerOverridesIt) {
  Model model = BranchModel();
  onnx::ValueInfoProto* input = model.proto.mutable_graph()->add_input();
  input->set_name("w");
  input->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  Session session(model);
  const Tensor x = F32({1, 2}, {1, 10});
  const Tensor w = F32({2, 2}, {0, 1, 1, 0});
  ExpectTensor(session.Run({{"x", x}, {"condition", Flag(true)}, {"w", w}})["y"],
               F32({1, 2}, {10, 1}));
  ExpectTensor(session.Run({{"x", x}, {"condition", Flag(true)}})["y"], F32({1, 2}, {31, 42}));
}

TEST(If, NamesAnUnsupportedOperatorInABranch) {
  Model model = BranchModel();
  onnx::GraphProto* branch =
      model.proto.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g();
  branch->mutable_node(0)->set_op_type("Nonsense");
  ExpectError(ErrorCode::kUnsupported, "Nonsense", [&] { Session session(model); });
  ASSERT_EQ(FindUnsupported(model).size(), 1U);
}

TEST(If, SaysWhatIsWrong) {
  Model model = BranchModel();
  onnx::NodeProto* node = model.proto.mutable_graph()->mutable_node(1);
  node->mutable_attribute(0)->set_name("nothing");
  Session session(model);
  ExpectError(ErrorCode::kInvalidModel, "then_branch",
              [&] { session.Run({{"x", F32({1, 2}, {1, 1})}, {"condition", Flag(true)}}); });
  Model two = BranchModel();
  two.proto.mutable_graph()->mutable_node(1)->add_output("z");
  Session other(two);
  ExpectError(ErrorCode::kInvalidModel, "gives 1 outputs, expected 2",
              [&] { other.Run({{"x", F32({1, 2}, {1, 1})}, {"condition", Flag(true)}}); });
}

// carried = Relu(carried) - 1 in place, as often as `trips` says; collects what was before.
Model LoopModel() {
  GraphBuilder body, b;
  body.Input("i", DType::kInt64, {}).Input("go", DType::kBool, {}).Input("v", DType::kFloat, {2});
  body.Node("Identity", {"go"}, {"go_on"}).Node("Relu", {"v"}, {"r"});
  body.Node("Sub", {"r", "one"}, {"next"}).Node("Identity", {"v"}, {"before"});
  body.Output("go_on", DType::kBool).Output("next", DType::kFloat).Output("before", DType::kFloat);
  body.graph()
      .mutable_output(2)
      ->mutable_type()
      ->mutable_tensor_type()
      ->mutable_shape()
      ->add_dim()
      ->set_dim_value(2);
  b.Input("trips", DType::kInt64, {}).Input("x", DType::kFloat, {2});
  b.Initializer("one", F32({}, {1}));
  b.Node("Add", {"x", "one"}, {"start"});
  b.Node("Loop", {"trips", "", "start"}, {"last", "all"}, {Attr("body", body.graph())}, "loop");
  b.Node("Identity", {"start"}, {"kept"});
  b.Output("last", DType::kFloat).Output("all", DType::kFloat).Output("kept", DType::kFloat);
  return b.model();
}

TEST(Loop, CarriesCollectsAndLeavesOuterValuesAlone) {
  Session session(LoopModel());
  for (int run = 0; run < 3; ++run) {
    TensorMap y = session.Run({{"trips", I64({}, {3})}, {"x", F32({2}, {0, 9})}});
    ExpectTensor(y["last"], F32({2}, {-1, 7}));
    ExpectTensor(y["all"], F32({3, 2}, {1, 10, 0, 9, -1, 8}));
    ExpectTensor(y["kept"], F32({2}, {1, 10}));
  }
}

TEST(Loop, WithoutTripsGivesWhatItWasGiven) {
  Session session(LoopModel());
  TensorMap y = session.Run({{"trips", I64({}, {0})}, {"x", F32({2}, {0, 9})}});
  ExpectTensor(y["last"], F32({2}, {1, 10}));
  ExpectTensor(y["all"], F32({0, 2}, {}));
}

TEST(Loop, MemoryDoesNotGrowWithTrips) {
  Session session(LoopModel());
  const auto peak = [&](int64_t trips) {
    session.Run({{"trips", I64({}, {trips})}, {"x", F32({2}, {0, 9})}});
    session.Run({{"trips", I64({}, {trips})}, {"x", F32({2}, {0, 9})}});
    return session.stats().peak_activation_bytes;
  };
  // What is collected takes its own 8 bytes in each trip, in a block of 64, and once more stacked.
  EXPECT_LE(peak(200), peak(2) + 200 * (64 + 16));
}

TEST(Loop, CanBeCancelled) {
  class CancelLater : public Monitor {
   public:
    bool Cancelled() override { return ++calls_ > 100; }

   private:
    int calls_ = 0;
  };
  Session session(LoopModel());
  CancelLater monitor;
  ExpectError(ErrorCode::kCancelled, "", [&] {
    session.Run({{"trips", I64({}, {INT64_MAX})}, {"x", F32({2}, {0, 9})}}, nullptr, &monitor);
  });
}

TEST(Scan, RunsBackwardsAndAlongAnotherAxis) {
  GraphBuilder body, b;
  body.Input("sum", DType::kFloat, {}).Input("v", DType::kFloat, {2});
  body.Node("ReduceSum", {"v"}, {"s"}, {Attr("keepdims", 0)}).Node("Add", {"sum", "s"}, {"next"});
  body.Node("Identity", {"next"}, {"seen"}).Output("next").Output("seen");
  b.Input("x", DType::kFloat, {2, 3}).Initializer("zero", F32({}, {0}));
  b.Node("Scan", {"zero", "x"}, {"total", "sums"},
         {Attr("body", body.graph()), Attr("num_scan_inputs", 1),
          Attr("scan_input_axes", std::vector<int64_t>{1}),
          Attr("scan_input_directions", std::vector<int64_t>{1}),
          Attr("scan_output_directions", std::vector<int64_t>{1})});
  b.Output("total").Output("sums");
  Session session(b.model());
  TensorMap y = session.Run({{"x", F32({2, 3}, {1, 2, 3, 10, 20, 30})}});
  ExpectTensor(y["total"], F32({}, {66}));
  ExpectTensor(y["sums"], F32({3}, {66, 55, 33}));
}

TEST(Session, GivesBackSequencesOnlyAsValues) {
  GraphBuilder b;
  b.Output("s");
  onnx::ValueInfoProto* input = b.graph().add_input();
  input->set_name("x");
  onnx::TypeProto* element = input->mutable_type()->mutable_sequence_type()->mutable_elem_type();
  element->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  b.Node("Identity", {"x"}, {"s"});
  Session session(b.model());
  const ValueMap y = session.RunValues({{"x", Sequence{F32({1}, {5})}}});
  ASSERT_NE(y.at("s").sequence(), nullptr);
  ExpectTensor(y.at("s").sequence()->at(0), F32({1}, {5}));
  ExpectError(ErrorCode::kInvalidArgument, "is a tensor, expected a sequence",
              [&] { session.Run({{"x", F32({1}, {5})}}); });
}

TEST(Session, RunsAnOperatorByItsFunctionBody) {
  // periodic and output_datatype are left to their defaults.
  ExpectTensor(OpTest("HannWindow", 17).Input(I64({}, {4})).RunOne(), F32({4}, {0, 0.5F, 1, 0.5F}),
               1e-6);
}

// y = Custom(Relu(x)), z = Relu(x) + 1, w = Neg(y)
Model CustomModel() {
  GraphBuilder b;
  b.Opset("my.domain", 1).Input("x", DType::kFloat, {2}).Initializer("one", F32({}, {1}));
  b.Node("Relu", {"x"}, {"r"}).Node("Custom", {"r"}, {"y"}, {}, "custom", "my.domain");
  b.Node("Add", {"r", "one"}, {"z"}).Node("Neg", {"y"}, {"w"});
  b.Output("y").Output("z").Output("w");
  return b.model();
}

TEST(Session, PartialRunsWhatDoesNotDependOnAnUnsupportedOperator) {
  ExpectError(ErrorCode::kUnsupported, "'Custom' of domain 'my.domain'",
              [&] { Session session(CustomModel()); });
  Session session(CustomModel(), {.partial = true});
  ASSERT_EQ(session.unsupported().size(), 1U);
  EXPECT_EQ(session.unsupported()[0].node, "custom");
  EXPECT_EQ(session.missing(), (std::vector<std::string>{"y", "w"}));
  EXPECT_EQ(session.outputs(), (std::vector<std::string>{"z"}));
  const TensorMap outputs = session.Run({{"x", F32({2}, {-1, 3})}});
  ASSERT_EQ(outputs.size(), 1U);
  ExpectTensor(outputs.at("z"), F32({2}, {1, 4}));
}

}  // namespace
}  // namespace quantab
