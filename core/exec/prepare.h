// Lets the operators of a plan prepare themselves: parse attributes, pack constant weights.
#pragma once

#include <memory>
#include <vector>

#include "core/exec/constants.h"
#include "core/exec/plan.h"

namespace quantab {

using OpStates = std::vector<std::unique_ptr<OpState>>;  // by step; nullptr where there is none

// Prepares every step, loading constants as they are asked for and dropping those that were packed
// by all their readers. Constants that nobody packs are loaded too.
OpStates PrepareAll(const Model& model, const Plan& plan, Constants& constants, Monitor* monitor);

// Prepares the one step again for a run in which the caller feeds some of the step's constants:
// those are no constants then. Releases nothing.
std::unique_ptr<OpState> PrepareFed(const Model& model, const Plan& plan, Constants& constants,
                                    const Step& step, const std::vector<bool>& fed);

}  // namespace quantab
