// What helps nodes that do not bear quantization: to stay in float, or activations of 16 bits.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/api/recipe.h"
#include "core/calib/tensor_ranges.h"

namespace quantab {

// The values of SuggestOptions::remedy: "float" and "16-bit".
std::vector<std::string> RemedyNames();

// The end of "keeping a node in ...": "float", "16 bits".
std::string WordsOf(const std::string& remedy);

// Applies a remedy to nodes of a model that are called as NodeSensitivity calls them.
class Remedy {
 public:
  // Throws Error(kInvalidArgument) where there is no such remedy, and where activations cannot have
  // 16 bits: with another method than quantize_static in QDQ format, where they have them or float8
  // already, and where "qnn" needs names that nodes of `model` do not have. `model` is
  // pre-processed.
  Remedy(std::string name, const Model& model, const Recipe& recipe);

  const std::string& name() const { return name_; }

  // To be told before For(): what is measured of `model`, the one of the constructor.
  void SetRanges(const Model& model, const TensorRanges& ranges);

  // The recipe with the remedy for `nodes`. "float" excludes them from quantization. "16-bit" gives
  // what they read and make another type by 'tensor_quant_overrides': QUInt16 instead of QUInt8,
  // QInt16 instead of QInt8. What has a type there already keeps it; a scale that is given there
  // for 8 bits makes way for that of the measured range. The nodes around read and make these
  // values in 16 bits too; 'config' qnn converts between the types, as it does for all overrides.
  Recipe For(const std::vector<std::string>& nodes) const;

 private:
  std::string name_;
  Recipe recipe_;
  std::unordered_map<std::string, std::vector<std::string>> activations_;  // by node, for "16-bit"
};

}  // namespace quantab
