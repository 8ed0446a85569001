// The quantized form of what makes one value, as a model of its own.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/eval/match_values.h"
#include "core/graph/graph_view.h"

namespace quantab {

struct LayerRegion {
  // One input for each of `feeds`, in their order and without types; the target is its output.
  Model model;
  // By input, the float model's value that goes there.
  std::vector<std::pair<std::string, std::string>> feeds;
};

// The nodes of `matched.model` that lead from entrances to the target of value `index`. `view` is
// of that model's graph. Nothing where none of them quantizes, where they need what the float model
// does not have, and where there are more than a layer has (256).
std::optional<LayerRegion> FindRegion(const MatchedModel& matched, const GraphView& view,
                                      size_t index);

}  // namespace quantab
