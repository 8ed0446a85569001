// Operators on sequences and optionals. Expected values are worked by hand.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

using Ints = std::vector<int64_t>;

Tensor At(int64_t position) { return I64({}, {position}); }

// A graph whose first node makes the sequence s of x0, x1 and x2.
GraphBuilder SequenceGraph() {
  GraphBuilder b(17);
  for (const char* name : {"x0", "x1", "x2"}) b.Input(name, DType::kFloat, {""});
  b.Node("SequenceConstruct", {"x0", "x1", "x2"}, {"s"});
  return b;
}

const ValueMap& ThreeTensors() {
  static const ValueMap tensors = {
      {"x0", F32({1}, {0})}, {"x1", F32({2}, {1, 2})}, {"x2", F32({1}, {3})}};
  return tensors;
}

ValueMap RunGraph(GraphBuilder& b, const ValueMap& inputs = ThreeTensors()) {
  Session session(b.model());
  return session.RunValues(inputs);
}

void ExpectSequence(const Value& value, const std::vector<Tensor>& expected) {
  ASSERT_NE(value.sequence(), nullptr) << KindOf(value);
  ASSERT_EQ(value.sequence()->size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) ExpectTensor((*value.sequence())[i], expected[i]);
}

TEST(SequenceAt, CountsFromEitherEnd) {
  GraphBuilder b = SequenceGraph();
  b.Initializer("one", At(1)).Initializer("back", I32({1}, {-3}));
  b.Node("SequenceAt", {"s", "one"}, {"y"}).Node("SequenceAt", {"s", "back"}, {"z"});
  b.Node("SequenceLength", {"s"}, {"n"}).Output("y").Output("z").Output("n");
  ValueMap y = RunGraph(b);
  ExpectTensor(*y["y"].tensor(), F32({2}, {1, 2}));
  ExpectTensor(*y["z"].tensor(), F32({1}, {0}));
  ExpectTensor(*y["n"].tensor(), I64({}, {3}));
}

TEST(SequenceInsert, AtEachPlace) {
  const Tensor x0 = F32({1}, {0}), x1 = F32({2}, {1, 2}), x2 = F32({1}, {3});
  const std::vector<std::pair<int64_t, std::vector<Tensor>>> places = {
      {0, {x1, x0, x1, x2}}, {3, {x0, x1, x2, x1}}, {-3, {x1, x0, x1, x2}}, {-1, {x0, x1, x1, x2}}};
  for (const auto& [position, expected] : places) {
    GraphBuilder b = SequenceGraph();
    b.Initializer("at", At(position)).Node("SequenceInsert", {"s", "x1", "at"}, {"y"}).Output("y");
    ExpectSequence(RunGraph(b)["y"], expected);
  }
  GraphBuilder b = SequenceGraph();
  b.Node("SequenceInsert", {"s", "x0"}, {"y"}).Output("y");
  ExpectSequence(RunGraph(b)["y"], {x0, x1, x2, x0});
}

TEST(SequenceErase, AtEachPlaceAndUntilNothingIsLeft) {
  GraphBuilder b = SequenceGraph();
  b.Initializer("at", At(-2)).Node("SequenceErase", {"s", "at"}, {"y"});
  b.Node("SequenceErase", {"y"}, {"z"}).Node("SequenceErase", {"z"}, {"none"});
  b.Output("y").Output("z").Output("none");
  ValueMap y = RunGraph(b);
  ExpectSequence(y["y"], {F32({1}, {0}), F32({1}, {3})});
  ExpectSequence(y["z"], {F32({1}, {0})});
  ExpectSequence(y["none"], {});
}

TEST(Sequences, SayWhatIsWrong) {
  for (const char* op : {"SequenceAt", "SequenceErase"}) {
    for (int64_t position : {int64_t{3}, int64_t{-4}, std::numeric_limits<int64_t>::min()}) {
      GraphBuilder b = SequenceGraph();
      b.Initializer("at", At(position)).Node(op, {"s", "at"}, {"y"}).Output("y");
      ExpectError(ErrorCode::kInvalidArgument, "is outside a sequence of 3", [&] { RunGraph(b); });
    }
  }
  const auto run = [](const std::string& op, const std::vector<std::string>& inputs) {
    GraphBuilder b = SequenceGraph();
    b.Initializer("far", At(4)).Initializer("two", I64({2}, {0, 0}));
    b.Initializer("text", I64({1}, {0})).Node("SequenceEmpty", {}, {"none"});
    b.Node(op, inputs, {"y"}).Output("y");
    RunGraph(b);
  };
  ExpectError(ErrorCode::kInvalidArgument, "position 4 is outside a sequence of 4",
              [&] { run("SequenceInsert", {"s", "x0", "far"}); });
  ExpectError(ErrorCode::kInvalidModel, "the sequence's tensors have type 'float32'",
              [&] { run("SequenceInsert", {"s", "text"}); });
  ExpectError(ErrorCode::kInvalidModel, "has 2 elements, expected one",
              [&] { run("SequenceAt", {"s", "two"}); });
  ExpectError(ErrorCode::kInvalidModel, "types 'float32' and 'int64'",
              [&] { run("SequenceConstruct", {"x0", "text"}); });
  ExpectError(ErrorCode::kInvalidModel, "is a tensor, expected a sequence",
              [&] { run("SequenceLength", {"x0"}); });
  ExpectError(ErrorCode::kInvalidArgument, "outside a sequence of 0",
              [&] { run("SequenceErase", {"none"}); });
  GraphBuilder b(17);
  b.Node("SequenceEmpty", {}, {"y"}, {Attr("dtype", 99)}).Output("y");
  ExpectError(ErrorCode::kInvalidModel, "99, which is no element type", [&] { RunGraph(b, {}); });
}

Value Split(const Tensor& x, const Tensor* split, const std::vector<Attr>& attributes) {
  GraphBuilder b(17);
  b.Input("x", x.dtype(), std::vector<Dim>(static_cast<size_t>(x.rank()), ""));
  if (split != nullptr) b.Initializer("split", *split);
  b.Node("SplitToSequence", {"x", split != nullptr ? "split" : ""}, {"y"}, attributes).Output("y");
  return RunGraph(b, {{"x", x}})["y"];
}

TEST(SplitToSequence, PartsOfEachKind) {
  const Tensor x = Iota({2, 3});
  const Tensor two = At(2), list = I64({2}, {0, 3});
  ExpectSequence(Split(x, nullptr, {}), {F32({1, 3}, {0, 1, 2}), F32({1, 3}, {3, 4, 5})});
  ExpectSequence(Split(x, nullptr, {Attr("axis", 1), Attr("keepdims", 0)}),
                 {F32({2}, {0, 3}), F32({2}, {1, 4}), F32({2}, {2, 5})});
  ExpectSequence(Split(x, &two, {Attr("axis", -1), Attr("keepdims", 0)}),
                 {F32({2, 2}, {0, 1, 3, 4}), F32({2, 1}, {2, 5})});
  ExpectSequence(Split(x, &list, {Attr("axis", 1)}), {F32({2, 0}, {}), x});
  ExpectSequence(Split(F32({0, 3}, {}), nullptr, {}), {});
}

TEST(SplitToSequence, SaysWhatIsWrong) {
  const Tensor x = Iota({2, 3});
  const Tensor none = At(0), negative = I64({2}, {4, -1}), little = I64({1}, {2});
  const Tensor table = I64({1, 1}, {3});
  ExpectError(ErrorCode::kInvalidModel, "parts of size 0", [&] { Split(x, &none, {}); });
  ExpectError(ErrorCode::kInvalidModel, "parts [4,-1] do not make a dimension of size 3",
              [&] { Split(x, &negative, {Attr("axis", 1)}); });
  ExpectError(ErrorCode::kInvalidModel, "parts [2] do not make",
              [&] { Split(x, &little, {Attr("axis", 1)}); });
  ExpectError(ErrorCode::kInvalidModel, "parts [3] do not make",
              [&] { Split(x, &table, {Attr("axis", 1)}); });
  ExpectError(ErrorCode::kInvalidModel, "axis '2' is outside",
              [&] { Split(x, nullptr, {Attr("axis", 2)}); });
  ExpectError(ErrorCode::kUnsupported, "parts is too long",
              [&] { Split(Tensor(DType::kFloat, {int64_t{1} << 40, 0}), nullptr, {}); });
}

Tensor Join(const std::vector<Tensor>& parts, const std::vector<Attr>& attributes) {
  GraphBuilder b(17);
  ValueMap inputs;
  std::vector<std::string> names;
  for (const Tensor& part : parts) {
    names.push_back("x" + std::to_string(names.size()));
    b.Input(names.back(), part.dtype(), std::vector<Dim>(static_cast<size_t>(part.rank()), ""));
    inputs[names.back()] = part;
  }
  b.Node(parts.empty() ? "SequenceEmpty" : "SequenceConstruct", names, {"s"});
  b.Node("ConcatFromSequence", {"s"}, {"y"}, attributes).Output("y");
  return *RunGraph(b, inputs)["y"].tensor();
}

TEST(ConcatFromSequence, AlongOldAndNewAxes) {
  const Tensor a = F32({2}, {1, 2}), b = F32({1}, {3});
  ExpectTensor(Join({a, b}, {Attr("axis", 0)}), F32({3}, {1, 2, 3}));
  ExpectTensor(Join({a, a}, {Attr("axis", -1), Attr("new_axis", 1)}), F32({2, 2}, {1, 1, 2, 2}));
  ExpectTensor(Join({a, a}, {Attr("axis", 0), Attr("new_axis", 1)}), F32({2, 2}, {1, 2, 1, 2}));
  const Tensor scalar = F32({}, {7});
  ExpectTensor(Join({scalar, scalar}, {Attr("axis", 0), Attr("new_axis", 1)}), F32({2}, {7, 7}));
  Tensor text(DType::kString, {1});
  text.mutable_strings() = {"é"};
  Tensor texts(DType::kString, {2});
  texts.mutable_strings() = {"é", "é"};
  ExpectTensor(Join({text, text}, {Attr("axis", 0)}), texts);
}

TEST(ConcatFromSequence, SaysWhatIsWrong) {
  const Tensor a = F32({2}, {1, 2}), b = F32({1}, {3}), wide = F32({1, 2}, {1, 2});
  ExpectError(ErrorCode::kInvalidArgument, "has no tensors", [&] { Join({}, {Attr("axis", 0)}); });
  ExpectError(ErrorCode::kInvalidModel, "'axis' is missing", [&] { Join({a}, {}); });
  ExpectError(ErrorCode::kInvalidModel, "'new_axis' is 2",
              [&] { Join({a}, {Attr("axis", 0), Attr("new_axis", 2)}); });
  ExpectError(ErrorCode::kInvalidModel, "which cannot follow",
              [&] { Join({a, b}, {Attr("axis", 0), Attr("new_axis", 1)}); });
  ExpectError(ErrorCode::kInvalidModel, "tensors of rank 1 and 2",
              [&] { Join({a, wide}, {Attr("axis", 0)}); });
  const Tensor huge(DType::kFloat, {int64_t{1} << 62, 0});
  ExpectError(ErrorCode::kInvalidModel, "which cannot follow",
              [&] { Join({huge, huge}, {Attr("axis", 0)}); });
}

TEST(Optional, HoldsSomethingOrNothing) {
  GraphBuilder b(18);
  onnx::AttributeProto type;
  type.set_name("type");
  type.set_type(onnx::AttributeProto::TYPE_PROTO);
  type.mutable_tp()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  b.Input("x", DType::kFloat, {2}).Node("Optional", {"x"}, {"some"}).Node("Optional", {}, {"none"});
  *b.graph().mutable_node(1)->add_attribute() = type;
  b.Node("OptionalHasElement", {"some"}, {"has"}).Node("OptionalHasElement", {"none"}, {"lacks"});
  b.Node("OptionalHasElement", {""}, {"absent"}).Node("OptionalGetElement", {"some"}, {"y"});
  for (const char* name : {"none", "has", "lacks", "absent", "y"}) b.Output(name);
  const Tensor x = F32({2}, {1, 2});
  ValueMap y = RunGraph(b, {{"x", x}});
  EXPECT_TRUE(y["none"].is_empty_optional());
  ExpectTensor(*y["has"].tensor(), Bools({}, {true}));
  ExpectTensor(*y["lacks"].tensor(), Bools({}, {false}));
  ExpectTensor(*y["absent"].tensor(), Bools({}, {false}));
  ExpectTensor(*y["y"].tensor(), x);

  b.Node("OptionalGetElement", {"none"}, {"z"}).Output("z");
  ExpectError(ErrorCode::kInvalidArgument, "holds nothing", [&] { RunGraph(b, {{"x", x}}); });
  GraphBuilder neither(18);
  neither.Node("Optional", {}, {"y"}).Output("y");
  ExpectError(ErrorCode::kInvalidModel, "both input 0 and attribute 'type' are missing",
              [&] { RunGraph(neither, {}); });
}

}  // namespace
}  // namespace quantab
