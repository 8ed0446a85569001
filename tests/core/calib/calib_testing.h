// What the tests of calibration methods share.
#pragma once

#include <string_view>
#include <vector>

#include "core/calib/collector.h"

namespace quantab {

inline Tensor Floats(Shape shape, const std::vector<float>& values) {
  return Tensor::From<float>(std::move(shape), values);
}
inline Tensor Floats(const std::vector<float>& values) {
  return Floats({static_cast<int64_t>(values.size())}, values);
}

enum class Reading { kOnce, kAsOftenAsWanted };

// The range of a tensor that was `samples`; the test fails without one.
inline TensorRange RangeOf(std::string_view method, const CalibSettings& settings,
                           const std::vector<Tensor>& samples,
                           Reading reading = Reading::kAsOftenAsWanted) {
  Collector collector(method, settings, {"x"});
  const int passes = reading == Reading::kOnce ? 1 : collector.passes();
  for (int pass = 1; pass <= passes; ++pass) {
    if (reading == Reading::kAsOftenAsWanted) collector.StartPass(pass);
    for (const Tensor& sample : samples) collector.OnTensor("x", sample);
  }
  return collector.Ranges().ranges.at("x");
}

}  // namespace quantab
