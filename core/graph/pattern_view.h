// A graph as something that looks for a pattern of nodes sees it, whichever index is behind it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/onnx/model.h"

namespace quantab {

class PatternView {
 public:
  virtual ~PatternView() = default;

  virtual const onnx::NodeProto& node(int i) const = 0;
  // The node that makes `value`, or -1.
  virtual int Producer(const std::string& value) const = 0;
  // The node that reads `value`, when this is the only use of it, else -1.
  virtual int OnlyReader(const std::string& value) const = 0;
  // Whether nobody but `nodes` uses `value`.
  virtual bool IsReadOnlyBy(const std::string& value, const std::vector<int>& nodes) const = 0;
  // The one number of a constant of at most one dimension.
  virtual std::optional<double> Scalar(const std::string& value) const = 0;
  // kUndefined when unknown.
  virtual DType TypeOfValue(const std::string& value) const = 0;

  // Whether it is this operator of ai.onnx. False for -1.
  bool Is(int i, std::string_view op_type) const;
  // Input or output `k` of node `i`; empty where the node has not so many.
  const std::string& Input(int i, int k) const;
  const std::string& Output(int i, int k = 0) const;
  // The only reader of node `i`'s output, when it has one output, else -1.
  int OnlyReaderOf(int i) const;
  bool IsScalarNear(const std::string& value, double wanted, double relative_tolerance) const;
};

}  // namespace quantab
