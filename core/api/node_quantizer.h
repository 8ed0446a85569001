// Quantizes nodes of a model one at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/api/recipe.h"
#include "core/calib/tensor_ranges.h"
#include "core/eval/sensitivity.h"

namespace quantab {

class NodeQuantizer {
 public:
  // `model` is pre-processed; `recipe` is one for quantize_static, quantize_dynamic, or a method
  // for weights alone, of which what is done to its result does not count. Throws
  // Error(kInvalidArgument) for another one, for options that are wrong, and for those that look at
  // samples: 'smooth_quant' and 'bias_correction'.
  NodeQuantizer(const Model& model, const Recipe& recipe, Monitor* monitor);

  NodeQuantizer(const NodeQuantizer&) = delete;
  NodeQuantizer& operator=(const NodeQuantizer&) = delete;

  // The float model as quantization takes it.
  const Model& reference() const { return reference_; }

  // The nodes of the main graph that the recipe asks for, with what makes the model in which that
  // node alone is quantized. `ranges` may be nullptr where none are needed. This outlives them.
  std::vector<SensitivityCandidate> Candidates(std::shared_ptr<const TensorRanges> ranges) const;
  size_t candidates() const { return nodes_.size(); }

 private:
  struct Node {
    std::string name;
    std::string op_type;
    std::string output;  // the first
  };
  void Begin(const Model& model, const Recipe& recipe, Monitor* monitor);
  void BeginStatic(const Model& given, const StaticOptions& options, Monitor* monitor);
  void BeginWeightsAlone(const Model& model, const Recipe& recipe, Monitor* monitor);
  // Names those of `asked`, which are nodes of `model`, that are of `types`.
  void SetNodes(const Model& model, const std::vector<const onnx::NodeProto*>& asked,
                const std::vector<std::string>& types);

  Model reference_;
  std::vector<Node> nodes_;
  std::function<Model(const Node& node, const TensorRanges& ranges)> quantize_alone_;
};

}  // namespace quantab
