// The constants of a session: initializers and the results of Constant nodes, each loaded at most
// once, when the first operator asks for it, and dropped when every reader has packed it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/exec/plan.h"
#include "core/tensor/value.h"

namespace quantab {

class Constants {
 public:
  // `model` and `plan` outlive this.
  Constants(const Model& model, const Plan& plan);

  bool Is(int value) const;

  // The constant's value, loaded if it is not there. Throws what LoadTensor throws.
  const Tensor& Load(int value);

  // The value as an operator sees it while it runs: when it has been released, type and shape are
  // right and there are no elements (raw() is nullptr).
  const Tensor& Get(int value) const { return *GetValue(value).tensor(); }
  const Value& GetValue(int value) const { return values_[static_cast<size_t>(value)]; }

  // One of the value's readers has packed it. The elements go when all have, unless the value is an
  // output of the graph.
  void Release(int value);
  bool Released(int value) const;

  // A released value read again, not kept.
  Tensor Reload(int value) const;

  uint64_t bytes() const;

 private:
  const Model& model_;
  const Plan& plan_;
  std::vector<Value> values_;  // tensors, those that are loaded
  std::vector<int> released_;  // readers that have packed the value
};

}  // namespace quantab
