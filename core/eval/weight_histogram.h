// How the elements of a stored weight are spread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"

namespace quantab {

struct WeightHistogram {
  std::string name;
  std::string type;  // "float32" or "float16"
  Shape shape;
  int64_t elements = 0;
  int64_t not_finite = 0;  // NaN and infinities, which count in none of the following
  int64_t zeros = 0;
  double min = 0, max = 0;
  double mean = 0, deviation = 0;  // sqrt(mean((x - mean)^2))
  // Elements in [min + i w, min + (i + 1) w), w = (max - min) / counts.size(); the last has max
  // too. Where all elements are equal, they are in the first.
  std::vector<int64_t> counts;
};

constexpr int kMostHistogramBins = 4096;

// Of an initializer of the main graph, or what a Constant there gives, by its name. The weight is
// read in pieces, twice. Throws Error(kInvalidArgument) for a name that is none of these or not of
// floats, and for `bins` below 1 or beyond kMostHistogramBins.
WeightHistogram HistogramOf(const Model& model, const std::string& name, int bins,
                            Monitor* monitor = nullptr);

}  // namespace quantab
