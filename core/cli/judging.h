// What the commands share that look for the nodes which do not bear quantization.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/api/recipe.h"
#include "core/cli/command.h"
#include "core/cli/samples.h"

namespace quantab {

// The recipe of --recipe: quantize_static as it is by default where none is given.
Recipe JudgedRecipe(const Invocation& invocation);

// The samples of --calibration-data, with the classes of --labels.
class LabelledSamples {
 public:
  LabelledSamples(const Invocation& invocation, const Model& model);

  struct Pass {
    int64_t number = 0;
    int64_t most = 1;
  };
  // Gives each sample to `take` until that is false. Progress goes to `monitor` as "compare".
  void ForEach(Monitor* monitor, const Pass& pass,
               const std::function<bool(const TensorMap&, std::optional<int64_t>)>& take) const;

  const SampleFolder& folder() const { return folder_; }
  // One for each sample, or none.
  const std::vector<int64_t>& labels() const { return labels_; }

 private:
  SampleFolder folder_;
  std::vector<int64_t> labels_;
};

// A metric's value. JSON has no infinity; which one is meant follows from the largest error, here
// as there: a ratio to noise is infinite without any, and below all numbers without a signal.
std::string FigureText(double value, double max_abs_error);

}  // namespace quantab
