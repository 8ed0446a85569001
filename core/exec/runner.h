// One run of a plan.
#pragma once

#include <optional>
#include <vector>

#include "core/exec/arena.h"
#include "core/exec/constants.h"
#include "core/exec/plan.h"
#include "core/exec/prepare.h"
#include "core/exec/session.h"

namespace quantab {

class StepContext;

class Runner {
 public:
  // Everything outlives the run. `fed_states` replaces the states of the steps it names.
  Runner(const Model& model, const Plan& plan, const Constants& constants, const OpStates& states,
         Arena& arena);

  // States of steps whose constants the caller feeds, by step.
  void UseState(int step, std::unique_ptr<OpState> state);
  // The value of a released constant that a fed step reads anew.
  void UseConstant(int value, Tensor tensor);

  TensorMap Execute(const TensorMap& inputs, Observer* observer, Monitor* monitor);

 private:
  friend class StepContext;

  const Tensor& Value(int value) const;
  void ExecuteStep(int s);
  void Observe(int value);
  TensorMap TakeOutputs();

  const Model& model_;
  const Plan& plan_;
  const Constants& constants_;
  const OpStates& states_;
  Arena& arena_;
  std::vector<std::pair<int, std::unique_ptr<OpState>>> fed_states_;
  std::vector<Tensor> values_;
  std::vector<bool> given_;            // held in values_ and not to be overwritten
  std::vector<bool> watched_;          // wanted by the observer
  std::vector<const std::byte*> own_;  // buffers allocated for results
  Observer* observer_ = nullptr;
};

}  // namespace quantab
