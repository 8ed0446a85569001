#include "core/exec/arena.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <new>

#include "core/tensor/tensor.h"

namespace quantab {
namespace {

// A free block serves requests down to half its size; below this many bytes waste does not matter.
constexpr size_t kSmallBlock = 4096;

bool Serves(size_t block, size_t bytes) {
  return block >= bytes && (block <= kSmallBlock || block / 2 <= bytes);
}

}  // namespace

struct Arena::State : std::enable_shared_from_this<Arena::State> {
  const MemoryPlan* plan = nullptr;
  bool recording = false;
  uint64_t run = 0;
  int step = 0;
  int ordinal = 0;
  int inside = 0;  // InsideSteps alive
  std::vector<Allocation> recorded;

  std::multimap<size_t, std::shared_ptr<std::byte>> free_blocks;
  size_t pool_bytes = 0;  // of blocks in use and free
  std::shared_ptr<std::byte> slab;
  size_t slab_bytes = 0;
  std::map<size_t, size_t> live;  // planned regions in use: begin -> end
  size_t outside_bytes = 0;
  uint64_t peak = 0;

  void UpdatePeak() {
    peak = std::max<uint64_t>(peak, uint64_t{pool_bytes} + slab_bytes + outside_bytes);
  }

  void DropFree(size_t bytes) {
    while (bytes > 0 && !free_blocks.empty()) {
      const auto largest = std::prev(free_blocks.end());
      const size_t size = largest->first;
      free_blocks.erase(largest);
      pool_bytes -= size;
      bytes -= std::min(bytes, size);
    }
  }

  std::shared_ptr<std::byte> FromPool(size_t bytes) {
    const size_t wanted = std::max(bytes, kBufferAlignment);
    std::shared_ptr<std::byte> block;
    size_t size = wanted;
    const auto fit = free_blocks.lower_bound(wanted);
    if (fit != free_blocks.end() && Serves(fit->first, wanted)) {
      size = fit->first;
      block = std::move(fit->second);
      free_blocks.erase(fit);
    } else {
      // Blocks that do not fit make room for one that does, so that the pool stays near what is
      // in use.
      DropFree(wanted);
      block = AllocateBuffer(wanted);
      pool_bytes += wanted;
      UpdatePeak();
    }
    size_t record = 0;
    const bool recorded_here = recording && inside == 0;
    if (recorded_here) {
      record = recorded.size();
      recorded.push_back({step, ordinal, bytes, -1});
    }
    std::byte* memory = block.get();
    return std::shared_ptr<std::byte>(
        memory, [state = shared_from_this(), block = std::move(block), size, record,
                 made_in = recorded_here ? run : 0](std::byte*) mutable {
          if (made_in != 0 && made_in == state->run && record < state->recorded.size()) {
            state->recorded[record].last = state->step;
          }
          try {
            state->free_blocks.emplace(size, std::move(block));
          } catch (const std::bad_alloc&) {
            state->pool_bytes -= size;  // `block` frees itself
          }
        });
  }

  // nullptr when the plan has no place for it, or somebody still holds a part of that place.
  std::shared_ptr<std::byte> FromSlab(size_t bytes) {
    const MemoryPlan::Slot* slot = plan->Find(step, ordinal);
    if (slot == nullptr || slot->bytes < bytes) return nullptr;
    const size_t begin = slot->offset;
    const size_t end = begin + slot->bytes;
    const auto after = live.lower_bound(begin);
    if (after != live.end() && after->first < end) return nullptr;
    if (after != live.begin() && std::prev(after)->second > begin) return nullptr;
    live.emplace(begin, end);
    return std::shared_ptr<std::byte>(slab.get() + begin,
                                      [state = shared_from_this(), keep = slab, begin](std::byte*) {
                                        // A handle from a run before the slab was replaced has no
                                        // region in this one.
                                        if (state->slab == keep) state->live.erase(begin);
                                      });
  }
};

Arena::Arena() : state_(std::make_shared<State>()) {}

void Arena::Begin(const MemoryPlan* plan) {
  State& s = *state_;
  ++s.run;
  s.plan = plan;
  s.recording = plan == nullptr;
  s.recorded.clear();
  s.outside_bytes = 0;
  if (plan != nullptr) {
    s.DropFree(s.pool_bytes);
    if (s.slab_bytes < plan->slab_bytes) {
      s.slab.reset();
      s.live.clear();
      s.slab_bytes = 0;
      s.slab = AllocateBuffer(plan->slab_bytes);
      s.slab_bytes = plan->slab_bytes;
    }
  } else {
    // The slab is of no use to this run unless somebody outside still holds a part of it.
    s.slab.reset();
    s.live.clear();
    s.slab_bytes = 0;
  }
  s.peak = 0;
  s.UpdatePeak();
  SetStep(0);
}

void Arena::SetStep(int step) {
  state_->step = step;
  state_->ordinal = 0;
}

std::shared_ptr<std::byte> Arena::Allocate(size_t bytes) {
  State& s = *state_;
  if (s.inside > 0) return s.FromPool(bytes);
  std::shared_ptr<std::byte> buffer;
  if (s.plan != nullptr) buffer = s.FromSlab(bytes);
  if (buffer == nullptr) buffer = s.FromPool(bytes);
  ++s.ordinal;
  return buffer;
}

Arena::InsideStep::InsideStep(Arena& arena) : arena_(arena) { ++arena_.state_->inside; }
Arena::InsideStep::~InsideStep() { --arena_.state_->inside; }

void Arena::CountOutside(size_t bytes) {
  state_->outside_bytes += bytes;
  state_->UpdatePeak();
}

std::vector<Allocation> Arena::Recorded() const {
  std::vector<Allocation> all = state_->recorded;
  for (Allocation& allocation : all) {
    if (allocation.last < 0) allocation.last = state_->step;
  }
  return all;
}

uint64_t Arena::peak() const { return state_->peak; }

}  // namespace quantab
