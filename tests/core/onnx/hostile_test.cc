// Models made to hang, to fill the memory or to run over the stack: small files all of them, most
// of which the official library follows without a look. Each would fail by a timeout or a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#ifndef __EMSCRIPTEN__
#include <pthread.h>
#endif

#include "core/onnx/function_calls.h"
#include "core/onnx/guarded_schemas.h"
#include "core/onnx/message_kind.h"
#include "core/onnx/node_check.h"
#include "core/onnx/official.h"
#include "core/onnx/order.h"
#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

using onnx::AttributeProto;
using onnx::GraphProto;
using onnx::ModelProto;
using onnx::NodeProto;
using onnx::TensorProto;

Model Read(const ModelProto& proto) { return ReadModel(SourceOf(proto.SerializeAsString())); }

std::string ReadError(const ModelProto& proto) {
  return ErrorOf([&] { Read(proto); });
}

std::string Name(const char* stem, int i) { return stem + std::to_string(i); }

onnx::ValueInfoProto Value(const std::string& name, int dtype, std::vector<int64_t> dims) {
  onnx::ValueInfoProto info = FloatValue(name, std::move(dims));
  info.mutable_type()->mutable_tensor_type()->set_elem_type(dtype);
  return info;
}

onnx::ValueInfoProto Unknown(const std::string& name) {
  onnx::ValueInfoProto info;
  info.set_name(name);
  return info;
}

void SetInt(NodeProto& node, const std::string& name, int64_t value) {
  AddAttribute(node, name, AttributeProto::INT).set_i(value);
}

TensorProto Int64s(const std::string& name, std::vector<int64_t> values) {
  return RawTensor(name, TensorProto::INT64, {static_cast<int64_t>(values.size())},
                   {reinterpret_cast<const char*>(values.data()), values.size() * 8});
}

// x [2,3] with a main graph to add to; whatever is added last should be named "y".
ModelProto Start(int64_t opset = 18) {
  ModelProto proto = EmptyModel(opset, 8);
  *proto.mutable_graph()->add_input() = FloatValue("x", {2, 3});
  *proto.mutable_graph()->add_output() = Unknown("y");
  return proto;
}

const onnx::TypeProto* TypeOfValue(const Model& model, const std::string& name) {
  for (const auto& info : model.proto.graph().value_info()) {
    if (info.name() == name) return &info.type();
  }
  return nullptr;
}

TEST(Hostile, ValuesThatDoubleAreNotPropagated) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  AddNode(*graph, "Shape", {"x"}, {"s0"});
  constexpr int kTimes = 60;
  for (int i = 0; i < kTimes; ++i) {
    const std::string s = Name("s", i);
    SetInt(AddNode(*graph, "Concat", {s, s}, {i + 1 == kTimes ? "y" : Name("s", i + 1)}), "axis",
           0);
  }
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  EXPECT_EQ(TypeOfValue(model, "s9")->tensor_type().shape().dim(0).dim_value(), 1024);
}

TEST(Hostile, ManyInputsDoNotAddUp) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  AddNode(*graph, "Shape", {"x"}, {"s"});
  NodeProto& concat = AddNode(*graph, "Concat", {}, {"y"});
  SetInt(concat, "axis", 0);
  for (int i = 0; i < 100'000; ++i) concat.add_input("s");
  for (int i = 0; i < 2000; ++i) AddNode(*graph, "Identity", {"y"}, {Name("i", i)});
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
}

// Of a vector whose length is known the library makes a list of that many unknown values.
TEST(Hostile, LongVectorsAreNotWrittenOut) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  *graph->add_input() = Value("v", TensorProto::INT64, {int64_t{1} << 40});
  SetInt(AddNode(*graph, "Concat", {"v", "v"}, {"w"}), "axis", 0);
  AddNode(*graph, "Add", {"v", "w"}, {"y"});
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
}

TEST(Hostile, ManyVectorsAreNotWrittenOut) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  for (int i = 0; i < 50'000; ++i) {
    *graph->add_input() = Value(Name("v", i), TensorProto::INT64, {1000});
    AddNode(*graph, "Add", {Name("v", i), Name("v", i)}, {Name("w", i)});
  }
  AddNode(*graph, "Relu", {"x"}, {"y"});
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
}

TEST(Hostile, RanksThatDoubleStayUnknown) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  *graph->add_input() = Value("g0", TensorProto::INT64, {2, 2});
  for (int i = 0; i < 60; ++i) {
    AddNode(*graph, "Gather", {Name("g", i), Name("g", i)}, {i == 59 ? "y" : Name("g", i + 1)});
  }
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  EXPECT_EQ(TypeOfValue(model, "g3")->tensor_type().shape().dim_size(), 9);
  EXPECT_EQ(TypeOfValue(model, "g10"), nullptr);
}

TEST(Hostile, ShapesOfManyDimensionsAreNotCopied) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  *graph->add_input() = FloatValue("wide", std::vector<int64_t>(1'000'000, 1));
  for (int i = 0; i < 3000; ++i) AddNode(*graph, "Relu", {"wide"}, {Name("r", i)});
  AddNode(*graph, "Relu", {"x"}, {"y"});
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
}

TEST(Hostile, LongConstantsAreNotCopiedForEveryNode) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  TensorProto* shape = graph->add_initializer();
  shape->set_name("shape");
  shape->set_data_type(TensorProto::INT64);
  shape->add_dims(1'000'000);
  for (int i = 0; i < 1'000'000; ++i) shape->add_int64_data(1);
  for (int i = 0; i < 3000; ++i) AddNode(*graph, "Reshape", {"x", "shape"}, {Name("r", i)});
  AddNode(*graph, "Relu", {"x"}, {"y"});
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
}

// Copying, comparing and freeing a type is recursive.
TEST(Hostile, TypesDoNotNestWithoutEnd) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  constexpr int kTimes = 20'000;
  for (int i = 0; i < kTimes; ++i) {
    AddNode(*graph, "Optional", {i == 0 ? "x" : Name("t", i)},
            {i + 1 == kTimes ? "y" : Name("t", i + 1)});
  }
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  EXPECT_TRUE(TypeOfValue(model, "t2")->optional_type().elem_type().has_optional_type());
  EXPECT_EQ(TypeOfValue(model, "t1000"), nullptr);
  model.proto.mutable_graph()->clear_value_info();
  EXPECT_THAT(ErrorOf([&] { ConvertVersion(model, 21); }),
              testing::HasSubstr("the shapes in it cannot be inferred"));
}

// A step of 2^32 is none to the library's int, and one less leads it out of its list.
TEST(Hostile, SlicesWithHugeSteps) {
  for (const int64_t step : {int64_t{1} << 32, (int64_t{1} << 32) - 1, -(int64_t{1} << 32)}) {
    ModelProto proto = Start();
    auto* graph = proto.mutable_graph();
    *graph->add_initializer() = Int64s("from", {step > 0 ? 0 : 1});
    *graph->add_initializer() = Int64s("to", {step > 0 ? 2 : 0});
    *graph->add_initializer() = Int64s("axes", {0});
    *graph->add_initializer() = Int64s("step", {step});
    AddNode(*graph, "Shape", {"x"}, {"s"});
    AddNode(*graph, "Slice", {"s", "from", "to", "axes", "step"}, {"y"});
    Model model = Read(proto);
    EXPECT_EQ(InferShapes(model), std::nullopt);
  }
}

ModelProto SplitModel(int outputs, int64_t num_outputs) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  NodeProto& split = AddNode(*graph, "Split", {"x"}, {"y"}, "split");
  for (int i = 1; i < outputs; ++i) split.add_output(Name("o", i));
  SetInt(split, "num_outputs", num_outputs);
  return proto;
}

TEST(Hostile, SplitsHaveAsManyOutputsAsTheySay) {
  EXPECT_EQ(ReadError(SplitModel(2, 2)), "no error");
  for (const int64_t wrong : {int64_t{1}, int64_t{3}, int64_t{0}, int64_t{-2}, INT64_MAX}) {
    EXPECT_EQ(ReadError(SplitModel(2, wrong)),
              "InvalidModel: 'm.onnx': node 'split' has the attribute num_outputs '" +
                  std::to_string(wrong) +
                  "', expected '2', the number of its outputs. Export the model again.");
  }
  // In a subgraph.
  ModelProto proto = Start();
  auto& branch = AddNode(*proto.mutable_graph(), "If", {"x"}, {"y"});
  *AddAttribute(branch, "then_branch", AttributeProto::GRAPH).mutable_g()->add_node() =
      SplitModel(2, 3).graph().node(0);
  EXPECT_THAT(ReadError(proto), testing::HasSubstr("expected '2', the number of its outputs"));
}

ModelProto EinsumModel(const std::string& equation) {
  ModelProto proto = Start();
  NodeProto& node = AddNode(*proto.mutable_graph(), "Einsum", {"x"}, {"y"}, "einsum");
  AddAttribute(node, "equation", AttributeProto::STRING).set_s(equation);
  return proto;
}

TEST(Hostile, EquationsAreMadeOfLetters) {
  for (const char* sound :
       {"ij->ji", "ij", " i j -> i ", "...j->...", "i...", "ij->", "...->..."}) {
    Model model = Read(EinsumModel(sound));
    EXPECT_EQ(InferShapes(model), std::nullopt) << sound;
  }
  EXPECT_EQ(ReadError(EinsumModel("ij,jk->ik")), "no error");
  for (const std::string& wrong :
       {std::string("i1->i"), std::string("i.j"), std::string("....j"), std::string("...j..."),
        std::string("ij->i,j"), std::string("i>j"), std::string("ij->i->j"),
        std::string("i\0j", 3)}) {
    EXPECT_EQ(ReadError(EinsumModel(wrong)),
              "InvalidModel: 'm.onnx': node 'einsum' has the equation '" + wrong +
                  "', expected terms of letters, such as 'ij,jk->ik'. Export the model again.");
  }
}

// A larger number than an int is another one to the library, which wrote outside of its list.
TEST(Hostile, AxesAreSmallNumbers) {
  ModelProto proto = Start();
  *proto.mutable_graph()->add_initializer() =
      RawTensor("scale", TensorProto::FLOAT, {3}, std::string(12, 0));
  SetInt(AddNode(*proto.mutable_graph(), "LayerNormalization", {"x", "scale"}, {"y", "m"}, "norm"),
         "axis", (int64_t{1} << 32) - 1000);
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': node 'norm' has the axis '4294966296', expected one of its "
            "input's. Export the model again.");
}

TEST(Hostile, IndicesOfUnknownLength) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  *graph->add_input() = Value("i", TensorProto::INT64, {2, -1000});
  NodeProto& node = AddNode(*graph, "GatherND", {"x", "i"}, {"y"}, "gather");
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  EXPECT_EQ(TypeOfValue(model, "y"), nullptr);
  SetInt(node, "batch_dims", -1000);
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': node 'gather' has the attribute batch_dims '-1000', expected "
            "0 or more. Export the model again.");
}

TEST(Hostile, RanksAreNotWrittenOut) {
  ModelProto proto = Start(8);
  *proto.mutable_graph()->add_input() = Value("shape", TensorProto::INT64, {int64_t{1} << 40});
  AddNode(*proto.mutable_graph(), "Expand", {"x", "shape"}, {"y"});
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
}

// As what operators of another domain make.
TEST(Hostile, InputsWithoutAType) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  for (const char* domain : {"other", "ai.onnx.ml"}) {
    auto* import = proto.add_opset_import();
    import->set_domain(domain);
    import->set_version(1);
  }
  AddNode(*graph, "Foo", {"x"}, {"u"}).set_domain("other");
  SetInt(AddNode(*graph, "EyeLike", {"u"}, {"e"}), "dtype", TensorProto::FLOAT);
  AddNode(*graph, "DictVectorizer", {"u"}, {"d"}).set_domain("ai.onnx.ml");
  AddNode(*graph, "LabelEncoder", {"u"}, {"l"}).set_domain("ai.onnx.ml");
  AddNode(*graph, "Shape", {"u"}, {"s"});
  AddNode(*graph, "Relu", {"x"}, {"y"});
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  EXPECT_EQ(TypeOfValue(model, "d"), nullptr);
  EXPECT_EQ(TypeOfValue(model, "s")->tensor_type().elem_type(), TensorProto::INT64);
}

// What a function's caller fills in is known to the inferer only, and to whoever inlines it.
TEST(Hostile, ParametersOfFunctionsAreLookedAtToo) {
  ModelProto proto = Start();
  auto* import = proto.add_opset_import();
  import->set_domain("f");
  import->set_version(1);
  auto* function = proto.add_functions();
  function->set_name("F");
  function->set_domain("f");
  function->add_input("a");
  function->add_output("b");
  function->add_attribute("parts");
  *function->add_opset_import() = proto.opset_import(0);
  NodeProto& split = *function->add_node();
  split = SplitModel(2, 3).graph().node(0);
  split.set_input(0, "a");
  split.set_output(0, "b");
  split.mutable_attribute(0)->clear_i();
  split.mutable_attribute(0)->set_ref_attr_name("parts");
  NodeProto& call = AddNode(*proto.mutable_graph(), "F", {"x"}, {"y"});
  call.set_domain("f");
  SetInt(call, "parts", 1);

  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  EXPECT_EQ(TypeOfValue(model, "y"), nullptr);
  EXPECT_EQ(ErrorOf([&] { ConvertVersion(model, 21); }),
            "Unsupported: 'm.onnx' cannot be converted to operator set 21: the shapes in it cannot "
            "be inferred. Export the model with that operator set instead.");
  InlineFunctions(model);
  EXPECT_EQ(model.proto.functions_size(), 0);
  // The same with conversion on the way.
  proto.mutable_functions(0)->mutable_opset_import(0)->set_version(20);
  model = Read(proto);
  InlineFunctions(model);
  EXPECT_EQ(model.proto.functions_size(), 1);
}

TEST(Hostile, NodesUnlikeTheirSchemaAreNotInferred) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  AddNode(*graph, "Loop", {}, {"l"});
  AddNode(*graph, "Cast", {"x"}, {"c"});
  AddAttribute(AddNode(*graph, "Flatten", {"x"}, {"f"}), "axis", AttributeProto::STRING).set_s("a");
  AddNode(*graph, "Relu", {"x"}, {"y"});
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), std::nullopt);
  EXPECT_EQ(TypeOfValue(model, "f"), nullptr);
  EXPECT_THAT(ErrorOf([&] { ConvertVersion(model, 21); }),
              testing::HasSubstr("cannot be converted to operator set 21: "));
}

// For every graph inside a graph, the library copies the names of all values around it.
TEST(Hostile, ManyGraphsAmongManyValues) {
  ModelProto proto = Start();
  auto* graph = proto.mutable_graph();
  for (int i = 0; i < 20'000; ++i) {
    NodeProto& node = AddNode(*graph, "If", {"x"}, {Name("i", i)});
    for (int output = 0; output < 10; ++output) node.add_output("");
    for (const char* name : {"then_branch", "else_branch"}) {
      AddAttribute(node, name, AttributeProto::GRAPH).mutable_g()->set_name("b");
    }
  }
  AddNode(*graph, "Relu", {"x"}, {"y"});
  Model model = Read(proto);
  EXPECT_EQ(InferShapes(model), "it has too many graphs inside graphs");
  proto = Start();
  for (int i = 0; i < 200; ++i) {
    auto* import = proto.add_opset_import();
    import->set_domain(Name("d", i));
    import->set_version(1);
  }
  AddNode(*proto.mutable_graph(), "Relu", {"x"}, {"y"});
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx' imports 201 operator sets, expected 100 at most. Export the "
            "model again.");
}

TEST(Hostile, InferenceStopsWhenAsked) {
  struct Stopper : Monitor {
    bool Cancelled() override { return ++asked > 3; }
    int asked = 0;
  } stopper;
  ModelProto proto = Start();
  for (int i = 0; i < 10; ++i) AddNode(*proto.mutable_graph(), "Relu", {"x"}, {Name("r", i)});
  AddNode(*proto.mutable_graph(), "Relu", {"x"}, {"y"});
  Model model = Read(proto);
  EXPECT_EQ(ErrorOf([&] { InferShapes(model, &stopper); }),
            "Cancelled: Cancelled. Nothing was written.");
}

TEST(Hostile, LongNamesOfNodesWithManyGraphs) {
  ModelProto proto = Start();
  NodeProto& node =
      AddNode(*proto.mutable_graph(), "Foo", {"x"}, {"y"}, std::string(10 << 20, 'n'));
  node.set_domain("foo");
  auto& graphs = AddAttribute(node, "graphs", AttributeProto::GRAPHS);
  for (int i = 0; i < 20'000; ++i) graphs.add_graphs();
  EXPECT_EQ(ReadError(proto), "no error");
  // A message about it shows the ends.
  AddNode(*graphs.mutable_graphs(7), "Relu", {std::string(1000, 'v')}, {"w"});
  EXPECT_EQ(ReadError(proto), "InvalidModel: 'm.onnx': node '" + std::string(77, 'n') + "..." +
                                  std::string(40, 'n') + "' reads value '" + std::string(77, 'v') +
                                  "..." + std::string(40, 'v') +
                                  "', which nothing makes. Export the model again.");
}

TEST(Hostile, OrderingStopsWhenAsked) {
  struct Stopper : Monitor {
    bool Cancelled() override { return ++asked > 3; }
    int asked = 0;
  } stopper;
  ModelProto proto = Start();
  NodeProto& node = AddNode(*proto.mutable_graph(), "Foo", {"x"}, {"y"});
  auto& graphs = AddAttribute(node, "graphs", AttributeProto::GRAPHS);
  for (int i = 0; i < 10; ++i) graphs.add_graphs();
  EXPECT_EQ(ErrorOf([&] { CheckOrder(proto, "m.onnx", &stopper); }),
            "Cancelled: Cancelled. Nothing was written.");
}

// `functions` functions that call each other in a row, every call inside `graphs` graphs.
ModelProto Nested(int functions, int graphs, const std::string& op_type) {
  const auto body = [&](const std::string& callee, const std::string& domain) {
    GraphProto inner;
    AddNode(inner, callee, {"x", "c"}, {"y0"}).set_domain(domain);
    if (domain.empty()) inner.mutable_node(0)->mutable_input()->RemoveLast();
    for (int i = 1; i <= graphs; ++i) {
      const std::string made = Name("y", i);
      inner.set_name(Name("g", i));
      GraphProto outer;
      if (op_type == "If") {
        *inner.add_output() = FloatValue(Name("y", i - 1), {2, 3});
        NodeProto& node = AddNode(outer, "If", {"c"}, {made});
        *AddAttribute(node, "then_branch", AttributeProto::GRAPH).mutable_g() = inner;
        auto* other = AddAttribute(node, "else_branch", AttributeProto::GRAPH).mutable_g();
        other->set_name(Name("e", i));
        AddNode(*other, "Identity", {"x"}, {Name("z", i)});
        *other->add_output() = FloatValue(Name("z", i), {2, 3});
      } else {
        *inner.add_input() = Value(Name("i", i), TensorProto::INT64, {});
        *inner.add_input() = Value(Name("b", i), TensorProto::BOOL, {});
        *inner.add_output() = Value(Name("d", i), TensorProto::BOOL, {});
        *inner.add_output() = FloatValue(Name("y", i - 1), {2, 3});
        AddNode(inner, "Identity", {Name("b", i)}, {Name("d", i)});
        NodeProto& node = AddNode(outer, "Loop", {"", "c"}, {made});
        *AddAttribute(node, "body", AttributeProto::GRAPH).mutable_g() = inner;
      }
      inner = std::move(outer);
    }
    return inner;
  };
  ModelProto proto = EmptyModel(17, 8);
  auto* import = proto.add_opset_import();
  import->set_domain("f");
  import->set_version(1);
  for (int i = 0; i < functions; ++i) {
    const bool last = i + 1 == functions;
    auto* function = proto.add_functions();
    function->set_domain("f");
    function->set_name(Name("F", i));
    function->add_input("x");
    function->add_input("c");
    const GraphProto made = last ? body("Relu", "") : body(Name("F", i + 1), "f");
    *function->mutable_node() = made.node();
    function->add_output(Name("y", graphs));
    *function->mutable_opset_import() = proto.opset_import();
  }
  GraphProto* graph = proto.mutable_graph();
  if (functions == 0) *graph = body("Relu", "");
  graph->set_name("g");
  *graph->add_input() = FloatValue("x", {2, 3});
  *graph->add_input() = Value("c", TensorProto::BOOL, {});
  if (functions > 0) AddNode(*graph, "F0", {"x", "c"}, {"y"}).set_domain("f");
  *graph->add_output() = FloatValue(functions > 0 ? "y" : Name("y", graphs), {2, 3});
  return proto;
}

// Runs `body` with a WebAssembly module's stack.
void OnASmallStack(const std::function<void()>& body) {
#ifdef __EMSCRIPTEN__
  body();  // the tests themselves have it
#else
#if defined(__SANITIZE_ADDRESS__)
  constexpr size_t kStack = size_t{4} << 20;  // its frames are larger
#else
  constexpr size_t kStack = size_t{1} << 20;
#endif
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStack), 0);
  pthread_t thread;
  const auto run = [](void* data) -> void* {
    (*static_cast<const std::function<void()>*>(data))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&body)),
            0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
#endif
}

TEST(Hostile, TheDeepestCallsFitTheStack) {
  struct Case {
    int functions, graphs;
  };
  for (const char* op_type : {"If", "Loop"}) {
    for (const Case& c : {Case{0, 39}, Case{1, 38}, Case{3, 12}, Case{13, 2}, Case{39, 0}}) {
      SCOPED_TRACE(op_type + std::to_string(c.functions) + " " + std::to_string(c.graphs));
      OnASmallStack([&] {
        Model model = Read(Nested(c.functions, c.graphs, op_type));
        EXPECT_EQ(CheckModel(model), std::nullopt);
        EXPECT_EQ(InferShapes(model), std::nullopt);
        InlineFunctions(model);
        EXPECT_EQ(model.proto.functions_size(), 0);
        EXPECT_EQ(InferShapes(model), std::nullopt);
        ConvertVersion(model, 21);
        EXPECT_EQ(CheckModel(model), std::nullopt);
        const std::string text = WriteToString(model);
        EXPECT_EQ(WriteToString(ReadModel(SourceOf(text))), text);
      });
    }
  }
}

TEST(Hostile, CallsAndGraphsNestTogether) {
  const std::string error =
      "Unsupported: 'm.onnx' has local functions that nest more than 40 deep, together with the "
      "graphs in them. Export the model without them.";
  EXPECT_EQ(ReadError(Nested(40, 0, "If")), error);
  EXPECT_EQ(ReadError(Nested(3, 13, "If")), error);
  EXPECT_EQ(ReadError(Nested(1, 39, "If")), error);
  EXPECT_EQ(ReadError(Nested(64, 39, "If")), error);
  // Known from an earlier call that was not as deep.
  ModelProto proto = Nested(20, 1, "If");
  EXPECT_EQ(ReadError(proto), error);
  proto = Nested(19, 1, "If");
  EXPECT_EQ(ReadError(proto), "no error");
  auto& branch = AddNode(*proto.mutable_graph(), "If", {"c"}, {"late"});
  auto* then = AddAttribute(branch, "then_branch", AttributeProto::GRAPH).mutable_g();
  auto& inner = AddNode(*then, "If", {"c"}, {"l"});
  AddNode(*AddAttribute(inner, "then_branch", AttributeProto::GRAPH).mutable_g(), "F0", {"x", "c"},
          {"m"})
      .set_domain("f");
  EXPECT_EQ(ReadError(proto), error);
}

TEST(Hostile, CallsDoNotMultiply) {
  // Each function calls the next one twice, with a constant of half a megabyte in the last.
  const auto doubling = [](int functions, bool constant) {
    ModelProto proto = Start(17);
    auto* import = proto.add_opset_import();
    import->set_domain("f");
    import->set_version(1);
    for (int i = 0; i < functions; ++i) {
      auto* function = proto.add_functions();
      function->set_domain("f");
      function->set_name(Name("F", i));
      function->add_input("a");
      function->add_output("b");
      *function->mutable_opset_import() = proto.opset_import();
      GraphProto body;
      const bool last = i + 1 == functions;
      AddNode(body, last ? "Relu" : Name("F", i + 1), {"a"}, {"m"}).set_domain(last ? "" : "f");
      AddNode(body, last ? "Relu" : Name("F", i + 1), {"m"}, {"b"}).set_domain(last ? "" : "f");
      if (last && constant) {
        AddAttribute(AddNode(body, "Constant", {}, {"k"}), "value_string", AttributeProto::STRING)
            .set_s(std::string(512 << 10, 's'));
      }
      *function->mutable_node() = body.node();
    }
    AddNode(*proto.mutable_graph(), "F0", {"x"}, {"y"}).set_domain("f");
    return proto;
  };
  const std::string error =
      "Unsupported: 'm.onnx' has local functions that amount to over 200000 nodes or 64 MB when "
      "every call is written out. Export the model without them.";
  EXPECT_EQ(CheckFunctionCalls(doubling(12, false), "m.onnx"), 8190u);
  EXPECT_EQ(ReadError(doubling(12, false)), "no error");
  EXPECT_EQ(ReadError(doubling(20, false)), error);
  EXPECT_EQ(ReadError(doubling(39, false)), error);
  EXPECT_EQ(ReadError(doubling(6, true)), "no error");
  EXPECT_EQ(ReadError(doubling(12, true)), error);
}

}  // namespace
}  // namespace quantab
