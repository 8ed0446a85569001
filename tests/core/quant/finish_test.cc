// The last steps of a quantization.
#include "core/quant/finish.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/onnx/official.h"
#include "tests/core/quant/text_model.h"

namespace quantab {
namespace {

TEST(Finish, ImportsADomainThatOnlyAGraphInsideUses) {
  Model model = ModelFromText(R"(
    g (float[2] x, bool flag) => (float[2] y)
    {
      y = If(flag) <
        then_branch = t () => (float[2] o) { o = com.microsoft.Gelu(x) },
        else_branch = e () => (float[2] p) { p = Neg(x) }>
    })");
  FinishModel(model);
  EXPECT_EQ(OpsetVersion(model.proto, "com.microsoft"), 1);
  FinishModel(model);
  EXPECT_EQ(model.proto.opset_import_size(), 2);
}

TEST(Finish, AGraphInsideComesAfterWhatItReads) {
  Model model = ModelFromText(R"(
    g (float[2] x, bool flag) => (float[2] y)
    {
      y = If(flag) <
        then_branch = t () => (float[2] o) { o = Neg(late) },
        else_branch = e () => (float[2] p) {
          p = If(flag) <then_branch = tt () => (float[2] q) { q = Neg(later) },
                        else_branch = te () => (float[2] r) { r = Neg(x) }>
        }>
      late = Relu(x)
      later = Relu(late)
    })");
  FinishModel(model);
  EXPECT_EQ(Listing(model.proto.graph()),
            "Relu(x) -> (late)\nRelu(late) -> (later)\nIf(flag) -> (y)\n");
  EXPECT_EQ(CheckModel(model), std::nullopt);
}

TEST(Finish, InitializersThatNothingReadsGoInAllGraphs) {
  Model model = ModelFromText(R"(
    g (float[2] x, bool flag) => (float[2] y)
    <float[2] inside = {1, 2}, float[2] unused = {3, 4}>
    {
      y = If(flag) <
        then_branch = t () => (float[2] o) <float[2] own = {1, 2}, float[2] idle = {3, 4}> {
          a = Add(own, inside)
          o = Add(a, x)
        },
        else_branch = e () => (float[2] p) { p = Neg(x) }>
    })");
  FinishModel(model);
  EXPECT_EQ(InitializersIn(model.proto.graph()), "inside");
  EXPECT_EQ(InitializersIn(BodyOf(model.proto.graph(), 0, "then_branch")), "own");
}

TEST(Finish, AGraphInsideThatReadsWhatItsNodeMakesIsACycle) {
  Model model = ModelFromText(R"(
    g (float[2] x, bool flag) => (float[2] y)
    {
      y = If(flag) <
        then_branch = t () => (float[2] o) { o = Neg(y) },
        else_branch = e () => (float[2] p) { p = Neg(x) }>
    })");
  EXPECT_THROW(FinishModel(model), Error);
}

}  // namespace
}  // namespace quantab
