// Which kernels a session runs on: the fastest that give exact results on this machine.
#include <string>
#include <string_view>

#include "core/exec/session.h"
#include "core/kernels/i8_depthwise/i8_depthwise.h"
#include "core/kernels/i8_gemm/i8_gemm.h"
#include "tests/core/kernels/kernel_test.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

Model PointwiseAndDepthwise() {
  GraphBuilder b(17);
  b.Input("x", DType::kUint8, {1, 16, 5, 5}).Output("y");
  b.Initializer("s", F32({}, {0.02f})).Initializer("z", U8({}, {120}));
  b.Initializer("ws", F32({}, {0.004f})).Initializer("wz", I8({}, {0}));
  b.Initializer("pw", Tensor(DType::kInt8, {24, 16, 1, 1}));
  b.Initializer("dw", Tensor(DType::kInt8, {24, 1, 3, 3}));
  b.Node("QLinearConv", {"x", "s", "z", "pw", "ws", "wz", "s", "z"}, {"p"}, {}, "pointwise");
  b.Node("QLinearConv", {"p", "s", "z", "dw", "ws", "wz", "s", "z"}, {"y"}, {{"group", 24}},
         "depthwise");
  return b.model();
}

// The names of the int8 kernels that ran, of the product and of the depthwise convolution.
std::pair<std::string, std::string> KernelsOfARun() {
  kernels::i8_gemm_family.Note("none");
  kernels::i8_depthwise_family.Note("none");
  Session session(PointwiseAndDepthwise());
  session.Run({{"x", Tensor(DType::kUint8, {1, 16, 5, 5})}});
  return {kernels::i8_gemm_family.last(), kernels::i8_depthwise_family.last()};
}

TEST(ChosenKernels, AreExactOnThisMachine) {
  const bool exact = kernels::CanRun(kernels::Needs::kExactDot);
  const auto [gemm, depthwise] = KernelsOfARun();
  EXPECT_EQ(gemm, exact ? "i8_gemm_relaxed_2x24c4" : "i8_gemm_simd128_4x8c2");
  EXPECT_EQ(depthwise, exact ? "i8_depthwise_relaxed" : "i8_depthwise_simd128");
}

#if !defined(__wasm__)
TEST(ChosenKernels, FollowWhatTheDotProductDoes) {
  for (const RelaxedDot dot : {RelaxedDot::kSigned, RelaxedDot::kUnsigned}) {
    const kernels::EmulatedDot emulated(dot);
    const auto [gemm, depthwise] = KernelsOfARun();
    EXPECT_EQ(gemm, "i8_gemm_relaxed_2x24c4");
    EXPECT_EQ(depthwise, "i8_depthwise_relaxed");
  }
  const kernels::EmulatedDot emulated(RelaxedDot::kSaturating);
  const auto [gemm, depthwise] = KernelsOfARun();
  EXPECT_EQ(gemm, "i8_gemm_simd128_4x8c2");
  EXPECT_EQ(depthwise, "i8_depthwise_simd128");
}
#endif

}  // namespace
}  // namespace quantab
