// BatchNormalization (ai.onnx, since 7), inference: y = (x - mean) * scale / sqrt(var + epsilon) +
// B, all by channel. A 1-D input is one channel.
#include <cmath>

#include "core/kernels/norm/norm.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  if (c.attributes().Int("training_mode", 0) != 0) {
    c.Unsupported("training is not supported; export the model for inference.");
  }
  if (c.attributes().Int("spatial", 1) == 0) {
    c.Unsupported("attribute 'spatial' is 0, which is not supported.");
  }
  FloatInput(c, 0);
  const Tensor x = c.Input(0);
  if (x.rank() < 1) c.Invalid("input 0 is a scalar, expected rank 1 or more.");
  const size_t batch = Size(x.dim(0));
  const size_t channels = x.rank() < 2 ? 1 : Size(x.dim(1));
  const size_t pixels = x.rank() < 2 ? 1 : Size(CountOf(x.shape(), 2, x.rank()));
  const float* parameters[4];
  for (int i = 0; i < 4; ++i) {
    parameters[i] = FloatInput(c, i + 1);
    if (Size(c.Input(i + 1).count()) != channels) {
      c.Invalid("input " + std::to_string(i + 1) + " has shape " +
                ToString(c.Input(i + 1).shape()) + ", expected [" + std::to_string(channels) +
                "].");
    }
  }
  const auto [gamma, beta, mean, variance] = parameters;
  const float epsilon = c.attributes().Float("epsilon", 1e-5f);
  float* scale = c.ScratchOf<float>(channels);
  float* shift = c.ScratchOf<float>(channels);
  for (size_t i = 0; i < channels; ++i) {
    scale[i] = gamma[i] / std::sqrt(variance[i] + epsilon);
    shift[i] = beta[i] - mean[i] * scale[i];
  }
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  const float* in = x.data<float>();
  for (size_t b = 0; b < batch; ++b, in += channels * pixels, y += channels * pixels) {
    if (pixels == 1) {
      for (size_t i = 0; i < channels; ++i) y[i] = in[i] * scale[i] + shift[i];
    } else {
      kernels::ScaleShiftRows(channels, pixels, in, scale, shift, y);
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, batch_normalization) {
  r.Add({.name = "BatchNormalization", .since = 7, .in_place = true, .compute = InFloat<Compute>});
}

}  // namespace quantab
