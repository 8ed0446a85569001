// What a sensitivity scan says: how much it costs to quantize each node alone.
#pragma once

#include <string>
#include <vector>

namespace quantab {

struct NodeSensitivity {
  std::string node;  // its name, or "#index (OpType)" where it has none
  std::string op_type;
  // The metric, of the worst output over all samples, with this node alone quantized; infinite
  // where a ratio to noise meets no noise.
  double value = 0;
  // The largest difference between an element of an output and the float model's.
  double max_abs_error = 0;
};

struct SensitivityReport {
  std::string metric;  // a name of core/eval/metrics
  bool larger_is_better = false;
  int samples = 0;
  // Worst first; of the same value, in the order of the graph. Nodes that quantizing leaves as they
  // are, or whose change reaches no output, are not there.
  std::vector<NodeSensitivity> nodes;
};

}  // namespace quantab
