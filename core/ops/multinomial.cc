// Multinomial (ai.onnx, since 7): for each row `sample_size` outcomes, drawn by the logarithms of
// their probabilities, which need not sum up to 1.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/ops/half.h"
#include "core/ops/random.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// The running sums of the outcomes' weights, the largest of which is 1. What is no finite number
// weighs nothing.
template <class T>
std::vector<double> RunningWeights(const T* logits, int64_t count) {
  double top = -std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < count; ++i) {
    if (std::isfinite(logits[i])) top = std::max(top, static_cast<double>(logits[i]));
  }
  std::vector<double> sums;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (std::isfinite(logits[i])) sum += std::exp(static_cast<double>(logits[i]) - top);
    sums.push_back(sum);
  }
  return sums;
}

template <class T, class Y>
void Draw(OpContext& c, const Tensor& x, int64_t samples, Tensor& output) {
  const T* logits = x.data<T>();
  Y* y = output.mutable_data<Y>();
  if (output.count() == 0) return;
  RandomSource random(c);
  for (int64_t row = 0; row < x.dim(0); ++row) {
    const std::vector<double> sums = RunningWeights(logits + row * x.dim(1), x.dim(1));
    if (sums.empty() || sums.back() <= 0) {
      ThrowInvalidArgument("row " + std::to_string(row) + " has no outcome that is possible.");
    }
    for (int64_t i = 0; i < samples; ++i) {
      const double at = random.Uniform() * sums.back();
      *y++ = static_cast<Y>(std::upper_bound(sums.begin(), sums.end(), at) - sums.begin());
    }
  }
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  if (x.rank() != 2) c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 2.");
  const DType dtype = DTypeAttribute(c, DType::kInt32);
  if (dtype != DType::kInt32 && dtype != DType::kInt64) {
    c.Invalid("attribute 'dtype' is '" + std::string(NameOf(dtype)) +
              "', expected 'int32' or 'int64'.");
  }
  const int64_t samples = c.attributes().Int("sample_size", 1);
  if (samples < 0) c.Invalid("attribute 'sample_size' is " + std::to_string(samples) + ".");
  Tensor& y = c.Output(0, dtype, {x.dim(0), samples});
  const auto draw = [&](auto zero) {
    using T = decltype(zero);
    dtype == DType::kInt32 ? Draw<T, int32_t>(c, x, samples, y)
                           : Draw<T, int64_t>(c, x, samples, y);
  };
  if (x.dtype() == DType::kFloat) {
    draw(float{});
  } else if (x.dtype() == DType::kDouble) {
    draw(double{});
  } else {
    UnsupportedInputType(c, 0);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, multinomial) {
  r.Add({.name = "Multinomial", .since = 7, .compute = InFloat<Compute>});
}

}  // namespace quantab
