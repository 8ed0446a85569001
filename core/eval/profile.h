// Where the time of a model's runs goes, node by node.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/exec/session.h"
#include "core/tensor/tensor.h"

namespace quantab {

struct NodeTime {
  std::string node;     // its name, or the value it makes
  std::string op_type;  // as it runs: lowering has operators of its own
  double median_ms = 0;
  double share = 0;                  // of the sum over all nodes, 0 to 1
  std::vector<std::string> kernels;  // that ran in it, by name; none for operators without any
};

struct Profile {
  int runs = 0;
  double total_ms = 0;          // the nodes' medians added up
  std::vector<NodeTime> nodes;  // most time first
};

// The median over `runs` runs of the time of each node, after `warmup` runs that do not count.
// Graphs inside a node count as that node. Reports "benchmark" to `monitor` (may be nullptr).
// Throws Error(kInvalidArgument) for fewer than 1 run or 0 to warm up, otherwise as
// Session::Run.
Profile ProfileRuns(Session& session, const TensorMap& sample, int runs, int warmup,
                    Monitor* monitor);

}  // namespace quantab
