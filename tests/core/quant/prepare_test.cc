#include "core/quant/prepare.h"

#include <gtest/gtest.h>

#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

// Of several initializers of one name the last counts, and the others do not live on in the result.
TEST(Prepare, OverriddenInitializersGo) {
  onnx::ModelProto proto = MatMulModel();
  auto* graph = proto.mutable_graph();
  *graph->add_initializer() = RawTensor("other", onnx::TensorProto::FLOAT, {300}, Pattern(1200, 3));
  *graph->add_initializer() = RawTensor("w", onnx::TensorProto::FLOAT, {32, 16}, Pattern(2048, 2));
  const Model model = ReadModel(SourceOf(proto.SerializeAsString()));
  StaticOptions options;
  const Model prepared = PrepareModel(model, options);
  ASSERT_EQ(prepared.proto.graph().initializer_size(), 2);
  EXPECT_EQ(prepared.proto.graph().initializer(0).name(), "other");
  const onnx::TensorProto& w = prepared.proto.graph().initializer(1);
  EXPECT_EQ(TextOf(LoadBlob(*BytesOf(prepared, w))), Pattern(2048, 2));
}

}  // namespace
}  // namespace quantab
