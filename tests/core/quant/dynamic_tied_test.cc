// Dynamic quantization of tables that are looked up in and, transposed, multiplied with.
#include <gtest/gtest.h>

#include "core/onnx/official.h"
#include "tests/core/quant/quant_testing.h"
#include "tests/core/quant/text_model.h"

namespace quantab {
namespace {

constexpr char kTable[] = "<float[3, 2] table = {1, 2, 3, 4, 5, 6}, float[2, 2] w = {1, 2, 3, 4}>";
const std::string kHead =
    "g (int64[4] ids) => (float[4, 3] y) " + std::string(kTable) +
    "{ e = Gather(table, ids) h = MatMul(e, w) t = Transpose<perm = [1, 0]>(table) "
    "y = MatMul(h, t) }";

Model Checked(const std::string& text, const DynamicOptions& options = {}) {
  const Model model = Dynamic(ModelFromText(text), options);
  EXPECT_EQ(CheckModel(model), std::nullopt);
  return model;
}

// The table is there once: uint8, asymmetric, scale 6 / 255 and zero point 0.
void ExpectOneTable(const Model& model) {
  int tables = 0;
  for (const auto& tensor : model.proto.graph().initializer()) {
    tables += ShapeOf(tensor) == Shape{3, 2} || ShapeOf(tensor) == Shape{2, 3};
  }
  EXPECT_EQ(tables, 1);
  EXPECT_EQ(ElementsOf<uint8_t>(model, "table_quantized"),
            (std::vector<uint8_t>{42, 85, 128, 170, 212, 255}));
  EXPECT_EQ(ElementsOf<float>(model, "table_scale"), (std::vector<float>{6.0f / 255}));
}

TEST(DynamicTied, AHeadThatTransposesTheTable) {
  for (const bool per_channel : {false, true}) {
    const Model model = Checked(kHead, {.per_channel = per_channel});
    ExpectOneTable(model);
    EXPECT_EQ(MakerOf(model, "t_quantized")->input(0), "table_quantized");
    const onnx::NodeProto& head = *MakerOf(model, "y_output_quantized");
    EXPECT_EQ(head.op_type(), "MatMulInteger");
    EXPECT_EQ(head.input(1), "t_quantized");
    EXPECT_EQ(head.input(3), "table_zero_point");
    EXPECT_EQ(CountOf(model, "DequantizeLinear"), 0);
  }
}

TEST(DynamicTied, AHeadThatIsAGemm) {
  const Model model = Checked("g (int64[4] ids) => (float[4, 3] y) " + std::string(kTable) +
                              "{ e = Gather(table, ids) h = MatMul(e, w) "
                              "y = Gemm<transB = 1>(h, table) }");
  ExpectOneTable(model);
  EXPECT_EQ(MakerOf(model, "table_Transposed_quantized")->op_type(), "Transpose");
  EXPECT_EQ(CountOf(model, "MatMulInteger"), 2);
}

TEST(DynamicTied, AHeadBeforeTheLookUp) {
  const Model model = Checked(
      "g (int64[4] ids, float[4, 2] x) => (float[4, 3] y, float[4, 2] e) " + std::string(kTable) +
      "{ t = Transpose<perm = [1, 0]>(table) y = MatMul(x, t) e = Gather(table, ids) }");
  ExpectOneTable(model);
  EXPECT_EQ(CountOf(model, "MatMulInteger"), 1);
}

TEST(DynamicTied, AHeadInsideALoop) {
  const Model model =
      Checked("g (int64[4] ids, bool flag) => (float[4, 3] y) " + std::string(kTable) +
                  "{ e = Gather(table, ids) t = Transpose<perm = [1, 0]>(table) "
                  "y = If(flag) <then_branch = a () => (float[4, 3] o) { o = MatMul(e, t) }, "
                  "else_branch = b () => (float[4, 3] p) { p = Gemm<transB = 1>(e, table) }> }",
              {.enable_subgraph = true});
  ExpectOneTable(model);
}

TEST(DynamicTied, NotWhereTheLookUpOrTheTransposeStaysInFloat) {
  // ONNX Runtime: without Gather in the list the transposed table stays in float, too.
  const Model without = Checked(kHead, {.op_types_to_quantize = {"MatMul", "Transpose"}});
  EXPECT_EQ(ElementsOf<float>(without, "table").size(), 6u);
  EXPECT_EQ(CountOf(without, "MatMulInteger"), 1);
  const Model gemm = Checked("g (int64[4] ids) => (float[4, 3] y) " + std::string(kTable) +
                                 "{ e = Gather(table, ids) y = Gemm<transB = 1>(e, table) }",
                             {.op_types_to_quantize = {"Gather", "Gemm"}});
  EXPECT_EQ(ElementsOf<int8_t>(gemm, "table_Transposed_quantized").size(), 6u);
}

TEST(DynamicTied, AMatrixThatIsNotLookedUpInStaysInFloatTransposed) {
  const Model model = Checked(
      "g (float[4, 2] x) => (float[4, 3] y) <float[3, 2] table = {1, 2, 3, 4, 5, 6}> "
      "{ t = Transpose<perm = [1, 0]>(table) y = MatMul(x, t) }");
  EXPECT_EQ(CountOf(model, "MatMul"), 1);
  EXPECT_EQ(InitializersIn(model.proto.graph()), "table");
}

}  // namespace
}  // namespace quantab
