// BatchNormalization (ai.onnx, since 1): y = (x - mean) * scale / sqrt(var + epsilon) + B, all by
// channel. A 1-D input is one channel. In training mean and variance are those of the batch, and
// further outputs: the given ones moved towards them by 1 - momentum and, up to opset 13, they
// themselves.
//
//   quantab.NhwcBatchNormalization  made by lowering only: the same outside training with channels
//                                   last
#include <algorithm>
#include <cmath>

#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/norm/norm.h"
#include "core/ops/half.h"
#include "core/ops/types.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

// The first opset with attribute 'training_mode'; before, further outputs meant training.
constexpr int64_t kTrainingMode = 14;

bool Trains(const OpContext& c) {
  if (c.opset() >= kTrainingMode) return c.attributes().Int("training_mode", 0) != 0;
  for (int i = 1; i < c.output_count(); ++i) {
    if (c.HasOutput(i)) return true;
  }
  return false;
}

struct Layout {
  size_t batch, channels, pixels;
};

Layout LayoutOf(const OpContext& c, const Tensor& x) {
  if (x.rank() < 1) c.Invalid("input 0 is a scalar, expected rank 1 or more.");
  const size_t batch = Size(x.dim(0));
  if (x.rank() < 2) return {batch, 1, 1};
  // Up to opset 8 every element of a sample may be a channel.
  if (c.attributes().Int("spatial", 1) == 0)
    return {batch, Size(CountOf(x.shape(), 1, x.rank())), 1};
  return {batch, Size(x.dim(1)), Size(CountOf(x.shape(), 2, x.rank()))};
}

// Input `i`, float32 or float64, with one element for each channel.
template <class T>
std::vector<T> Parameter(const OpContext& c, int i, size_t channels) {
  const Tensor& input = c.Input(i);
  if (Size(input.count()) != channels) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(input.shape()) +
              ", expected [" + std::to_string(channels) + "].");
  }
  std::vector<T> values(channels);
  const auto copy = [&](auto from) {
    std::transform(from.begin(), from.end(), values.begin(),
                   [](auto value) { return static_cast<T>(value); });
  };
  if (input.dtype() == DType::kDouble) {
    copy(input.span<double>());
  } else {
    copy(std::span(FloatInput(c, i), channels));
  }
  return values;
}

// Calls visit(channel, values) for every run of one channel's pixels.
template <class T, class F>
void ForEachPlane(const Layout& l, const T* x, F&& visit) {
  for (size_t b = 0; b < l.batch; ++b) {
    for (size_t i = 0; i < l.channels; ++i, x += l.pixels) visit(i, std::span(x, l.pixels));
  }
}

template <class T>
struct Statistics {
  std::vector<T> mean, variance;
};

template <class T>
Statistics<T> StatisticsOf(const Layout& l, const T* x) {
  const double n = static_cast<double>(l.batch) * static_cast<double>(l.pixels);
  std::vector<double> mean(l.channels), variance(l.channels);
  ForEachPlane(l, x, [&](size_t i, auto plane) {
    for (T value : plane) mean[i] += value;
  });
  for (double& value : mean) value /= n;
  ForEachPlane(l, x, [&](size_t i, auto plane) {
    for (T value : plane) variance[i] += (value - mean[i]) * (value - mean[i]);
  });
  for (double& value : variance) value /= n;
  return {{mean.begin(), mean.end()}, {variance.begin(), variance.end()}};
}

// Output `i`, in the type of input `like`, which may be a half precision that has been widened.
template <class T>
void Write(OpContext& c, int i, int like, const std::vector<T>& values) {
  const DType dtype = c.OptionalValue(like)->tensor()->dtype();
  Tensor& out = c.Output(i, dtype, {static_cast<int64_t>(values.size())});
  if (IsHalf(dtype)) {
    const std::vector<float> floats(values.begin(), values.end());
    FloatToHalf(Tensor::From<float>(out.shape(), floats), out);
  } else if (dtype == DType::kDouble) {
    std::copy(values.begin(), values.end(), out.mutable_data<double>());
  } else {
    std::transform(values.begin(), values.end(), out.mutable_data<float>(),
                   [](T value) { return static_cast<float>(value); });
  }
}

template <class T>
void WriteStatistics(OpContext& c, const Statistics<T>& given, const Statistics<T>& found) {
  const T momentum = c.attributes().Float("momentum", 0.9F);
  const auto moved = [momentum](std::vector<T> from, const std::vector<T>& to) {
    for (size_t i = 0; i < from.size(); ++i) {
      from[i] = from[i] * momentum + to[i] * (1 - momentum);
    }
    return from;
  };
  Write(c, 1, 3, moved(given.mean, found.mean));
  Write(c, 2, 4, moved(given.variance, found.variance));
  if (c.opset() >= kTrainingMode) return;
  Write(c, 3, 3, found.mean);
  Write(c, 4, 4, found.variance);
}

template <class T>
void Normalize(const Layout& l, const T* x, const T* scale, const T* shift, T* y) {
  for (size_t b = 0; b < l.batch; ++b, x += l.channels * l.pixels, y += l.channels * l.pixels) {
    if constexpr (std::is_same_v<T, float>) {
      if (l.pixels != 1) {
        kernels::ScaleShiftRows(l.channels, l.pixels, x, scale, shift, y);
        continue;
      }
    }
    for (size_t i = 0; i < l.channels; ++i) {
      for (size_t at = i * l.pixels; at < (i + 1) * l.pixels; ++at) {
        y[at] = x[at] * scale[i] + shift[i];
      }
    }
  }
}

// Makes scale and shift of input 1 and 2 those of y = x * scale + shift.
template <class T>
void TakeIn(const OpContext& c, const Statistics<T>& by, std::vector<T>& scale,
            std::vector<T>& shift) {
  const T epsilon = c.attributes().Float("epsilon", 1e-5F);
  for (size_t i = 0; i < scale.size(); ++i) {
    scale[i] /= std::sqrt(by.variance[i] + epsilon);
    shift[i] -= by.mean[i] * scale[i];
  }
}

template <class T>
void Run(OpContext& c) {
  const Tensor x = c.Input(0);
  const Layout l = LayoutOf(c, x);
  std::vector<T> scale = Parameter<T>(c, 1, l.channels);
  std::vector<T> shift = Parameter<T>(c, 2, l.channels);
  Statistics<T> by{Parameter<T>(c, 3, l.channels), Parameter<T>(c, 4, l.channels)};
  if (Trains(c)) {
    Statistics<T> found = StatisticsOf(l, x.data<T>());
    WriteStatistics(c, by, found);
    by = std::move(found);
  }
  TakeIn(c, by, scale, shift);
  T* y = c.Output(0, x.dtype(), x.shape()).template mutable_data<T>();
  Normalize(l, x.data<T>(), scale.data(), shift.data(), y);
}

void Compute(OpContext& c) {
  if (c.Input(0).dtype() == DType::kDouble) return Run<double>(c);
  FloatInput(c, 0);
  Run<float>(c);
}

void ComputeNhwc(OpContext& c) {
  const float* data = FloatInput(c, 0);
  const Tensor x = c.Input(0);
  if (x.rank() < 2) c.Invalid("input 0 has fewer than 2 dimensions.");
  const size_t channels = Size(x.shape().back());
  std::vector<float> scale = Parameter<float>(c, 1, channels);
  std::vector<float> shift = Parameter<float>(c, 2, channels);
  TakeIn(c, {Parameter<float>(c, 3, channels), Parameter<float>(c, 4, channels)}, scale, shift);
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  const size_t rows = channels == 0 ? 0 : Size(x.count()) / channels;
  using kernels::BinaryOp;
  kernels::Binary(BinaryOp::kMul, rows, channels, data, channels, 1, scale.data(), 0, 1, y);
  kernels::Binary(BinaryOp::kAdd, rows, channels, y, channels, 1, shift.data(), 0, 1, y);
}

}  // namespace

QUANTAB_REGISTER(ops, batch_normalization) {
  r.Add({.name = "BatchNormalization", .in_place = true, .compute = InFloat<Compute, 1>});
  r.Add({.name = "NhwcBatchNormalization",
         .domain = "quantab",
         .in_place = true,
         .compute = InFloat<ComputeNhwc>});
}

}  // namespace quantab
