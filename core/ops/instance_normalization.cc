// InstanceNormalization (ai.onnx, since 6) and GroupNormalization (since 18): each instance's
// channels, one by one or in groups, are normalised to mean 0 and variance 1, then scaled and
// shifted.
#include <cmath>

#include "core/kernels/norm/norm.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// scale and bias have one value for `channels_per_parameter` channels.
void Normalize(OpContext& c, size_t groups, size_t channels_per_parameter) {
  const Tensor x = c.Input(0);
  const size_t batch = Size(x.dim(0)), channels = Size(x.dim(1));
  const size_t pixels = Size(CountOf(x.shape(), 2, x.rank()));
  const float* gamma = FloatInput(c, 1);
  const float* beta = FloatInput(c, 2);
  for (int i = 1; i <= 2; ++i) {
    if (kernels::SaturatingMul(Size(c.Input(i).count()), channels_per_parameter) != channels) {
      c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
                ", which does not fit '" + std::to_string(channels) + "' channels.");
    }
  }
  const float epsilon = c.attributes().Float("epsilon", 1e-5f);
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  if (x.count() == 0) return;
  const size_t rows = batch * groups;
  float* mean = c.ScratchOf<float>(rows);
  float* variance = c.ScratchOf<float>(rows);
  float* scale = c.ScratchOf<float>(batch, channels);
  float* shift = c.ScratchOf<float>(batch, channels);
  const size_t group_channels = channels / groups;
  kernels::MeanVarianceRows(rows, group_channels * pixels, x.data<float>(), mean, variance);
  for (size_t i = 0; i < batch * channels; ++i) {
    const size_t row = i / group_channels;
    const size_t parameter = i % channels / channels_per_parameter;
    scale[i] = gamma[parameter] / std::sqrt(variance[row] + epsilon);
    shift[i] = beta[parameter] - mean[row] * scale[i];
  }
  kernels::ScaleShiftRows(batch * channels, pixels, x.data<float>(), scale, shift, y);
}

void CheckInput(const OpContext& c) {
  FloatInput(c, 0);
  if (c.Input(0).rank() < 2) {
    c.Invalid("input 0 has shape " + ToString(c.Input(0).shape()) + ", expected rank 2 or more.");
  }
}

void ComputeInstance(OpContext& c) {
  CheckInput(c);
  Normalize(c, Size(c.Input(0).dim(1)), 1);
}

void ComputeGroup(OpContext& c) {
  CheckInput(c);
  const int64_t groups = c.attributes().Int("num_groups", 0);
  const int64_t channels = c.Input(0).dim(1);
  if (groups < 1 || channels % groups != 0) {
    c.Invalid("attribute 'num_groups' is '" + std::to_string(groups) +
              "', which does not divide '" + std::to_string(channels) + "' channels.");
  }
  // Before opset 21 the parameters were by group.
  Normalize(c, Size(groups), c.opset() < 21 ? Size(channels / groups) : 1);
}

}  // namespace

QUANTAB_REGISTER(ops, instance_normalization) {
  r.Add({.name = "InstanceNormalization",
         .since = 6,
         .in_place = true,
         .compute = InFloat<ComputeInstance>});
  r.Add({.name = "GroupNormalization",
         .since = 18,
         .in_place = true,
         .compute = InFloat<ComputeGroup>});
}

}  // namespace quantab
