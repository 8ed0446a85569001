// Which kernel of a family runs: decided here and nowhere else.
//
// A family lists its kernels in its kernels.inc, slowest first. The last one this machine can run
// is chosen, unless a test or a benchmark forces another by name.
#ifndef QUANTAB_CORE_KERNELS_DISPATCH_H_
#define QUANTAB_CORE_KERNELS_DISPATCH_H_

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/simd.h"

namespace quantab::kernels {

// What a kernel needs of the machine.
enum class Needs : uint8_t {
  kNothing,      // plain C++
  kSimd128,      // 128-bit SIMD; every build has it
  kRelaxedSimd,  // relaxed SIMD, whose float results may differ in the last bit
  kExactDot,     // relaxed SIMD whose int8 dot product is exact, in either signedness
};

#if QUANTAB_RELAXED_SIMD
// Runs the relaxed int8 dot product on bytes that tell its permitted behaviours apart.
RelaxedDot ProbeRelaxedDot();
#endif

// The behaviour of the relaxed int8 dot product here: probed once per process in WebAssembly;
// natively what is emulated.
RelaxedDot ThisMachinesDot();

// True when kernels with this need give right results on this machine, and, inside a
// ReproducibleScope, the bits that they give everywhere.
bool CanRun(Needs needs);

struct KernelEntry {
  const char* name;
  Needs needs;
  const void* kernel;  // the family's own kernel struct
};

// One family's list and its choice. Constant-initialised: usable from any static initialiser.
class KernelFamily {
 public:
  constexpr KernelFamily(const char* name, std::span<const KernelEntry> entries)
      : name_(name), entries_(entries) {}

  std::string_view name() const { return name_; }
  std::span<const KernelEntry> entries() const { return entries_; }

  // The forced kernel, or the last of the list that this machine can run.
  const KernelEntry& Choose() const;

  // As Choose, but among the kernels with the same need as the one Choose would return, the one of
  // least `cost(kernel)`.
  template <typename Kernel, typename Cost>
  const KernelEntry& ChooseCheapest(Cost cost) const {
    const KernelEntry* best = &Choose();
    if (forced_.load(std::memory_order_relaxed) != nullptr) return *best;
    double least = cost(*static_cast<const Kernel*>(best->kernel));
    for (const KernelEntry& entry : entries_) {
      if (entry.needs != best->needs) continue;
      const double price = cost(*static_cast<const Kernel*>(entry.kernel));
      if (price < least) {
        least = price;
        best = &entry;
      }
    }
    return *best;
  }

  // Choose(), as the family's struct; notes it as the last kernel run.
  template <typename Kernel>
  const Kernel& Get() const {
    const KernelEntry& entry = Choose();
    Note(entry.name);
    return *static_cast<const Kernel*>(entry.kernel);
  }

  // Notes that a kernel of this family is about to run.
  void Note(const char* kernel) const { last_.store(kernel, std::memory_order_relaxed); }

  // Name of the kernel that ran last, in any thread; "" before the first.
  const char* last() const { return last_.load(std::memory_order_relaxed); }

 private:
  friend bool ForceKernel(std::string_view name);
  friend void UnforceKernels();

  const char* name_;
  std::span<const KernelEntry> entries_;
  std::atomic<const KernelEntry*> forced_{nullptr};
  mutable std::atomic<const char*> last_{""};
};

// Every family of this build.
std::span<KernelFamily* const> Families();

// Makes the kernel of that name run for its family, in the whole process, whatever the machine can
// do. False when no kernel of this build has the name. For tests and benchmarks.
bool ForceKernel(std::string_view name);

// Back to the machine's choice, for every family.
void UnforceKernels();

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_DISPATCH_H_
