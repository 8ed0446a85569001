// Quantizes nodes of a model one at a time.
#pragma once

#include <memory>
#include <vector>

#include "core/api/recipe.h"
#include "core/calib/tensor_ranges.h"
#include "core/eval/sensitivity.h"

namespace quantab {

class NodeQuantizer {
 public:
  // `model` is pre-processed; `recipe` is one for quantize_static or quantize_dynamic. Throws
  // Error(kInvalidArgument) for another one, for options that are wrong, and for those that look at
  // samples: 'smooth_quant' and 'bias_correction'.
  NodeQuantizer(const Model& model, const Recipe& recipe, Monitor* monitor);

  // The float model as quantization takes it.
  const Model& reference() const { return reference_; }

  // The nodes of the main graph that the recipe asks for, with what makes the model in which that
  // node alone is quantized. `ranges` may be nullptr where none are needed. They outlive this.
  std::vector<SensitivityCandidate> Candidates(std::shared_ptr<const TensorRanges> ranges) const;
  size_t candidates() const { return nodes_.size(); }

 private:
  struct Node {
    std::string name;
    std::string op_type;
  };
  Model model_;
  StaticOptions options_;
  Model reference_;
  std::vector<Node> nodes_;
};

}  // namespace quantab
