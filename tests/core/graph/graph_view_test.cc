#include "core/graph/graph_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/onnx/order.h"
#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

using onnx::AttributeProto;
using onnx::GraphProto;
using onnx::TensorProto;
using testing::ElementsAre;

// x -> a(Relu) -> b(Neg), c = If(x) with a branch that reads a's value; file order c, b, a.
GraphProto UnsortedGraph() {
  GraphProto graph;
  graph.set_name("g");
  *graph.add_input() = FloatValue("x", {2});
  *graph.add_input() = FloatValue("w", {2});
  *graph.add_output() = FloatValue("vb", {2});
  *graph.add_initializer() = RawTensor("w", TensorProto::FLOAT, {2}, "12345678");
  auto& branch = AddNode(graph, "If", {"x"}, {"vc"}, "c");
  auto* then = AddAttribute(branch, "then_branch", AttributeProto::GRAPH).mutable_g();
  AddNode(*then, "Add", {"va", "w"}, {"t"}, "inner");
  *then->add_output() = FloatValue("t", {2});
  AddNode(graph, "Neg", {"va", ""}, {"vb"}, "b");
  AddNode(graph, "Relu", {"x"}, {"va", ""}, "a");
  return graph;
}

TEST(GraphView, AnswersWhoMakesAndWhoReads) {
  const GraphProto graph = UnsortedGraph();
  const GraphView view(graph);
  EXPECT_EQ(view.Producer("va"), 2);
  EXPECT_EQ(view.Producer("x"), -1);
  EXPECT_EQ(view.Producer("t"), -1);
  EXPECT_EQ(view.Producer(""), -1);
  EXPECT_THAT(view.Consumers("va"), ElementsAre(0, 1));
  EXPECT_THAT(view.Consumers("w"), ElementsAre(0));
  EXPECT_THAT(view.Consumers("t"), ElementsAre());
  EXPECT_NE(view.Initializer("w"), nullptr);
  EXPECT_EQ(view.Initializer("x"), nullptr);
  ASSERT_EQ(view.RequiredInputs().size(), 1u);
  EXPECT_EQ(view.RequiredInputs()[0]->name(), "x");
  EXPECT_NE(view.Output("vb"), nullptr);
  EXPECT_EQ(view.TypeOfValue("w"), DType::kFloat);
  EXPECT_EQ(view.TypeOfValue("va"), DType::kUndefined);
}

TEST(GraphView, ReadsTwiceCountOnce) {
  GraphProto graph;
  *graph.add_input() = FloatValue("x", {2});
  AddNode(graph, "Mul", {"x", "x"}, {"y"});
  EXPECT_THAT(GraphView(graph).Consumers("x"), ElementsAre(0));
}

TEST(GraphView, OrdersProducersFirst) {
  const GraphProto graph = UnsortedGraph();
  EXPECT_THAT(GraphView(graph).TopologicalOrder(), ElementsAre(2, 0, 1));
}

TEST(GraphView, KeepsAValidOrder) {
  GraphProto graph;
  *graph.add_input() = FloatValue("x", {2});
  AddNode(graph, "Relu", {"x"}, {"a"});
  AddNode(graph, "Relu", {"x"}, {"b"});
  AddNode(graph, "Relu", {"a"}, {"c"});
  AddNode(graph, "Relu", {"b"}, {"d"});
  EXPECT_THAT(GraphView(graph).TopologicalOrder(), ElementsAre(0, 1, 2, 3));
}

TEST(GraphView, NamesCyclesAndMissingValues) {
  GraphProto graph;
  graph.set_name("g");
  AddNode(graph, "Relu", {"c"}, {"a"}, "first");
  AddNode(graph, "Relu", {"a"}, {"b"});
  AddNode(graph, "Relu", {"b"}, {"c"}, "third");
  AddNode(graph, "Relu", {"c"}, {"after"}, "not in it");
  EXPECT_EQ(ErrorOf([&] { GraphView(graph).TopologicalOrder(); }),
            "InvalidModel: Graph 'g': nodes 'first', '#1 (Relu)', 'third' form a cycle, so none of "
            "them can run. Export the model again.");
  graph.mutable_node(0)->set_input(0, "c2");
  EXPECT_EQ(
      ErrorOf([&] { GraphView(graph).TopologicalOrder(); }),
      "InvalidModel: Graph 'g': node 'first' reads value 'c2', which nothing makes. Export the "
      "model again.");
  EXPECT_THAT(GraphView(graph, GraphScope::kSubgraph).TopologicalOrder(), ElementsAre(0, 1, 2, 3));
  graph.mutable_node(1)->set_output(0, "a");
  EXPECT_EQ(
      ErrorOf([&] { GraphView view(graph); }),
      "InvalidModel: Graph 'g': nodes 'first' and '#1 (Relu)' both make value 'a'. Export the "
      "model again.");
}

TEST(GraphView, DeclaredValuesAreMadeByNoNode) {
  GraphProto graph = UnsortedGraph();
  graph.mutable_node(1)->set_output(0, "w");
  EXPECT_EQ(ErrorOf([&] { GraphView view(graph); }),
            "InvalidModel: Graph 'g': node 'b' makes value 'w', which is already an input. Export "
            "the model again.");
  graph.mutable_input()->RemoveLast();
  EXPECT_EQ(ErrorOf([&] { GraphView view(graph); }),
            "InvalidModel: Graph 'g': node 'b' makes value 'w', which is already an initializer. "
            "Export the model again.");
}

TEST(GraphView, OfSeveralInitializersTheLastCounts) {
  GraphProto graph = UnsortedGraph();
  *graph.add_initializer() = RawTensor("w", TensorProto::INT64, {1}, "12345678");
  const GraphView view(graph);
  EXPECT_EQ(view.Initializer("w"), &graph.initializer(1));
  EXPECT_EQ(view.TypeOfValue("w"), DType::kInt64);
}

TEST(GraphView, SparseInitializersAreNoInputsToGive) {
  GraphProto graph = UnsortedGraph();
  graph.clear_initializer();
  graph.add_sparse_initializer()->mutable_values()->set_name("w");
  const GraphView view(graph);
  EXPECT_TRUE(view.IsInitialized("w"));
  EXPECT_FALSE(view.IsInitialized("x"));
  ASSERT_EQ(view.RequiredInputs().size(), 1u);
  EXPECT_EQ(view.RequiredInputs()[0]->name(), "x");
}

// A message is made only when there is one to give.
TEST(Order, NothingIsToldWhenNothingIsWrong) {
  const GraphProto graph = UnsortedGraph();
  const auto given = [](std::string_view value) { return value == "x" || value == "w"; };
  const auto where = [] {
    ADD_FAILURE() << "asked";
    return std::string();
  };
  EXPECT_THAT(OrderNodes(graph.node(), given, where), ElementsAre(2, 0, 1));
}

TEST(GraphView, CapturedValuesComeFromOutside) {
  const GraphProto graph = UnsortedGraph();
  EXPECT_THAT(CapturedValues(graph.node(0)), ElementsAre("va", "w"));
  EXPECT_THAT(CapturedValues(graph.node(1)), ElementsAre());
}

TEST(GraphView, CapturesReachThroughSubgraphs) {
  GraphProto graph;
  auto& outer = AddNode(graph, "Loop", {}, {"o"});
  auto* body = AddAttribute(outer, "body", AttributeProto::GRAPH).mutable_g();
  *body->add_input() = FloatValue("i", {});
  auto& inner = AddNode(*body, "If", {"i"}, {"r"});
  auto& branches = AddAttribute(inner, "branches", AttributeProto::GRAPHS);
  AddNode(*branches.add_graphs(), "Add", {"i", "far"}, {"s"});
  // A branch may return an outer value as it is.
  *branches.mutable_graphs(0)->add_output() = FloatValue("direct", {});
  EXPECT_THAT(CapturedValues(graph.node(0)), ElementsAre("far", "direct"));
}

}  // namespace
}  // namespace quantab
