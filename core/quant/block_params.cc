#include "core/quant/block_params.h"

#include <algorithm>
#include <cmath>

#include "core/quant/params.h"
#include "core/quant/weight.h"

namespace quantab {
namespace {

class ParamFinder {
 public:
  explicit ParamFinder(BlockParams& params) : params_(params), rules_(params.rules) {}

  void Add(RealRange range) {
    rules_.symmetric ? AddSymmetric(range) : AddAsymmetric(range);
    finite_ &= std::isfinite(params_.scales.back());
  }

  bool finite() const { return finite_; }

 private:
  void AddSymmetric(RealRange range) {
    const float farthest = std::fabs(range.max) > std::fabs(range.min) ? range.max : range.min;
    const float middle = static_cast<float>(params_.middle());
    params_.scales.push_back(RoundToReal(farthest / -middle, rules_.real));
    params_.zeros.push_back(static_cast<uint8_t>(params_.middle()));
  }

  void AddAsymmetric(RealRange range) {
    const float min = std::min(range.min, 0.0f), max = std::max(range.max, 0.0f);
    const bool mlas = rules_.arithmetic != BlockArithmetic::kGatherBlockQuantized;
    const DType type = mlas ? DType::kFloat : rules_.real;
    const float width = RoundToReal(double{max} - double{min}, type);
    const float scale = RoundToReal(double{width} / params_.largest(), type);
    params_.scales.push_back(RoundToReal(scale, rules_.real));
    // A block of zeros: each arithmetic has its own zero point for it.
    float zero = mlas ? 0.0f : static_cast<float>(params_.middle());
    if (scale != 0) {
      const float quotient = RoundToReal(-double{min} / double{scale}, type);
      zero = mlas ? std::round(quotient) : std::nearbyint(quotient);
    }
    const float largest = static_cast<float>(params_.largest());
    params_.zeros.push_back(static_cast<uint8_t>(std::min(std::max(0.0f, zero), largest)));
  }

  BlockParams& params_;
  const BlockRules& rules_;
  bool finite_ = true;
};

}  // namespace

int64_t BlockParams::blocks() const {
  const int64_t length = rules.axis == 0 ? rows : cols;
  return length / rules.block_size + (length % rules.block_size != 0 ? 1 : 0);
}

std::optional<BlockParams> FindBlockParams(const Blob& source, int64_t rows, int64_t cols,
                                           const BlockRules& rules) {
  const auto ranges = ScanRanges(source, {rows, cols}, rules.axis, rules.real, rules.block_size);
  if (!ranges) return std::nullopt;
  BlockParams params{.rules = rules, .rows = rows, .cols = cols, .scales = {}, .zeros = {}};
  params.scales.reserve(ranges->size());
  params.zeros.reserve(ranges->size());
  ParamFinder finder(params);
  for (const RealRange& range : *ranges) finder.Add(range);
  if (!finder.finite()) return std::nullopt;
  return params;
}

}  // namespace quantab
