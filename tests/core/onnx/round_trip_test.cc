// Reads what the official protobuf classes serialized, writes it, and lets them parse the result:
// the two must be equal, and every payload must have the same bits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

using onnx::AttributeProto;
using onnx::ModelProto;
using onnx::TensorProto;

// Reads and writes `proto` and expects an equal one; returns how many payloads were detached.
size_t ExpectRoundTrip(const ModelProto& proto) {
  const std::string before = proto.SerializeAsString();
  const Model model = ReadModel(SourceOf(before));
  const std::string after = WriteToString(model);
  ModelProto parsed;
  EXPECT_TRUE(parsed.ParseFromString(after));
  EXPECT_TRUE(parsed.SerializeAsString() == before) << "the written model differs";
  EXPECT_EQ(SizesOf(model).model, after.size());
  EXPECT_LE(model.proto.ByteSizeLong(), before.size() + 64 * model.weights.size());
  return model.weights.size();
}

TEST(RoundTrip, EveryOpsetAndIrVersion) {
  for (int64_t opset = 7; opset <= 26; ++opset) {
    SCOPED_TRACE(opset);
    ModelProto proto = MatMulModel();
    proto.mutable_opset_import(0)->set_version(opset);
    proto.set_ir_version(opset < 10 ? 3 : 8);
    EXPECT_EQ(ExpectRoundTrip(proto), 1u);
  }
}

TEST(RoundTrip, EveryElementType) {
  constexpr int kNewest = 28;
  for (int dtype = 1; dtype <= kNewest; ++dtype) {
    if (dtype == TensorProto::STRING) continue;
    SCOPED_TRACE(dtype);
    const int bits = BitsOf(static_cast<DType>(dtype));
    ASSERT_GT(bits, 0);
    // 16405 is odd, so types narrower than a byte end inside one.
    for (const int64_t count : {3, 16405}) {
      const auto bytes = static_cast<size_t>((count * bits + 7) / 8);
      ModelProto proto = MatMulModel();
      *proto.mutable_graph()->add_initializer() =
          RawTensor("t", dtype, {count}, Pattern(bytes, static_cast<unsigned>(dtype)));
      const size_t detached = ExpectRoundTrip(proto);
      const bool index_like = dtype == TensorProto::INT32 || dtype == TensorProto::INT64 ||
                              dtype == TensorProto::UINT32 || dtype == TensorProto::UINT64;
      const bool large = bytes >= kDetachThreshold && (!index_like || bytes > 64 * 1024);
      EXPECT_EQ(detached, large ? 2u : 1u) << count;

      const Model model = ReadModel(SourceOf(proto.SerializeAsString()));
      const TensorProto& tensor = model.proto.graph().initializer(1);
      EXPECT_EQ(IsDetached(tensor), large);
      EXPECT_EQ(TextOf(LoadBlob(*BytesOf(model, tensor))),
                Pattern(bytes, static_cast<unsigned>(dtype)));
      const Tensor loaded = LoadTensor(model, tensor);
      EXPECT_EQ(loaded.bytes(), bytes);
      EXPECT_EQ(loaded.shape(), Shape{count});
    }
  }
}

TEST(RoundTrip, TypedFieldsKeepTheirField) {
  ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  TensorProto* floats = graph->add_initializer();
  floats->set_name("floats");
  floats->set_data_type(TensorProto::FLOAT);
  floats->add_dims(500);
  for (int i = 0; i < 500; ++i) floats->add_float_data(static_cast<float>(i) * 0.1f);
  TensorProto* doubles = graph->add_initializer();
  doubles->set_name("doubles");
  doubles->set_data_type(TensorProto::DOUBLE);
  doubles->add_dims(300);
  for (int i = 0; i < 300; ++i) doubles->add_double_data(i * 0.1);
  TensorProto* complex = graph->add_initializer();
  complex->set_name("complex");
  complex->set_data_type(TensorProto::COMPLEX64);
  complex->add_dims(200);
  for (int i = 0; i < 400; ++i) complex->add_float_data(static_cast<float>(i));
  TensorProto* bytes = graph->add_initializer();
  bytes->set_name("bytes");
  bytes->set_data_type(TensorProto::UINT8);
  bytes->add_dims(2000);
  for (int i = 0; i < 2000; ++i) bytes->add_int32_data(i % 256);
  EXPECT_EQ(ExpectRoundTrip(proto), 4u);

  const Model model = ReadModel(SourceOf(proto.SerializeAsString()));
  const Tensor loaded = LoadTensor(model, model.proto.graph().initializer(1));
  EXPECT_EQ(loaded.data<float>()[499], 499 * 0.1f);
  EXPECT_EQ(LoadTensor(model, model.proto.graph().initializer(4)).data<uint8_t>()[300], 44);
}

TEST(RoundTrip, SmallTypedTensorsOfEveryField) {
  struct Case {
    int dtype;
    std::function<void(TensorProto&)> fill;
    std::string bytes;
  };
  const std::vector<Case> cases = {
      {TensorProto::FLOAT, [](auto& t) { t.add_float_data(1.5f); }, {"\x00\x00\xc0\x3f", 4}},
      {TensorProto::DOUBLE, [](auto& t) { t.add_double_data(1.5); }, {"\0\0\0\0\0\0\xf8\x3f", 8}},
      {TensorProto::INT64, [](auto& t) { t.add_int64_data(-2); },
       "\xfe\xff\xff\xff\xff\xff\xff\xff"},
      {TensorProto::UINT64, [](auto& t) { t.add_uint64_data(3); }, {"\3\0\0\0\0\0\0\0", 8}},
      {TensorProto::UINT32,
       [](auto& t) { t.add_uint64_data(4000000000u); },
       {"\x00\x28\x6b\xee", 4}},
      {TensorProto::INT32, [](auto& t) { t.add_int32_data(-2); }, "\xfe\xff\xff\xff"},
      {TensorProto::INT16, [](auto& t) { t.add_int32_data(-2); }, "\xfe\xff"},
      {TensorProto::UINT16, [](auto& t) { t.add_int32_data(65535); }, "\xff\xff"},
      {TensorProto::FLOAT16, [](auto& t) { t.add_int32_data(0x3c00); }, {"\x00\x3c", 2}},
      {TensorProto::BFLOAT16, [](auto& t) { t.add_int32_data(0x3f80); }, "\x80\x3f"},
      {TensorProto::INT8, [](auto& t) { t.add_int32_data(-128); }, "\x80"},
      {TensorProto::UINT8, [](auto& t) { t.add_int32_data(200); }, "\xc8"},
      {TensorProto::BOOL, [](auto& t) { t.add_int32_data(1); }, "\1"},
      {TensorProto::FLOAT8E4M3FN, [](auto& t) { t.add_int32_data(0x7e); }, "\x7e"},
      {TensorProto::INT4, [](auto& t) { t.add_int32_data(0x0f); }, "\x0f"},
      {TensorProto::UINT2, [](auto& t) { t.add_int32_data(0x03); }, "\x03"},
      {TensorProto::FLOAT6E2M3, [](auto& t) { t.add_int32_data(0x2a); }, "\x2a"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.dtype);
    ModelProto proto = MatMulModel();
    TensorProto* tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name("t");
    tensor->set_data_type(c.dtype);
    tensor->add_dims(1);
    c.fill(*tensor);
    ExpectRoundTrip(proto);
    const Model model = ReadModel(SourceOf(proto.SerializeAsString()));
    EXPECT_EQ(TextOf(LoadBlob(*BytesOf(model, model.proto.graph().initializer(1)))), c.bytes);
  }
}

// Whatever is not zero is true, as for ONNX Runtime; in C++ other values than 0 and 1 are
// undefined.
TEST(RoundTrip, TruthIsZeroOrOneInMemory) {
  ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  *graph->add_initializer() =
      RawTensor("raw", TensorProto::BOOL, {4}, std::string("\0\1\2\xff", 4));
  *graph->add_initializer() = RawTensor("large", TensorProto::BOOL, {2000}, std::string(2000, 7));
  TensorProto* typed = graph->add_initializer();
  typed->set_name("typed");
  typed->set_data_type(TensorProto::BOOL);
  typed->add_dims(4);
  for (const int32_t value : {0, 1, 256, -1}) typed->add_int32_data(value);
  ExpectRoundTrip(proto);

  const Model model = ReadModel(SourceOf(proto.SerializeAsString()));
  const auto bytes = [&](int i) {
    const Tensor loaded = LoadTensor(model, model.proto.graph().initializer(i));
    return std::string(reinterpret_cast<const char*>(loaded.raw()), loaded.bytes());
  };
  EXPECT_EQ(bytes(1), std::string("\0\1\1\1", 4));
  EXPECT_EQ(bytes(2), std::string(2000, 1));
  EXPECT_EQ(bytes(3), std::string("\0\1\1\1", 4));
}

// Four 6-bit values fill three bytes, the first in the lowest bits.
TEST(RoundTrip, SixBitValuesArePacked) {
  ModelProto proto = MatMulModel();
  TensorProto* tensor = proto.mutable_graph()->add_initializer();
  tensor->set_name("t");
  tensor->set_data_type(TensorProto::FLOAT6E3M2);
  tensor->add_dims(5);
  for (const int value : {0x01, 0x3f, 0x15, 0x2a, 0x3f}) tensor->add_int32_data(value);
  const Model model = ReadModel(SourceOf(proto.SerializeAsString()));
  EXPECT_EQ(TextOf(LoadBlob(*BytesOf(model, model.proto.graph().initializer(1)))),
            "\xc1\x5f\xa9\x3f");
}

TEST(RoundTrip, StringsAndEmptyTensors) {
  ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  TensorProto* strings = graph->add_initializer();
  strings->set_name("s");
  strings->set_data_type(TensorProto::STRING);
  strings->add_dims(2);
  strings->add_string_data(std::string(3000, 'a'));
  strings->add_string_data("");
  *graph->add_initializer() = RawTensor("empty", TensorProto::FLOAT, {0, 4}, "");
  *graph->add_initializer() = RawTensor("scalar", TensorProto::FLOAT, {}, "abcd");
  EXPECT_EQ(ExpectRoundTrip(proto), 1u);
  const Model model = ReadModel(SourceOf(proto.SerializeAsString()));
  EXPECT_EQ(LoadTensor(model, model.proto.graph().initializer(1)).strings()[0].size(), 3000u);
  EXPECT_EQ(LoadTensor(model, model.proto.graph().initializer(2)).count(), 0);
  EXPECT_EQ(LoadTensor(model, model.proto.graph().initializer(3)).rank(), 0);
}

TEST(RoundTrip, TensorsAtEveryDepth) {
  ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  const auto payload = [](unsigned seed) {
    return RawTensor("", TensorProto::FLOAT, {300}, Pattern(1200, seed));
  };
  // A Constant node, unnamed.
  auto& constant = AddNode(*graph, "Constant", {}, {"c"});
  *AddAttribute(constant, "value", AttributeProto::TENSOR).mutable_t() = payload(2);
  // Lists of tensors, and of graphs.
  auto& custom = AddNode(*graph, "Custom", {"c"}, {"d"}, "custom");
  custom.set_domain("example");
  auto& list = AddAttribute(custom, "list", AttributeProto::TENSORS);
  *list.add_tensors() = payload(3);
  *list.add_tensors() = payload(4);
  // A subgraph with initializers, in a subgraph.
  auto& outer = AddNode(*graph, "If", {"d"}, {"e"});
  auto* then = AddAttribute(outer, "then_branch", AttributeProto::GRAPH).mutable_g();
  *then->add_initializer() = RawTensor("n", TensorProto::FLOAT, {300}, Pattern(1200, 5));
  auto& inner = AddNode(*then, "If", {"d"}, {"f"});
  auto& branches = AddAttribute(inner, "branches", AttributeProto::GRAPHS);
  *branches.add_graphs()->add_initializer() =
      RawTensor("m", TensorProto::FLOAT, {300}, Pattern(1200, 6));
  // Sparse ones: values and indices.
  auto* sparse = graph->add_sparse_initializer();
  *sparse->mutable_values() = RawTensor("sp", TensorProto::FLOAT, {300}, Pattern(1200, 7));
  *sparse->mutable_indices() = RawTensor("", TensorProto::INT64, {300}, Pattern(2400, 8));
  sparse->add_dims(100000);
  auto& sparse_node = AddNode(*graph, "Constant", {}, {"h"});
  auto& value = AddAttribute(sparse_node, "sparse_value", AttributeProto::SPARSE_TENSOR);
  *value.mutable_sparse_tensor()->mutable_values() = payload(9);
  *AddAttribute(sparse_node, "more", AttributeProto::SPARSE_TENSORS)
       .add_sparse_tensors()
       ->mutable_values() = payload(10);
  // A local function, with an attribute's default value.
  auto* function = proto.add_functions();
  function->set_name("F");
  function->set_domain("example");
  function->add_output("o");
  onnx::GraphProto body;
  *AddAttribute(AddNode(body, "Constant", {}, {"o"}), "value", AttributeProto::TENSOR).mutable_t() =
      payload(11);
  *function->add_node() = body.node(0);
  auto* defaulted = function->add_attribute_proto();
  defaulted->set_name("k");
  defaulted->set_type(AttributeProto::TENSOR);
  *defaulted->mutable_t() = payload(12);
  // Training information.
  auto* training = proto.add_training_info();
  *training->mutable_initialization()->add_initializer() = payload(13);
  *training->mutable_algorithm()->add_initializer() = payload(14);

  // All but the 64-bit indices, which stay inside.
  EXPECT_EQ(ExpectRoundTrip(proto), 13u);
}

TEST(RoundTrip, UnknownFieldsSurvive) {
  ModelProto proto = MatMulModel();
  // Field 999 with each wire type, as a later version of the format might have it.
  const std::string unknown = std::string("\xb8\x3e\x05", 3) +              // varint
                              std::string("\xb9\x3e") + "12345678" +        // 64 bits
                              std::string("\xba\x3e\x03") + "abc" +         // bytes
                              std::string("\xbb\x3e\x08\x01\xbc\x3e", 6) +  // group
                              std::string("\xbd\x3e") + "1234";             // 32 bits
  proto.mutable_unknown_fields()->append(unknown);
  auto* graph = proto.mutable_graph();
  graph->mutable_unknown_fields()->append(unknown);
  graph->mutable_node(0)->mutable_unknown_fields()->append(unknown);
  graph->mutable_initializer(0)->mutable_unknown_fields()->append(unknown);
  EXPECT_EQ(ExpectRoundTrip(proto), 1u);
}

// The helper functions of the onnx package for Python leave "data_location: DEFAULT" behind.
TEST(RoundTrip, SpelledOutLocationSurvives) {
  ModelProto proto = MatMulModel();
  auto* tensor = proto.mutable_graph()->mutable_initializer(0);
  tensor->set_data_location(TensorProto::DEFAULT);
  auto* entry = tensor->add_external_data();
  entry->set_key("location");
  entry->set_value("left over");
  EXPECT_EQ(ExpectRoundTrip(proto), 1u);
}

TEST(RoundTrip, SeveralPackedChunksStayInline) {
  ModelProto proto = MatMulModel();
  auto* tensor = proto.mutable_graph()->mutable_initializer(0);
  tensor->clear_raw_data();
  std::string text = proto.SerializeAsString();
  // Two chunks of 256 floats each, appended to the tensor as a second message that merges into it.
  for (int i = 0; i < 512; ++i) tensor->add_float_data(static_cast<float>(i));
  const std::string whole = tensor->SerializeAsString();
  TensorProto first = *tensor;
  TensorProto second;
  first.mutable_float_data()->Truncate(256);
  for (int i = 256; i < 512; ++i) second.add_float_data(static_cast<float>(i));
  ModelProto shell = proto;
  shell.mutable_graph()->clear_initializer();
  const std::string joined = first.SerializeAsString() + second.SerializeAsString();
  ModelProto tail;
  tail.mutable_graph();
  std::string graph_field = "\x2a";  // initializer
  for (size_t n = joined.size();; n >>= 7) {
    if (n < 0x80) {
      graph_field += static_cast<char>(n);
      break;
    }
    graph_field += static_cast<char>(n | 0x80);
  }
  graph_field += joined;
  std::string model_field = "\x3a";  // graph, a second time: the two merge
  for (size_t n = graph_field.size();; n >>= 7) {
    if (n < 0x80) {
      model_field += static_cast<char>(n);
      break;
    }
    model_field += static_cast<char>(n | 0x80);
  }
  const Model model = ReadModel(SourceOf(shell.SerializeAsString() + model_field + graph_field));
  EXPECT_EQ(model.weights.size(), 0u);
  EXPECT_EQ(LoadTensor(model, model.proto.graph().initializer(0)).data<float>()[511], 511.0f);
}

TEST(RoundTrip, OddSpellingsOfLengthsAreRead) {
  // A tag and a length in more bytes than needed are still protobuf.
  ModelProto proto = MatMulModel();
  const std::string graph = proto.graph().SerializeAsString();
  ModelProto head = proto;
  head.clear_graph();
  std::string text = head.SerializeAsString() + "\xba\x80";
  text += '\0';
  for (int i = 0; i < 4; ++i) text += static_cast<char>(((graph.size() >> (7 * i)) & 0x7f) | 0x80);
  text += static_cast<char>(graph.size() >> 28);
  const Model model = ReadModel(SourceOf(text + graph));
  ModelProto parsed;
  ASSERT_TRUE(parsed.ParseFromString(WriteToString(model)));
  EXPECT_TRUE(parsed.SerializeAsString() == proto.SerializeAsString());
}

// `tensor`, with `more` at the end of its message, as an initializer of the MatMul model.
std::string WithTensor(const TensorProto& tensor, const std::string& more) {
  const std::string message = tensor.SerializeAsString() + more;
  const auto length = [](size_t n) {
    std::string text;
    for (; n >= 0x80; n >>= 7) text += static_cast<char>(n | 0x80);
    return text + static_cast<char>(n);
  };
  const std::string field = "\x2a" + length(message.size()) + message;
  // A graph a second time: the two merge.
  return MatMulModel().SerializeAsString() + "\x3a" + length(field.size()) + field;
}

// Protobuf keeps a value that an enumeration does not have among the unknown fields.
TEST(Write, UnknownLocationsAreCountedAsTheyAreWritten) {
  const std::string unknown = "\x70\x07";
  MemoryFiles files;
  files.files["v.bin"] = Pattern(1600);
  TensorProto external = RawTensor("v", TensorProto::FLOAT, {400}, "");
  external.clear_raw_data();
  external.set_data_location(TensorProto::EXTERNAL);
  auto* entry = external.add_external_data();
  entry->set_key("location");
  entry->set_value("v.bin");
  const TensorProto tensors[] = {
      RawTensor("v", TensorProto::INT64, {200}, Pattern(1600)),
      RawTensor("v", TensorProto::FLOAT, {400}, Pattern(1600)),
      external,
  };
  for (const TensorProto& tensor : tensors) {
    const Model model = ReadModel(SourceOf(WithTensor(tensor, unknown)), &files);
    for (const bool beside : {false, true}) {
      const WriteOptions options{.use_external_data_format = beside, .location = "d"};
      MemorySink out;
      MemorySink data;
      WriteModel(model, out, beside ? &data : nullptr, options);
      EXPECT_EQ(out.bytes().size(), SizesOf(model, options).model);
      files.files["d"] = TextOf(data.bytes());
      const Model again = ReadModel(SourceOf(TextOf(out.bytes())), &files);
      EXPECT_EQ(TextOf(LoadBlob(*BytesOf(again, again.proto.graph().initializer(1)))),
                Pattern(1600));
    }
  }
}

TEST(Write, AWrongSizeIsNoticedBeforeTheFileIsInPlace) {
  class Shrinking final : public Blob {
   public:
    uint64_t size() const override { return ++asked_ == 1 ? 2048 : 2000; }
    void Read(uint64_t, std::span<std::byte>) const override {}

   private:
    mutable int asked_ = 0;
  };
  Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  model.weights[0].bytes = std::make_shared<Shrinking>();
  MemorySink sink;
  EXPECT_THAT(ErrorOf([&] { WriteModel(model, sink); }),
              testing::StartsWith("Internal: The model was written with "));
  EXPECT_FALSE(sink.finished());
}

TEST(Write, ComputedWeightsAreStreamed) {
  Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  auto* tensor = model.proto.mutable_graph()->mutable_initializer(0);
  tensor->set_data_type(TensorProto::INT8);
  uint64_t next = 0;
  const uint64_t size = 3 << 20;
  tensor->clear_dims();
  tensor->add_dims(static_cast<int64_t>(size));
  SetBytes(model, *tensor, MakeComputedBlob(size, [&](uint64_t offset, std::span<std::byte> out) {
             EXPECT_EQ(offset, next) << "read out of order";
             EXPECT_LE(out.size(), size_t{1} << 20);
             next = offset + out.size();
             for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(offset + i);
           }));
  CollectWeights(model);
  EXPECT_EQ(model.weights.size(), 1u);
  const std::string text = WriteToString(model);
  EXPECT_EQ(next, size);
  ModelProto parsed;
  ASSERT_TRUE(parsed.ParseFromString(text));
  EXPECT_EQ(parsed.graph().initializer(0).raw_data().size(), size);
  EXPECT_EQ(parsed.graph().initializer(0).raw_data()[1000], static_cast<char>(1000 % 256));
}

TEST(Write, CancellingLeavesTheSinkUnfinished) {
  struct Stopper : Monitor {
    int reports = 0;
    void OnProgress(std::string_view stage, uint64_t done, uint64_t total) override {
      EXPECT_EQ(stage, "write");
      EXPECT_LE(done, total);
      ++reports;
    }
    bool Cancelled() override { return reports >= 1; }
  };
  const Model model = ReadModel(SourceOf(MatMulModel(1024, 1024).SerializeAsString()));
  MemorySink sink;
  Stopper stopper;
  EXPECT_EQ(ErrorOf([&] { WriteModel(model, sink, nullptr, {}, &stopper); }),
            "Cancelled: Cancelled. Nothing was written.");
  EXPECT_FALSE(sink.finished());
}

TEST(Write, MoreThanTwoGigabytesNeedExternalData) {
  Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  auto* tensor = model.proto.mutable_graph()->mutable_initializer(0);
  const uint64_t size = uint64_t{5} << 30;
  tensor->clear_dims();
  tensor->add_dims(static_cast<int64_t>(size / 4));
  SetBytes(model, *tensor, MakeComputedBlob(size, [](uint64_t, std::span<std::byte>) {}));
  EXPECT_EQ(
      ErrorOf([&] { SizesOf(model); }),
      "Unsupported: The model file would have 5368709229 bytes, but the format ends at 2 GiB. "
      "Write it with external data (use_external_data_format).");
  // Which is no reason not to tell how large a model that was read is.
  EXPECT_EQ(FileBytes(model), 5368709229u);
  const WrittenSizes sizes =
      SizesOf(model, {.use_external_data_format = true, .location = "m.onnx.data"});
  EXPECT_EQ(sizes.external, size);
  EXPECT_LT(sizes.model, 1000u);
}

}  // namespace
}  // namespace quantab
