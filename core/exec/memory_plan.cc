#include "core/exec/memory_plan.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/tensor/tensor.h"

namespace quantab {
namespace {

size_t RoundUp(size_t bytes) {
  return (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}

struct Placed {
  size_t begin, end;
  int first, last;
};

// Each buffer, in the order that `before` gives, at the lowest offset where no buffer with an
// overlapping lifetime lies.
template <class Before>
MemoryPlan PlaceAll(const std::vector<Allocation>& allocations, Before before) {
  std::vector<size_t> order(allocations.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return before(allocations[a], allocations[b]); });

  MemoryPlan plan;
  std::vector<Placed> placed;  // sorted by begin
  for (size_t index : order) {
    const Allocation& allocation = allocations[index];
    if (allocation.bytes == 0) continue;
    const size_t bytes = RoundUp(allocation.bytes);
    size_t offset = 0;
    for (const Placed& other : placed) {
      if (other.last < allocation.step || other.first > allocation.last) continue;
      if (other.begin >= offset && other.begin - offset >= bytes) break;
      offset = std::max(offset, other.end);
    }
    // A slab past the address space serves nobody; the pool has what the plan has not.
    if (bytes > std::numeric_limits<size_t>::max() - offset) continue;
    const Placed place{offset, offset + bytes, allocation.step, allocation.last};
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), place,
                         [](const Placed& a, const Placed& b) { return a.begin < b.begin; }),
        place);
    plan.slab_bytes = std::max(plan.slab_bytes, place.end);

    const size_t step = static_cast<size_t>(allocation.step);
    const size_t ordinal = static_cast<size_t>(allocation.ordinal);
    if (plan.slots.size() <= step) plan.slots.resize(step + 1);
    if (plan.slots[step].size() <= ordinal) plan.slots[step].resize(ordinal + 1);
    plan.slots[step][ordinal] = {bytes, offset};
  }
  return plan;
}

}  // namespace

const MemoryPlan::Slot* MemoryPlan::Find(int step, int ordinal) const {
  if (step < 0 || static_cast<size_t>(step) >= slots.size()) return nullptr;
  const std::vector<Slot>& of_step = slots[static_cast<size_t>(step)];
  if (ordinal < 0 || static_cast<size_t>(ordinal) >= of_step.size()) return nullptr;
  const Slot& slot = of_step[static_cast<size_t>(ordinal)];
  return slot.bytes == 0 ? nullptr : &slot;
}

MemoryPlan PlanMemory(const std::vector<Allocation>& allocations) {
  const auto lives = [](const Allocation& a) { return a.last - a.step; };
  MemoryPlan by_size = PlaceAll(
      allocations, [](const Allocation& a, const Allocation& b) { return a.bytes > b.bytes; });
  MemoryPlan by_life = PlaceAll(allocations, [&](const Allocation& a, const Allocation& b) {
    return lives(a) != lives(b) ? lives(a) > lives(b) : a.bytes > b.bytes;
  });
  return by_life.slab_bytes < by_size.slab_bytes ? by_life : by_size;
}

}  // namespace quantab
