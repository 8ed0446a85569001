// What lowerings of BatchNormalization ask of its node.
#pragma once

#include "core/lower/lower_graph.h"

namespace quantab {

// Whether BatchNormalization `node` uses the mean and variance that it is given, one for each
// channel.
inline bool IsInference(const onnx::NodeProto& node) {
  for (int k = 1; k < node.output_size(); ++k) {
    if (!node.output(k).empty()) return false;
  }
  return IntAttribute(node, "training_mode", 0) == 0 && IntAttribute(node, "spatial", 1) != 0;
}

}  // namespace quantab
