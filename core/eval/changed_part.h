// What of a rewritten model has to run again to know what the rewriting does to its outputs.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/onnx/model.h"

namespace quantab {

struct ChangedPart {
  // The nodes that differ, and what depends on them as far as it leads to outputs. Its inputs are
  // values of the original model, without types; its outputs are those that are affected.
  Model model;
  std::vector<std::string> inputs;
};

// Finds them for many rewritings of one model.
class ChangeFinder {
 public:
  explicit ChangeFinder(const Model& original);

  // Nothing where no output is affected. Nodes are the same when type, names of values and
  // attributes are; constants are known by their names. Throws Error(kInvalidModel) for a graph
  // that is wrong.
  std::optional<ChangedPart> Find(const Model& changed) const;

 private:
  std::unordered_map<std::string, std::string> nodes_;  // by first output, as text for comparison
};

}  // namespace quantab
