// Which nodes to keep in float, or in 16 bits, so that a quantized model is good enough.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/quantab.h"
#include "core/api/recipe.h"
#include "core/eval/sensitivity_figures.h"

namespace quantab {

struct SuggestOptions {
  // A name of core/eval/metrics, and the value of it that is wanted, or a better one. Of several
  // outputs the worst counts.
  std::string metric = "sqnr_db";
  double target = 0;
  // What helps a node that does not bear quantization: "float" leaves it as it is; "16-bit", of
  // quantize_static in QDQ format, gives what it reads and makes QUInt16 instead of QUInt8, or
  // QInt16 instead of QInt8, while its weights are quantized as ever. See Remedy.
  std::string remedy = "float";
  // Quantized models that are tried on the samples, at most.
  int64_t max_trials = 64;
  // How often the result, the float model and the model with all nodes quantized are timed in the
  // end; 0 for not at all.
  int64_t runs = 20;
};

// One form of the model.
struct FormFigures {
  uint64_t bytes = 0;  // of the file
  // The metric against the float model, and the largest difference between elements.
  std::optional<double> value = {};
  double max_abs_error = 0;
  std::optional<Latency> latency = {};
};

struct Suggestion {
  std::string metric;
  std::string remedy;
  bool larger_is_better = false;
  double target = 0;
  // Whether the suggested model is as good as was wanted.
  bool met = false;
  // Whether the search came to its end, so that none of the kept nodes could be left out.
  bool complete = false;
  int64_t trials = 0;
  // Nodes that stay in float, beyond those the recipe excludes anyway, or whose activations have 16
  // bits, and what each costs alone, quantized like the others.
  std::vector<NodeSensitivity> kept;
  // How many nodes were considered: those that quantizing changes.
  int64_t considered = 0;
  FormFigures original, quantized, suggested;  // float, all nodes quantized, with the remedy
  Recipe recipe;                               // makes the suggested model
  TensorRanges ranges;                         // measured for it; empty but for quantize_static
  Model model;                                 // the suggested one
};

// The search, sample by sample:
//
//   SuggestSearch search(model, recipe, {.target = 30});
//   do {
//     for (const TensorMap& sample : samples) search.Add(sample);
//   } while (search.NextPass());
//   Suggestion found = search.Finish();
//
// First every node's sensitivity is measured (SensitivityMeter). Then models are tried as the
// recipe makes them, run on all samples and compared with the float model: with all nodes
// quantized; with those of the worst sensitivity kept in float, or in 16 bits, the least number
// found by halving; and without each of the kept ones, the least sensitive first. A model is judged
// as Comparer does, but with the same bits on every machine.
class SuggestSearch {
 public:
  // Throws as SensitivityMeter and Remedy do, and Error(kInvalidArgument) for a target that is no
  // number and for numbers of trials or runs below 1 or 0. `monitor` hears of each trial's outcome.
  SuggestSearch(const Model& model, const Recipe& recipe, const SuggestOptions& options,
                Monitor* monitor = nullptr);
  ~SuggestSearch();
  SuggestSearch(SuggestSearch&&) noexcept;

  // How often all samples have to be given, at most.
  int64_t most_passes() const;

  // How many models have been tried so far.
  int64_t trials() const;

  // As SensitivityMeter::Add.
  void Add(const TensorMap& sample, std::optional<int64_t> label = {});

  // Ends a pass. Returns whether another one, of the same samples in the same order, is needed.
  bool NextPass();

  // The best that was found so far: of what is good enough that which keeps the fewest nodes, else
  // what came closest. May be called before the search is at its end, also after a call that was
  // cancelled. Throws Error(kCancelled) when no trial has been finished yet.
  Suggestion Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quantab
