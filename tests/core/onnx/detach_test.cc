// What reading leaves outside, and how little it touches.
#include "core/onnx/detach.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

using onnx::ModelProto;
using onnx::TensorProto;

// A file made on the fly: `head`, then `zeros` zero bytes, then `tail`. Counts what is read.
class SparseSource final : public ByteSource {
 public:
  SparseSource(std::string head, uint64_t zeros, std::string tail)
      : head_(std::move(head)), zeros_(zeros), tail_(std::move(tail)) {}

  const std::string& name() const override { return name_; }
  uint64_t size() const override { return head_.size() + zeros_ + tail_.size(); }
  void Read(uint64_t offset, std::span<std::byte> out) const override {
    CheckRange(*this, offset, out.size());
    bytes_read += out.size();
    for (size_t i = 0; i < out.size(); ++i) {
      const uint64_t at = offset + i;
      char c = 0;
      if (at < head_.size()) {
        c = head_[static_cast<size_t>(at)];
      } else if (at >= head_.size() + zeros_) {
        c = tail_[static_cast<size_t>(at - head_.size() - zeros_)];
      }
      out[i] = static_cast<std::byte>(c);
    }
  }

  mutable uint64_t bytes_read = 0;

 private:
  std::string name_ = "huge.onnx";
  std::string head_;
  uint64_t zeros_;
  std::string tail_;
};

std::string Length(uint64_t value) {
  std::string text;
  for (; value >= 0x80; value >>= 7) text += static_cast<char>(value | 0x80);
  return text + static_cast<char>(value);
}

// A model whose float32 initializer "w" of `floats` elements lies, as zeros, in the file's middle.
std::shared_ptr<SparseSource> HugeModel(uint64_t floats) {
  ModelProto rest = EmptyModel();
  onnx::GraphProto graph = rest.graph();
  *graph.add_input() = FloatValue("x", {1, static_cast<int64_t>(floats)});
  *graph.add_output() = FloatValue("y", {1, 1});
  AddNode(graph, "MatMul", {"x", "w"}, {"y"});
  rest.clear_graph();

  TensorProto tensor;
  tensor.set_name("w");
  tensor.set_data_type(TensorProto::FLOAT);
  tensor.add_dims(static_cast<int64_t>(floats));
  tensor.add_dims(1);
  const uint64_t payload = floats * 4;
  const std::string tensor_head = tensor.SerializeAsString() + "\x4a" + Length(payload);
  const std::string graph_head =
      graph.SerializeAsString() + "\x2a" + Length(tensor_head.size() + payload) + tensor_head;
  const std::string head = "\x3a" + Length(graph_head.size() + payload) + graph_head;
  return std::make_shared<SparseSource>(head, payload, rest.SerializeAsString());
}

TEST(Detach, PayloadsAreNotRead) {
  for (const uint64_t floats : {uint64_t{150'000'000}, uint64_t{3'000'000'000}}) {
    SCOPED_TRACE(floats);
    const auto source = HugeModel(floats);
    const Model model = ReadModel(source);
    ASSERT_EQ(model.weights.size(), 1u);
    EXPECT_EQ(model.weights[0].bytes->size(), floats * 4);
    EXPECT_LT(source->bytes_read, uint64_t{1} << 20);
    EXPECT_LT(model.proto.ByteSizeLong(), 1000u);
    EXPECT_EQ(OpsetVersion(model.proto), 21);
  }
}

TEST(Detach, LargeModelsAreStreamedWhenWritten) {
  struct CountingSink : ByteSink {
    uint64_t bytes = 0;
    size_t largest = 0;
    void Write(std::span<const std::byte> part) override {
      bytes += part.size();
      largest = std::max(largest, part.size());
    }
    void Finish() override {}
  } sink;
  const auto source = HugeModel(50'000'000);
  const Model model = ReadModel(source);
  WriteModel(model, sink);
  EXPECT_EQ(sink.bytes, SizesOf(model).model);
  EXPECT_LE(sink.largest, size_t{1} << 20);
}

TEST(Detach, ReadingReportsProgressAndStops) {
  struct Stopper : Monitor {
    std::vector<uint64_t> seen;
    uint64_t last_total = 0;
    bool stop = false;
    void OnProgress(std::string_view stage, uint64_t done, uint64_t total) override {
      EXPECT_EQ(stage, "read");
      seen.push_back(done);
      last_total = total;
    }
    bool Cancelled() override { return stop; }
  } monitor;
  const auto source = HugeModel(1'000'000);
  ReadModel(source, nullptr, &monitor);
  EXPECT_TRUE(std::is_sorted(monitor.seen.begin(), monitor.seen.end()));
  EXPECT_EQ(monitor.seen.back(), source->size());
  EXPECT_EQ(monitor.last_total, source->size());
  monitor.stop = true;
  EXPECT_EQ(ErrorOf([&] { ReadModel(source, nullptr, &monitor); }),
            "Cancelled: Cancelled. Nothing was written.");
}

TEST(Detach, ThresholdsFollowTheUse) {
  EXPECT_FALSE(ShouldDetach(DType::kFloat, 1023));
  EXPECT_TRUE(ShouldDetach(DType::kFloat, 1024));
  EXPECT_TRUE(ShouldDetach(DType::kInt4, 1024));
  EXPECT_FALSE(ShouldDetach(DType::kInt64, 65536));
  EXPECT_TRUE(ShouldDetach(DType::kInt64, 65537));
  EXPECT_FALSE(ShouldDetach(DType::kString, 1 << 30));
}

TEST(Detach, SkeletonsReferToWeightsByNumber) {
  const Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  const auto& tensor = model.proto.graph().initializer(0);
  EXPECT_TRUE(IsDetached(tensor));
  EXPECT_EQ(WeightIndex(tensor), 0u);
  ASSERT_EQ(tensor.external_data_size(), 1);
  EXPECT_EQ(tensor.external_data(0).key(), "location");
  EXPECT_EQ(tensor.external_data(0).value(), "#0");
  EXPECT_EQ(TypeOf(tensor), DType::kFloat);
  EXPECT_EQ(ShapeOf(tensor), (Shape{32, 16}));
  EXPECT_EQ(model.weights[0].field, PayloadField::kRawData);
  EXPECT_FALSE(model.weights[0].was_external);
}

TEST(Weights, SetBytesMovesBetweenInsideAndOutside) {
  Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  TensorProto& tensor = *model.proto.mutable_graph()->mutable_initializer(0);
  tensor.set_dims(0, 1);
  SetBytes(model, tensor, MakeMemoryBlob(BytesOfText(Pattern(64))));
  EXPECT_FALSE(IsDetached(tensor));
  EXPECT_FALSE(tensor.has_data_location());
  EXPECT_EQ(tensor.external_data_size(), 0);
  EXPECT_EQ(tensor.raw_data(), Pattern(64));

  tensor.set_dims(0, 100);
  SetBytes(model, tensor, MakeMemoryBlob(BytesOfText(Pattern(6400))));
  EXPECT_TRUE(IsDetached(tensor));
  EXPECT_FALSE(tensor.has_raw_data());
  EXPECT_EQ(WeightIndex(tensor), 1u);
  EXPECT_EQ(ErrorOf([&] { SetBytes(model, tensor, MakeMemoryBlob({})); }),
            "Internal: Tensor 'w' needs 6400 bytes, but was given 0.");

  CollectWeights(model);
  EXPECT_EQ(model.weights.size(), 1u);
  EXPECT_EQ(WeightIndex(tensor), 0u);
  EXPECT_EQ(TextOf(LoadBlob(*BytesOf(model, tensor))), Pattern(6400));
}

TEST(Weights, CopiesShareThem) {
  const Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  const Model copy = model;
  EXPECT_EQ(copy.weights[0].bytes, model.weights[0].bytes);
}

TEST(Weights, TypeMustMatchTheBytes) {
  Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  TensorProto& tensor = *model.proto.mutable_graph()->mutable_initializer(0);
  tensor.set_dims(0, 7);
  EXPECT_EQ(ErrorOf([&] { BytesOf(model, tensor); }),
            "InvalidModel: 'm.onnx': tensor 'w' of type float32 and shape [7,16] needs 448 bytes, "
            "but has 2048. The file is damaged; export the model again.");
}

}  // namespace
}  // namespace quantab
