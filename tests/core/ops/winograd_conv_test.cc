// Conv with constant 3x3 weights, which sessions compute at the points of f32_winograd.
#include <cmath>
#include <string>

#include "core/exec/session.h"
#include "core/kernels/f32_winograd/f32_winograd.h"
#include "tests/core/ops/op_test.h"

namespace quantab {
namespace {

Tensor Waves(Shape shape, float step) {
  Tensor tensor(DType::kFloat, std::move(shape));
  float* to = tensor.mutable_data<float>();
  for (int64_t i = 0; i < tensor.count(); ++i) to[i] = std::sin(step * static_cast<float>(i));
  return tensor;
}

Model ThreeByThree() {
  GraphBuilder b(17);
  b.Input("x", DType::kFloat, {1, 16, "h", "w"}).Output("y");
  b.Initializer("w", Waves({24, 16, 3, 3}, 0.37F)).Initializer("b", Waves({24}, 0.9F));
  b.Node("Conv", {"x", "w", "b"}, {"c"}, {Attr("pads", std::vector<int64_t>{1, 1, 1, 1})});
  b.Node("Relu", {"c"}, {"y"});
  return b.model();
}

TEST(WinogradConv, AgreesWithPlainSumsAtEverySize) {
  const Model model = ThreeByThree();
  Session session(model);
  Session plain(model, {.reproducible = true});
  const auto run = [](Session& s, int64_t size) {
    kernels::f32_winograd_family.Note("none");
    return s.Run({{"x", Waves({1, 16, size, size}, 0.11F)}}).at("y");
  };
  for (const int64_t size : {20, 3, 33, 20}) {
    const Tensor y = run(session, size);
    EXPECT_EQ(std::string(kernels::f32_winograd_family.last()) == "none", size == 3) << size;
    const Tensor want = run(plain, size);
    EXPECT_STREQ(kernels::f32_winograd_family.last(), "none");
    ExpectTensor(y, want, 1e-4);
  }
}

}  // namespace
}  // namespace quantab
