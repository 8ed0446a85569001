// Affine, Crop, ImageScaler and their like, against values worked by hand.
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

TEST(Experimental, Affine) {
  ExpectTensor(
      OpTest("Affine", 7).Input(F32({3}, {0, 1, -2})).Set("alpha", 3.F).Set("beta", 1.F).RunOne(),
      F32({3}, {1, 4, -5}));
}

TEST(Experimental, ScaledTanhAndParametricSoftplus) {
  // 2 * tanh(0.5 * 2), 0.5 * log(1 + exp(2 * 1)), by a calculator.
  ExpectTensor(
      OpTest("ScaledTanh", 7).Input(F32({1}, {2})).Set("alpha", 2.F).Set("beta", 0.5F).RunOne(),
      F32({1}, {1.5231884F}));
  ExpectTensor(OpTest("ParametricSoftplus", 7)
                   .Input(F32({2}, {1, 200}))
                   .Set("alpha", 0.5F)
                   .Set("beta", 2.F)
                   .RunOne(),
               F32({2}, {1.0634640F, 200}));
}

TEST(Experimental, ImageScaler) {
  const auto scaled = [](const std::vector<float>& bias) {
    return OpTest("ImageScaler", 7)
        .Input(Iota({1, 2, 1, 2}))
        .Set("scale", 2.F)
        .Set("bias", bias)
        .RunOne();
  };
  ExpectTensor(scaled({10, -1}), F32({1, 2, 1, 2}, {10, 12, 3, 5}));
  ExpectError(ErrorCode::kInvalidModel, "one for each channel", [&] { scaled({1}); });
}

TEST(Experimental, Crop) {
  const auto cropped = [](const std::vector<int64_t>& border, const std::vector<int64_t>& scale) {
    OpTest test("Crop", 7);
    test.Input(Iota({1, 1, 3, 4})).Set("border", border);
    if (!scale.empty()) test.Set("scale", scale);
    return test.RunOne();
  };
  // Left 1, top 1, right 2, bottom 0.
  ExpectTensor(cropped({1, 1, 2, 0}, {}), F32({1, 1, 2, 1}, {5, 9}));
  ExpectTensor(cropped({1, 1, 0, 0}, {1, 2}), F32({1, 1, 1, 2}, {5, 6}));
  ExpectTensor(cropped({2, 0, 2, 0}, {}), F32({1, 1, 3, 0}, {}));
  for (const std::vector<int64_t>& border :
       {std::vector<int64_t>{3, 0, 2, 0}, {-1, 0, 0, 0}, {0, INT64_MAX, 0, 1}}) {
    ExpectError(ErrorCode::kInvalidModel, "does not fit", [&] { cropped(border, {}); });
  }
  ExpectError(ErrorCode::kInvalidModel, "of 4 values", [&] { cropped({0, 0, 0}, {}); });
  ExpectError(ErrorCode::kInvalidModel, "does not fit", [&] { cropped({1, 1, 0, 0}, {3, 1}); });
}

}  // namespace
}  // namespace quantab
