// Where the buffers of a run lie in one slab, computed from the sizes and lifetimes that an earlier
// run with the same input shapes had.
#pragma once

#include <cstddef>
#include <vector>

namespace quantab {

// One buffer of a run: the `ordinal`-th allocation of step `step`, in use up to and including step
// `last`.
struct Allocation {
  int step = 0;
  int ordinal = 0;
  size_t bytes = 0;
  int last = 0;
};

struct MemoryPlan {
  struct Slot {
    size_t bytes = 0;
    size_t offset = 0;
  };
  // By step, then by ordinal.
  std::vector<std::vector<Slot>> slots;
  size_t slab_bytes = 0;

  // nullptr when the plan knows no such allocation.
  const Slot* Find(int step, int ordinal) const;
};

// Places buffers greedily, each at the lowest offset where no buffer with an overlapping lifetime
// lies, once from the largest down and once from the longest-lived down; the smaller slab wins.
// Offsets are multiples of kBufferAlignment.
MemoryPlan PlanMemory(const std::vector<Allocation>& allocations);

}  // namespace quantab
