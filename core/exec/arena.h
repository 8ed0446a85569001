// The memory of a session's activations.
//
// A run whose input shapes are new takes buffers from a pool: the smallest free block that fits, or
// a fresh one. Every buffer goes back to the pool when the last handle to it is dropped, whoever
// holds it. The run's sizes and lifetimes are recorded; a MemoryPlan made of them serves later runs
// from one slab. A request that the plan did not foresee (sizes that depend on values) falls back
// to the pool, so a plan is never trusted with correctness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/exec/memory_plan.h"

namespace quantab {

class Arena {
 public:
  Arena();

  // Starts a run. `plan` (may be nullptr: take everything from the pool and record) outlives it.
  void Begin(const MemoryPlan* plan);
  void SetStep(int step);

  // While one lives, buffers come from the pool and are not recorded: what a graph inside a step
  // allocates, again and again, has no place of its own in a plan.
  class InsideStep {
   public:
    explicit InsideStep(Arena& arena);
    ~InsideStep();
    InsideStep(const InsideStep&) = delete;
    InsideStep& operator=(const InsideStep&) = delete;

   private:
    Arena& arena_;
  };

  // At least `bytes` bytes, aligned, uninitialised. The buffer stays valid as long as a handle
  // lives, also beyond the run and the arena.
  std::shared_ptr<std::byte> Allocate(size_t bytes);

  // Counts bytes that live outside the arena for the rest of the run (the run's results).
  void CountOutside(size_t bytes);

  // The allocations since Begin(nullptr). Those still held count as held up to the last step.
  std::vector<Allocation> Recorded() const;

  // High-water mark, since Begin, of the bytes that were held for activations, cached ones
  // included.
  uint64_t peak() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace quantab
