// LRN (ai.onnx): y = x / (bias + alpha / size * sum of squares over `size` neighbouring
// channels)^beta.
#include <algorithm>
#include <cmath>

#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  FloatInput(c, 0);
  const Tensor& x = c.Input(0);
  if (x.rank() < 2) c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 2.");
  const int64_t size = c.attributes().Int("size", 0);
  if (size < 1) c.Invalid("attribute 'size' is '" + std::to_string(size) + "'.");
  const float factor = c.attributes().Float("alpha", 1e-4f) / static_cast<float>(size);
  const float beta = c.attributes().Float("beta", 0.75f);
  const float bias = c.attributes().Float("bias", 1.0f);
  const int64_t channels = x.dim(1);
  const size_t pixels = Size(CountOf(x.shape(), 2, x.rank()));
  float* sums = c.ScratchOf<float>(pixels);
  const float* in = x.data<float>();
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  for (int64_t b = 0; b < x.dim(0); ++b, in += Size(channels) * pixels) {
    for (int64_t channel = 0; channel < channels; ++channel, y += pixels) {
      std::fill(sums, sums + pixels, 0.0f);
      const int64_t from = std::max<int64_t>(0, channel - (size - 1) / 2);
      const int64_t to = std::min<int64_t>(channels - 1, channel + size / 2);
      for (int64_t k = from; k <= to; ++k) {
        const float* plane = in + Size(k) * pixels;
        for (size_t i = 0; i < pixels; ++i) sums[i] += plane[i] * plane[i];
      }
      const float* plane = in + Size(channel) * pixels;
      for (size_t i = 0; i < pixels; ++i) {
        y[i] = plane[i] / std::pow(bias + factor * sums[i], beta);
      }
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, lrn) { r.Add({.name = "LRN", .compute = InFloat<Compute>}); }

}  // namespace quantab
