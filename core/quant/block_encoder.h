// Elements as codes, by the arithmetic of the operator that is to read them: for the blobs of
// block_codes.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/quant/block_params.h"
#include "core/quant/params.h"

namespace quantab {

// `n` elements, of the blocks from `block` on where `each`, else all of that block. An encoder has
// Code(x, parameters of the block).
template <class Encoder>
void EncodeElements(const Encoder& encoder, size_t n, const float* x, size_t block, bool each,
                    uint8_t* codes) {
  if (!each) {
    const auto parameters = encoder.ParametersOf(block);
    for (size_t i = 0; i < n; ++i) codes[i] = encoder.Code(x[i], parameters);
    return;
  }
  for (size_t i = 0; i < n; ++i) codes[i] = encoder.Code(x[i], encoder.ParametersOf(block + i));
}

// What is common to those of MLAS.
class MlasEncoder {
 public:
  struct Parameters {
    float reciprocal, zero;
  };

  explicit MlasEncoder(const BlockParams& params)
      : params_(params), largest_(static_cast<float>(params.largest())) {}

  Parameters ParametersOf(size_t block) const {
    const float scale = params_.scales[block];
    return {scale != 0 ? 1.0f / scale : 0.0f, static_cast<float>(params_.zeros[block])};
  }

 protected:
  // Bounds are whole, so that rounding after clamping gives the same as before. NaN, which a scale
  // near to zero may give, becomes the lower one.
  static float Clamped(float x, float low, float high) { return std::min(std::max(low, x), high); }

  const BlockParams& params_;
  const float largest_;
};

class MatMulNBitsEncoder : public MlasEncoder {
 public:
  using MlasEncoder::MlasEncoder;

  uint8_t Code(float x, Parameters p) const {
    const float y = Clamped(x * p.reciprocal + p.zero, 0, largest_);
    const int whole = static_cast<int>(y);
    return static_cast<uint8_t>(whole + (y - static_cast<float>(whole) >= 0.5f ? 1 : 0));
  }
};

class DequantizeLinearEncoder : public MlasEncoder {
 public:
  using MlasEncoder::MlasEncoder;

  uint8_t Code(float x, Parameters p) const {
    const float y = Clamped(x * p.reciprocal, -p.zero, largest_ - p.zero);
    const int whole = static_cast<int>(y);
    const float rest = y - static_cast<float>(whole);
    const int rounded = whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
    return static_cast<uint8_t>(rounded + static_cast<int>(p.zero));
  }
};

class GatherEncoder {
 public:
  struct Parameters {
    float scale, zero;
  };

  explicit GatherEncoder(const BlockParams& params)
      : params_(params), largest_(static_cast<float>(params.largest())) {}

  Parameters ParametersOf(size_t block) const {
    return {params_.scales[block], static_cast<float>(params_.zeros[block])};
  }

  uint8_t Code(float x, Parameters p) const {
    if (p.scale == 0) return static_cast<uint8_t>(params_.middle());
    const DType real = params_.rules.real;
    const float quotient = RoundToReal(double{x} / double{p.scale}, real);
    // A symmetric code is rounded before it is moved.
    const float code = params_.rules.symmetric
                           ? std::nearbyint(quotient) + p.zero
                           : std::nearbyint(RoundToReal(double{quotient} + double{p.zero}, real));
    return static_cast<uint8_t>(std::min(std::max(0.0f, code), largest_));
  }

 private:
  const BlockParams& params_;
  const float largest_;
};

}  // namespace quantab
