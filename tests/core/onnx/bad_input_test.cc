// What users see when a file is not a sound ONNX model. The wording is pinned here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/graph/graph_view.h"
#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

using onnx::AttributeProto;
using onnx::ModelProto;
using onnx::TensorProto;
using namespace std::string_literals;

std::string ReadError(const std::string& bytes, const std::string& name = "m.onnx") {
  return ErrorOf([&] { ReadModel(SourceOf(bytes, name)); });
}

std::string ReadError(const ModelProto& proto) { return ReadError(proto.SerializeAsString()); }

// A file of the format named by the first part, long enough to look real.
std::string Padded(const std::string& head) { return head + Pattern(600); }

struct ForeignCase {
  std::string name;
  std::string bytes;
  std::string message;  // after the quoted name
};

TEST(BadInput, ForeignFormatsAreNamed) {
  const std::string pickle = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s;
  const std::string zip = "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0"s;
  const std::vector<ForeignCase> cases = {
      {"m.tflite", Padded("\x1c\0\0\0TFL3"s),
       "is a TensorFlow Lite file. Convert it to ONNX first."},
      {"m.ort", Padded("\x18\0\0\0ORTM"s),
       "is an ONNX Runtime format (.ort) file. Give the .onnx file that it was made from."},
      {"m.gguf", Padded("GGUF\x03\0\0\0"s), "is a GGUF file. Convert it to ONNX first."},
      {"m.h5", Padded("\x89HDF\r\n\x1a\n"s),
       "is an HDF5 file, probably a Keras model. Convert it to ONNX first."},
      {"m.pt", Padded(zip + "archive/data.pkl"),
       "is a PyTorch file. Export it with torch.onnx.export first."},
      {"m.pth", Padded(pickle),
       "is a Python pickle, probably of PyTorch. Export it with torch.onnx.export first."},
      {"m.keras", Padded(zip + "metadata.json"), "is a Keras file. Convert it to ONNX first."},
      {"s.npz", Padded(zip + "x.npy"), "is a NumPy archive. Give a file exported as ONNX."},
      {"m.zip", Padded(zip + "model.onnx"),
       "is a zip archive. Unpack it and give the .onnx file in it."},
      {"m.gz", Padded("\x1f\x8b\x08"),
       "is a gzip archive. Unpack it and give the .onnx file in it."},
      {"x.npy", Padded("\x93NUMPY\x01\0"s), "is a NumPy array. Give a file exported as ONNX."},
      {"m.safetensors", "\x10\x00\0\0\0\0\0\0{\"__metadata__\":"s + Padded(""),
       "is a safetensors file. It has weights without a graph; export the model to ONNX."},
      {"m.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
       "is a Git LFS pointer instead of the model itself. Fetch the file with 'git lfs pull'."},
      {"m.onnx", "<!DOCTYPE html><html><body>Not found</body></html>",
       "is a web page. The download went wrong; get the file again."},
      {"m.json", "{\"format\": \"layers-model\"}", "is a JSON file. Give a file exported as ONNX."},
      {"m.xml", "<?xml version=\"1.0\"?><net/>", "is an XML file. Give a file exported as ONNX."},
      {"m.param", "7767517\n75 83\n", "is an ncnn parameter file. Convert it to ONNX first."},
      {"a.txt", "hello\n", "is a text file. Give a file exported as ONNX."},
      {"m.prototxt", "ir_version: 8\ngraph {\n}\n",
       "is an ONNX model in text form. Convert it to the binary form first."},
      {"p.png", Padded("\x89PNG\r\n\x1a\n"), "is a PNG image. Give a file exported as ONNX."},
      {"m.onnx", "", "is empty. Get the file again."},
  };
  for (const ForeignCase& c : cases) {
    EXPECT_EQ(ReadError(c.bytes, c.name), "InvalidModel: '" + c.name + "' " + c.message);
  }
}

TEST(BadInput, OtherProtobufFormatsAreNamed) {
  // TensorFlow's SavedModel: a version, then graphs.
  EXPECT_EQ(ReadError("\x08\x01\x12\x06\x0a\x02\x08\x01\x12\x00"s, "saved_model.pb"),
            "InvalidModel: 'saved_model.pb' is a TensorFlow SavedModel. Convert it to ONNX first.");
  // Core ML: a version, a description, and the model in field 500.
  EXPECT_EQ(ReadError("\x08\x04\x12\x02\x0a\x00\xa2\x1f\x02\x0a\x00"s, "m.mlmodel"),
            "InvalidModel: 'm.mlmodel' is a Core ML model. Convert it to ONNX first.");
  // A TensorProto, as the ONNX test data has it.
  EXPECT_EQ(ReadError(RawTensor("x", TensorProto::FLOAT, {2}, "12345678").SerializeAsString(),
                      "input_0.pb"),
            "InvalidModel: 'input_0.pb' is an ONNX tensor, not a model. Give the .onnx file.");
  // A GraphDef: nodes {name, op}, then versions.
  EXPECT_EQ(ReadError("\x0a\x08\x0a\x01x\x12\x03"
                      "Add\x22\x02\x08\x01"s,
                      "frozen.pb"),
            "InvalidModel: 'frozen.pb' is probably a TensorFlow graph or a Caffe model. Convert it "
            "to ONNX first.");
}

TEST(BadInput, TruncationIsToldWithTheByte) {
  const std::string whole = MatMulModel().SerializeAsString();
  EXPECT_EQ(ReadError(whole.substr(0, whole.size() / 2)),
            "InvalidModel: 'm.onnx' is truncated: the field at byte 2 reaches past the end of the "
            "file at byte 1073. Get the file again.");
  // Wherever it is cut, there is one clear error.
  for (size_t size = 1; size < whole.size(); size += size < 100 ? 1 : 37) {
    const std::string error = ReadError(whole.substr(0, size));
    EXPECT_TRUE(error.starts_with("InvalidModel: 'm.onnx' is ") ||
                error.starts_with("Unsupported: 'm.onnx' does not say"))
        << size << ": " << error;
  }
}

TEST(BadInput, DamageIsToldWithTheByte) {
  ModelProto proto = MatMulModel();
  std::string text = proto.SerializeAsString();
  // The length of the tensor reaches past the graph.
  const std::string tensor = proto.graph().initializer(0).SerializeAsString();
  const size_t at = text.find(tensor) - 3;  // a tag and a length of two bytes
  ASSERT_EQ(text[at], 0x2a);
  text[at + 1] = '\xff';
  text[at + 2] = '\x7f';
  EXPECT_EQ(
      ReadError(text),
      "InvalidModel: 'm.onnx' is damaged: the field at byte 35 reaches past the message it is "
      "in, which ends at byte 2140. Get the file again.");
  EXPECT_EQ(ReadError("\x08\x0a\x0f"s),
            "InvalidModel: 'm.onnx' is damaged: there is no valid field at byte 2. Get the file "
            "again.");
  EXPECT_EQ(
      ReadError("\x08" + std::string(11, '\xff')),
      "InvalidModel: 'm.onnx' is damaged: no number ends within ten bytes from byte 1. Get the "
      "file again.");
}

TEST(BadInput, HeaderIsChecked) {
  ModelProto proto = MatMulModel();
  proto.clear_opset_import();
  EXPECT_EQ(ReadError(proto),
            "Unsupported: 'm.onnx' does not say which operator set it uses. Export it with a newer "
            "version of its tool.");
  proto = MatMulModel();
  proto.mutable_opset_import(0)->set_version(0);
  EXPECT_EQ(
      ReadError(proto),
      "InvalidModel: 'm.onnx' imports version 0 of operator set '', expected 1 or more. Export "
      "the model again.");
  proto = MatMulModel();
  proto.clear_graph();
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx' is no ONNX model: it has no graph. Give a file exported as "
            "ONNX.");
}

struct TensorCase {
  std::function<void(TensorProto&)> change;
  std::string message;  // after the tensor's name
};

TEST(BadInput, TensorsMustHaveWhatTheirShapeAsksFor) {
  const std::string damaged = ". The file is damaged; export the model again.";
  const std::vector<TensorCase> cases = {
      {[](auto& t) { t.set_dims(0, 33); },
       "of type float32 and shape [33,16] needs 2112 bytes, but has 2048"},
      {[](auto& t) { t.set_raw_data("abc"); },
       "of type float32 and shape [32,16] needs 2048 bytes, but has 3"},
      {[](auto& t) { t.set_data_type(TensorProto::INT4); },
       "of type int4 and shape [32,16] needs 256 bytes, but has 2048"},
      {[](auto& t) { t.set_dims(0, -1); },
       "has shape [-1,16], which has a negative dimension or more elements than can be counted"},
      {[](auto& t) {
         t.set_dims(0, int64_t{1} << 40);
         t.set_dims(1, int64_t{1} << 40);
       },
       "has shape [1099511627776,1099511627776], which has a negative dimension or more elements "
       "than can be counted"},
      {[](auto& t) {
         t.set_dims(0, int64_t{1} << 31);
         t.set_dims(1, int64_t{1} << 31);
       },
       "has shape [2147483648,2147483648], which has more bytes than can be counted"},
      {[](auto& t) { t.add_float_data(1); }, "has its data in several places"},
      {[](auto& t) { t.clear_data_type(); }, "has data, but no type"},
      {[](auto& t) { t.set_data_type(TensorProto::STRING); },
       "of type string cannot have raw data"},
      {[](auto& t) {
         t.clear_raw_data();
         t.add_float_data(1);
       },
       "of type float32 and shape [32,16] needs 512 values in float_data, but has 1"},
      {[](auto& t) { t.clear_raw_data(); },
       "of type float32 and shape [32,16] needs 512 values in float_data, but has 0"},
      {[](auto& t) {
         t.clear_raw_data();
         t.clear_dims();
         t.add_dims(0);
         t.add_int64_data(1);
       },
       "has data of another type"},
  };
  for (const TensorCase& c : cases) {
    ModelProto proto = MatMulModel();
    c.change(*proto.mutable_graph()->mutable_initializer(0));
    EXPECT_EQ(ReadError(proto), "InvalidModel: 'm.onnx': tensor 'w' " + c.message + damaged);
  }
}

TEST(BadInput, ErrorsCarryTheirPlace) {
  ModelProto proto = MatMulModel();
  proto.mutable_graph()->mutable_initializer(0)->set_dims(0, 33);
  try {
    ReadModel(SourceOf(proto.SerializeAsString()));
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.place().file, "m.onnx");
    EXPECT_EQ(error.place().tensor, "w");
  }
  try {
    ReadModel(SourceOf(proto.SerializeAsString().substr(0, 500)));
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.place().byte, 2u);
  }
}

// A file must not be able to name another tensor's bytes.
TEST(BadInput, ReservedLocationsAreRefused) {
  ModelProto proto = MatMulModel();
  auto* tensor = proto.mutable_graph()->add_initializer();
  tensor->set_name("v");
  tensor->set_data_type(TensorProto::FLOAT);
  tensor->add_dims(512);
  tensor->set_data_location(TensorProto::EXTERNAL);
  auto* entry = tensor->add_external_data();
  entry->set_key("location");
  entry->set_value("#0");
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': tensor 'v' has the external data location '#0', expected a "
            "relative file name. Export the model again.");
}

TEST(BadInput, GraphsMustBeSound) {
  ModelProto proto = MatMulModel();
  AddNode(*proto.mutable_graph(), "Add", {"y", "b"}, {"a"}, "add");
  AddNode(*proto.mutable_graph(), "Relu", {"a"}, {"b"});
  EXPECT_EQ(
      ReadError(proto),
      "InvalidModel: 'm.onnx': nodes 'add', '#2 (Relu)' form a cycle, so none of them can run. "
      "Export the model again.");

  proto = MatMulModel();
  AddNode(*proto.mutable_graph(), "Relu", {"z"}, {"r"}, "relu");
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': node 'relu' reads value 'z', which nothing makes. Export the "
            "model again.");

  proto = MatMulModel();
  AddNode(*proto.mutable_graph(), "Relu", {"x"}, {"y"}, "relu");
  EXPECT_EQ(
      ReadError(proto),
      "InvalidModel: 'm.onnx': nodes 'matmul' and 'relu' both make value 'y'. Export the model "
      "again.");

  proto = MatMulModel();
  *proto.mutable_graph()->add_output() = FloatValue("q", {1});
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': output 'q' is made by no node. Export the model again.");

  proto = MatMulModel();
  auto& branch = AddNode(*proto.mutable_graph(), "If", {"y"}, {"i"}, "if");
  auto* then = AddAttribute(branch, "then_branch", AttributeProto::GRAPH).mutable_g();
  AddNode(*then, "Relu", {"nowhere"}, {"t"}, "inner");
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': node 'if' reads value 'nowhere', which nothing makes. Export "
            "the model again.");
}

TEST(BadInput, NestingIsBounded) {
  const auto nested = [](int depth) {
    onnx::GraphProto graph;
    for (int i = 0; i < depth; ++i) {
      onnx::GraphProto outer;
      auto& node = AddNode(outer, "If", {}, {"v" + std::to_string(i)});
      *AddAttribute(node, "then_branch", AttributeProto::GRAPH).mutable_g() = std::move(graph);
      graph = std::move(outer);
    }
    ModelProto proto = EmptyModel();
    *proto.mutable_graph() = std::move(graph);
    return proto;
  };
  EXPECT_EQ(ReadError(nested(39)), "no error");
  EXPECT_THAT(ReadError(nested(40)), testing::HasSubstr("nests graphs more than 40 deep at byte"));

  // Wire format alone, nested far beyond any stack, built from the inside out.
  std::string bytes;
  for (int i = 0; i < 3000; ++i) {
    const char* tags = i % 3 == 0 ? "\x32" : i % 3 == 1 ? "\x2a" : "\x0a";  // g, attribute, node
    std::string length;
    for (size_t n = bytes.size();; n >>= 7) {
      length += static_cast<char>(n < 0x80 ? n : (n & 0x7f) | 0x80);
      if (n < 0x80) break;
    }
    bytes = tags + length + bytes;
  }
  std::string length;
  for (size_t n = bytes.size();; n >>= 7) {
    length += static_cast<char>(n < 0x80 ? n : (n & 0x7f) | 0x80);
    if (n < 0x80) break;
  }
  EXPECT_THAT(ReadError("\x08\x08\x3a" + length + bytes),
              testing::HasSubstr("nests graphs more than 40 deep at byte"));
}

TEST(BadInput, FunctionsMustNotCallThemselves) {
  ModelProto proto = MatMulModel();
  auto* import = proto.add_opset_import();
  import->set_domain("f");
  import->set_version(1);
  const auto add_function = [&](const std::string& name, const std::string& callee, int calls) {
    auto* function = proto.add_functions();
    function->set_name(name);
    function->set_domain("f");
    function->add_input("a");
    for (int i = 0; i < calls; ++i) {
      auto* node = function->add_node();
      node->set_op_type(callee);
      node->set_domain("f");
      node->add_input("a");
      node->add_output("o" + std::to_string(i));
    }
  };
  add_function("A", "B", 1);
  add_function("B", "A", 1);
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': function 'A' calls itself. Export the model again.");

  // Ten calls of ten calls of ten ...: small in the file, too large to write out.
  proto.clear_functions();
  for (int i = 0; i < 12; ++i) {
    add_function("F" + std::to_string(i), "F" + std::to_string(i + 1), 10);
  }
  EXPECT_EQ(
      ReadError(proto),
      "Unsupported: 'm.onnx' has local functions that amount to over 200000 nodes or 64 MB when "
      "every call is written out. Export the model without them.");
  proto.clear_functions();
  for (int i = 0; i < 100; ++i) {
    add_function("F" + std::to_string(i), "F" + std::to_string(i + 1), 1);
  }
  EXPECT_THAT(ReadError(proto), testing::HasSubstr("nest more than 40 deep"));
}

// Of two functions of one name the library uses now the first, now the last.
TEST(BadInput, FunctionsHaveOneDefinition) {
  ModelProto proto = MatMulModel();
  for (int i = 0; i < 2; ++i) {
    auto* function = proto.add_functions();
    function->set_name("F");
    function->set_domain(i == 0 ? "" : "ai.onnx");
  }
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': function 'F' is defined twice. Export the model again.");
  proto.mutable_functions(1)->set_overload("other");
  EXPECT_EQ(ReadError(proto), "no error");
}

TEST(BadInput, ValuesHaveOneDefinition) {
  ModelProto proto = MatMulModel();
  AddNode(*proto.mutable_graph(), "Relu", {"y"}, {"w"}, "relu");
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': node 'relu' makes value 'w', which is already an initializer. "
            "Export the model again.");
  proto.mutable_graph()->mutable_node(1)->set_output(0, "x");
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': node 'relu' makes value 'x', which is already an input. "
            "Export the model again.");

  proto = MatMulModel();
  *proto.mutable_graph()->add_input() = FloatValue("x", {1, 32});
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': input 'x' is declared twice. Export the model again.");

  proto = MatMulModel();
  auto* sparse = proto.mutable_graph()->add_sparse_initializer();
  *sparse->mutable_values() = RawTensor("w", TensorProto::FLOAT, {1}, "abcd");
  *sparse->mutable_indices() = RawTensor("", TensorProto::INT64, {1}, std::string(8, 0));
  sparse->add_dims(4);
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx': there are several initializers 'w'. Export the model again.");

  proto = MatMulModel();
  auto& branch = AddNode(*proto.mutable_graph(), "If", {"y"}, {"i"}, "if");
  auto* then = AddAttribute(branch, "then_branch", AttributeProto::GRAPH).mutable_g();
  for (int i = 0; i < 2; ++i) {
    *then->add_initializer() = RawTensor("t", TensorProto::FLOAT, {1}, "abcd");
  }
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx', in node 'if': there are several initializers 't'. Export the "
            "model again.");

  proto = MatMulModel();
  auto* function = proto.add_functions();
  function->set_name("F");
  function->set_domain("f");
  function->add_input("a");
  auto* node = function->add_node();
  node->set_op_type("Relu");
  node->add_input("a");
  node->add_output("a");
  EXPECT_EQ(ReadError(proto),
            "InvalidModel: 'm.onnx', in function 'F': node '#0 (Relu)' makes value 'a', which is "
            "already an input. Export the model again.");
}

// ONNX Runtime takes the last one, too, and warns.
TEST(BadInput, OfSeveralInitializersTheLastCounts) {
  struct Listener : Monitor {
    void OnLog(LogLevel level, std::string_view message) override {
      EXPECT_EQ(level, LogLevel::kWarning);
      heard += message;
    }
    std::string heard;
  } listener;
  ModelProto proto = MatMulModel();
  *proto.mutable_graph()->add_initializer() =
      RawTensor("w", TensorProto::FLOAT, {32, 16}, Pattern(2048, 2));
  const Model model = ReadModel(SourceOf(proto.SerializeAsString()), nullptr, &listener);
  EXPECT_EQ(listener.heard, "'m.onnx': there are several initializers 'w'; the last one is used.");
  EXPECT_EQ(TextOf(LoadBlob(*BytesOf(model, *GraphView(model.proto.graph()).Initializer("w")))),
            Pattern(2048, 2));
}

TEST(BadInput, RandomBytesGiveOneErrorEach) {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    const std::string error = ReadError(Pattern(seed * 3, seed));
    EXPECT_TRUE(error.starts_with("InvalidModel: 'm.onnx' ")) << seed << ": " << error;
  }
}

}  // namespace
}  // namespace quantab
