// Finds which nodes have to stay in float32 for a float16 model to be good enough.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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
  // Converted models that are tried on the samples, at most; 2 or more.
  int64_t max_trials = 64;
  // Bytes of the float model's outputs that are kept. For the samples beyond them the float model
  // runs anew in every trial, with the same result.
  uint64_t output_budget = uint64_t{64} << 20;
};

// See core/quant/options.h. What is kept in memory changes no result and is no option of a recipe.
template <class Options, class Visitor>
void Describe(Options& o, Visitor& v)
  requires requires { o.max_trials; }
{
  Describe(o.float16, v);
  v.Option("rtol", o.rtol,
           "How far an element of an output may be from the float model's, as a share of it.", "");
  v.Option("atol", o.atol, "How far it may be beyond that: |a - b| <= atol + rtol |a|.", "");
  v.Option("max_trials", o.max_trials,
           "Converted models to try on the samples, at most; nodes that are undecided then stay in "
           "float32.",
           "");
}

struct MixedPrecision {
  Model model;
  // All nodes that stay in float32 by name, sorted. As options of ConvertFloatToFloat16 they make
  // the same model without samples.
  std::vector<std::string> node_block_list;
  // Those of them that make or read numbers beyond float16's, and those that break the tolerance
  // or are undecided, in the order of the file. The rest was asked for.
  std::vector<std::string> overflowing;
  std::vector<std::string> inaccurate;
  bool within_tolerance = false;
  int64_t trials = 0;
};

// The search, sample by sample:
//
//   MixedPrecisionSearch search(model, options);
//   do {
//     for (const TensorMap& sample : samples) {
//       if (!search.Add(sample)) break;
//     }
//   } while (search.NextPass());
//   MixedPrecision found = search.Finish();
//
// First the float model runs on every sample: nodes that make or read a magnitude above 65504 stay
// in float32. If the rest is not within the tolerance, segments of nodes are converted by trial,
// the largest first, and halved where that breaks the tolerance, as in onnxconverter_common's
// auto_convert_mixed_precision; what is undecided after max_trials stays in float32. Nodes of one
// name are decided together, and those without one are called as by NameUnnamedNodes. Control flow
// itself is never blocked, but the nodes inside are.
class MixedPrecisionSearch {
 public:
  // Throws Error(kInvalidArgument) for tolerances that are negative or not numbers and for too few
  // trials, Error(kUnsupported) for models that cannot be run, otherwise as ConvertFloatToFloat16.
  explicit MixedPrecisionSearch(const Model& model, const AutoMixedPrecisionOptions& options = {},
                                Monitor* monitor = nullptr);
  ~MixedPrecisionSearch();
  MixedPrecisionSearch(MixedPrecisionSearch&&) noexcept;

  // How often all samples have to be given, at most.
  int64_t most_passes() const;

  // Takes a sample of the present pass, keyed by the float model's inputs. Returns false when the
  // rest of the pass makes no difference. Reports no progress: the caller knows how many samples
  // there are. Throws Error(kInvalidArgument) for one that does not fit, or that was not there in
  // the first pass.
  bool Add(const TensorMap& sample);

  // Ends a pass. Returns whether another one, of the same samples in the same order, is needed.
  // Throws Error(kInvalidArgument) when there was no sample, or some are missing.
  bool NextPass();

  // Warns when the result is not within the tolerance. Throws Error(kInvalidArgument) when passes
  // are missing.
  MixedPrecision Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Gives sample `index`; may be called again for each.
using SampleSource = std::function<TensorMap(size_t index)>;

// The search over samples that can be read at will. Progress goes to `monitor` as "compare", in
// samples of all passes that can be needed. Throws as MixedPrecisionSearch does.
MixedPrecision AutoMixedPrecision(const Model& model, size_t samples, const SampleSource& sample,
                                  const AutoMixedPrecisionOptions& options = {},
                                  Monitor* monitor = nullptr);

}  // namespace quantab
