// QLinearBatchNormalization (quantab, made by lowering only): of bytes, outside training,
//   y = saturate(round_half_even(((x - x_zero) * x_scale * k + o) / y_scale) + y_zero),
//   k = scale / sqrt(var + epsilon), o = B - mean * k, by channel
// as one product and one sum by channel. Inputs: x, x_scale, x_zero, scale, B, mean, var, y_scale,
// y_zero. Attribute 'channels_last' says that x and y have their channels last.
#include <algorithm>
#include <cmath>

#include "core/base/parallel.h"
#include "core/kernels/qlinear/qlinear.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

constexpr size_t kStepsOfAnElement = 1;
// Rows that are gone through for one vector of columns before the next one.
constexpr size_t kRows = 64;

struct Affine {
  std::vector<float> factor, rest;
};

Affine AffineOf(OpContext& c, size_t channels) {
  const float* parameters[4];
  for (int k = 0; k < 4; ++k) {
    const int i = 3 + k;
    parameters[k] = FloatInput(c, i);
    if (Size(c.Input(i).count()) == channels) continue;
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
              ", expected [" + std::to_string(channels) + "].");
  }
  const double epsilon = static_cast<double>(c.attributes().Float("epsilon", 1e-5F));
  const double x_scale = ScalarInput(c, 1), x_zero = ZeroInput(c, 2);
  const double y_scale = ScalarInput(c, 7), y_zero = ZeroInput(c, 8);
  Affine affine;
  for (size_t i = 0; i < channels; ++i) {
    const auto at = [&parameters, i](int k) { return static_cast<double>(parameters[k][i]); };
    const double k = at(0) / std::sqrt(at(3) + epsilon);
    const double o = at(1) - at(2) * k;
    affine.factor.push_back(static_cast<float>(x_scale * k / y_scale));
    affine.rest.push_back(static_cast<float>((o - x_zero * x_scale * k) / y_scale + y_zero));
  }
  return affine;
}

void Compute(OpContext& c) {
  const bool x_signed = IsSignedByte(c, 0), y_signed = IsSignedByte(c, 8);
  const Tensor x = c.Input(0);
  const bool last = c.attributes().Int("channels_last", 0) != 0;
  if (x.rank() < 2) c.Invalid("input 0 has fewer than 2 dimensions.");
  const size_t channels = Size(last ? x.shape().back() : x.dim(1));
  const Affine affine = AffineOf(c, channels);
  Tensor& y = c.Output(0, c.Input(8).dtype(), x.shape());
  if (x.count() == 0) return;
  const auto* from = reinterpret_cast<const uint8_t*>(x.raw());
  auto* to = reinterpret_cast<uint8_t*>(y.mutable_raw());
  // Channels last: rows of channels. Otherwise planes of one channel each.
  const size_t n = last ? channels : Size(CountOf(x.shape(), 2, x.rank()));
  const auto run = [&](size_t row, size_t rows) {
    const size_t channel = last ? 0 : row % channels;
    kernels::QLinearAffine({.rows = rows,
                            .n = n,
                            .x = from + row * n,
                            .x_signed = x_signed,
                            .factor = affine.factor.data() + channel,
                            .rest = affine.rest.data() + channel,
                            .step = last ? size_t{1} : size_t{0},
                            .y = to + row * n,
                            .y_signed = y_signed});
  };
  ParallelFor(Size(x.count()) / n, GrainFor(kStepsOfAnElement * n), [&](size_t begin, size_t end) {
    const size_t step = last ? kRows : 1;
    for (size_t row = begin; row < end; row += step) run(row, std::min(step, end - row));
  });
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_batch_normalization) {
  r.Add({.name = "QLinearBatchNormalization", .domain = "quantab", .compute = Compute});
}

}  // namespace quantab
