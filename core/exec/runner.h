// One run of a plan.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "core/exec/arena.h"
#include "core/exec/plan.h"
#include "core/exec/program.h"
#include "core/exec/session.h"

namespace quantab {

class StepContext;

class Runner {
 public:
  // Everything outlives the run. `outer` is the run around this one, or nullptr.
  Runner(const Program& program, Arena& arena, const Runner* outer = nullptr);

  // The state of a step whose constants the caller feeds.
  void UseState(int step, std::unique_ptr<OpState> state);
  // A value that the run finds there, and must not overwrite.
  void UseValue(int value, Value given);

  // A run of the main graph: as a whole, or begun and then advanced by one step at a time, until
  // there is none left and Advance returns false.
  ValueMap Execute(const ValueMap& inputs, Observer* observer, Monitor* monitor);
  void Begin(const ValueMap& inputs, Observer* observer);
  bool Advance(Monitor* monitor);
  // A run of a graph inside another: inputs and outputs in the graph's order.
  std::vector<Value> ExecuteBody(std::vector<Value> inputs, Monitor* monitor);

 private:
  friend class StepContext;

  // What `value` is at this moment; it does not exist when it is not made yet.
  const Value& At(int value) const;
  const Tensor* TensorAt(int value) const;
  void ExecuteStep(int s, Monitor* monitor);
  void Observe(int value);
  ValueMap TakeOutputs();

  const Program& program_;
  const Plan& plan_;
  const Constants& constants_;
  Arena& arena_;
  const Runner* outer_;
  std::vector<std::pair<int, std::unique_ptr<OpState>>> fed_states_;
  std::vector<Value> values_;
  std::vector<bool> given_;            // held in values_ and not to be overwritten
  std::vector<bool> watched_;          // wanted by the observer
  std::vector<const std::byte*> own_;  // buffers allocated for results
  Observer* observer_ = nullptr;
  int next_ = 0;  // step
};

}  // namespace quantab
