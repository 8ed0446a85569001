// ImageScaler (ai.onnx, experimental: withdrawn after opset 9, but ONNX Runtime still runs files
// that have it): y[n, c, ...] = scale * x[n, c, ...] + bias[c].
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  const float* in = FloatInput(c, 0);
  if (x.rank() < 2) c.Invalid("input 0 has rank " + std::to_string(x.rank()) + ", expected 4.");
  const float scale = c.attributes().Float("scale", 1);
  const std::vector<float> bias = c.attributes().Floats("bias");
  if (static_cast<int64_t>(bias.size()) != x.dim(1)) {
    c.Invalid("attribute 'bias' has " + std::to_string(bias.size()) + " values, expected " +
              std::to_string(x.dim(1)) + ", one for each channel.");
  }
  float* out = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  const int64_t pixels = CountOf(x.shape(), 2, x.rank());
  for (int64_t n = 0; n < x.dim(0); ++n) {
    for (const float offset : bias) {
      for (int64_t i = 0; i < pixels; ++i) *out++ = *in++ * scale + offset;
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, image_scaler) {
  r.Add({.name = "ImageScaler", .in_place = true, .compute = InFloat<Compute>});
}

}  // namespace quantab
