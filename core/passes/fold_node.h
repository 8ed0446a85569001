// Computing one node whose inputs are constants.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/monitor.h"
#include "core/onnx/model.h"

namespace quantab {

// An output of a node that can be computed.
struct FoldableOutput {
  std::string name;
  DType type = DType::kUndefined;
  Shape dims;
  uint64_t bytes = 0;
};

// A node as a model of its own, with the constants that it reads.
class FoldableNode {
 public:
  // `constant_of(value)` gives the constants; none may be missing.
  FoldableNode(const Model& model, const onnx::NodeProto& node,
               const std::function<const onnx::TensorProto*(const std::string&)>& constant_of,
               Monitor* monitor);

  // What it gives, from types and shapes alone; nothing where a type or a dimension cannot be told,
  // or where an output is no tensor of numbers.
  std::optional<std::vector<FoldableOutput>> Outputs() const;

  // The outputs, computed. Throws Error where the node cannot run or gives something else than
  // `expected`.
  std::vector<Tensor> Compute(const std::vector<FoldableOutput>& expected) const;

  // The bytes of output `index`, computed when they are read and forgotten after the last of them.
  // Of all such blobs only the one that was read last keeps more than its first bytes.
  BlobPtr ComputedLater(const std::vector<FoldableOutput>& expected, size_t index) const;

 private:
  Model model_;
  Monitor* monitor_;
};

}  // namespace quantab
