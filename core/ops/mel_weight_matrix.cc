// MelWeightMatrix (ai.onnx, since 17): the weights of a spectrum's bins in bands that are equally
// wide on the mel scale, mel = 2595 * log10(1 + hertz / 700); each band is a triangle.
#include <algorithm>
#include <cmath>

#include "core/ops/half.h"
#include "core/ops/scalar_input.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

double MelOf(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
double HertzOf(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

// The spectrum's bins at which the bands begin, peak and end: band i has edges i, i + 1 and i + 2.
std::vector<int64_t> BandEdges(const OpContext& c, int64_t bands, int64_t dft_length) {
  const int64_t sample_rate = IntegerScalar(c, 2);
  if (sample_rate < 1) {
    c.Invalid("input 2 is '" + std::to_string(sample_rate) + "', expected a sample rate.");
  }
  const double low = MelOf(FloatScalar(c, 3));
  const double high = MelOf(FloatScalar(c, 4));
  const double step = (high - low) / static_cast<double>(bands + 2);
  const int64_t last_bin = dft_length / 2;
  std::vector<int64_t> edges;
  for (int64_t i = 0; i < bands + 2; ++i) {
    const double hertz = HertzOf(static_cast<double>(i) * step + low);
    const double bin = std::floor((static_cast<double>(dft_length) + 1) * hertz /
                                  static_cast<double>(sample_rate));
    const bool inside = bin >= 0 && bin <= static_cast<double>(last_bin);
    if (!inside || (!edges.empty() && bin < static_cast<double>(edges.back()))) {
      c.Invalid("inputs 3 and 4 give a band that lies outside the spectrum.");
    }
    edges.push_back(static_cast<int64_t>(bin));
  }
  return edges;
}

// weights[bin, band].
void FillWeights(const std::vector<int64_t>& edges, int64_t bands, float* weights) {
  for (int64_t band = 0; band < bands; ++band) {
    const int64_t left = edges[Size(band)], peak = edges[Size(band + 1)];
    const int64_t right = edges[Size(band + 2)];
    for (int64_t bin = left; bin < peak; ++bin) {
      weights[bin * bands + band] =
          static_cast<float>(static_cast<double>(bin - left) / static_cast<double>(peak - left));
    }
    weights[peak * bands + band] = 1;
    for (int64_t bin = peak; bin < right; ++bin) {
      weights[bin * bands + band] =
          static_cast<float>(static_cast<double>(right - bin) / static_cast<double>(right - peak));
    }
  }
}

void Compute(OpContext& c) {
  const int64_t bands = IntegerScalar(c, 0);
  const int64_t dft_length = IntegerScalar(c, 1);
  if (bands < 1 || dft_length < 1 || bands > std::numeric_limits<int32_t>::max()) {
    c.Invalid("'" + std::to_string(bands) + "' bands of a transform of length '" +
              std::to_string(dft_length) + "' are not possible.");
  }
  const int64_t type = c.attributes().Int("output_datatype", static_cast<int64_t>(DType::kFloat));
  const auto dtype = static_cast<DType>(type);
  const Shape shape = {dft_length / 2 + 1, bands};
  Tensor weights(DType::kFloat, shape);
  std::fill_n(weights.mutable_data<float>(), weights.count(), 0.0F);
  FillWeights(BandEdges(c, bands, dft_length), bands, weights.mutable_data<float>());
  if (IsHalf(dtype)) return FloatToHalf(weights, c.Output(0, dtype, shape));
  const bool known = type == static_cast<int64_t>(dtype) && dtype != DType::kBool &&
                     VisitArithmetic(dtype, [&](auto zero) {
                       using T = decltype(zero);
                       T* y = c.Output(0, dtype, shape).template mutable_data<T>();
                       for (float weight : weights.span<float>()) *y++ = static_cast<T>(weight);
                     });
  if (!known) {
    c.Unsupported("attribute 'output_datatype' is '" + std::to_string(type) +
                  "', which is not supported.");
  }
}

}  // namespace

QUANTAB_REGISTER(ops, mel_weight_matrix) {
  r.Add({.name = "MelWeightMatrix", .since = 17, .compute = InFloat<Compute>});
}

}  // namespace quantab
