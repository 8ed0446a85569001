// A plan made ready to run: its constants, what its operators prepared, and the same for the graphs
// in it.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/exec/constants.h"
#include "core/exec/plan.h"

namespace quantab {

using OpStates = std::vector<std::unique_ptr<OpState>>;  // by step; nullptr where there is none

class Program {
 public:
  // Prepares every step, loading constants as they are asked for and dropping those that were
  // packed by all their readers. Constants that nobody packs are loaded too. `outer` is the program
  // around this one, or nullptr. Everything given outlives this.
  Program(const Model& model, const Plan& plan, const Program* outer, Monitor* monitor);

  const Model& model() const { return model_; }
  const Plan& plan() const { return plan_; }
  const Constants& constants() const { return constants_; }
  OpState* State(int step) const { return states_[static_cast<size_t>(step)].get(); }
  // The graph that step `step` has as attribute `name`; nullptr when it has none.
  const Program* Body(int step, std::string_view name) const;

  // Prepares the one step again for a run in which the caller feeds some of the step's constants:
  // those are no constants then. Releases nothing.
  std::unique_ptr<OpState> PrepareFed(const Step& step, const std::vector<bool>& fed);

  // Bytes of constants and of what operators prepared, those of the graphs in it included.
  uint64_t bytes() const;

 private:
  class StepPrepare;

  void PrepareStep(int s, Monitor* monitor);

  const Model& model_;
  const Plan& plan_;
  const Program* outer_;
  Constants constants_;
  OpStates states_;
  std::vector<std::vector<std::unique_ptr<Program>>> bodies_;  // by step, as Step::bodies
};

}  // namespace quantab
