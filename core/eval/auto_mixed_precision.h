// Finds which nodes have to stay in float32 for a float16 model to be good enough.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"
#include "core/quant/float16_options.h"
#include "core/tensor/tensor.h"

namespace quantab {

struct AutoMixedPrecisionOptions {
  // How the model is converted; its node_block_list is where the search begins.
  Float16Options float16 = {};
  // Every element of every output has to satisfy |a - b| <= atol + rtol * |a|, where a is the float
  // model's, and NaN equals NaN: numpy.allclose with equal_nan.
  double rtol = 1e-2;
  double atol = 1e-3;
  // Runs of a converted model over all samples, at most.
  int64_t max_trials = 64;
};

struct MixedPrecision {
  Model model;
  std::vector<std::string> node_block_list;  // sorted by name
  std::vector<std::string> overflowing;      // those of them whose results do not fit float16
  bool within_tolerance = false;
  int64_t trials = 0;
};

// Gives sample `index`, keyed by the float model's inputs; may be called again for each.
using SampleSource = std::function<TensorMap(size_t index)>;

// First the float model runs on every sample: nodes that make or read a magnitude above 65504 stay
// in float32. If the rest is not within the tolerance, segments of nodes are converted by trial,
// the largest first, and halved where that breaks the tolerance, as in onnxconverter_common's
// auto_convert_mixed_precision; what is undecided after max_trials stays in float32. Nodes without
// a name get one in the result. Control flow itself is never blocked, but the nodes inside are.
// Progress goes to `monitor` as "compare". Throws Error(kInvalidArgument) without samples, for
// tolerances that are negative or not numbers, and for a sample that does not fit;
// Error(kUnsupported) for models that cannot be run; otherwise as ConvertFloatToFloat16.
MixedPrecision AutoMixedPrecision(const Model& model, size_t samples, const SampleSource& sample,
                                  const AutoMixedPrecisionOptions& options = {},
                                  Monitor* monitor = nullptr);

}  // namespace quantab
