// Benchmarks of kernels, instantiated from each family's kernels.inc: one per kernel this machine
// can run and per case.
#ifndef QUANTAB_TESTS_BENCH_KERNELS_KERNEL_BENCH_H_
#define QUANTAB_TESTS_BENCH_KERNELS_KERNEL_BENCH_H_

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/kernels/dispatch.h"
#include "tests/bench/kernels/machine_peak.h"

namespace quantab::kernels {

// Packed and scratch memory, aligned to 16.
inline std::vector<std::max_align_t> BenchMemory(size_t bytes) {
  static_assert(alignof(std::max_align_t) >= 8);
  return std::vector<std::max_align_t>(bytes / sizeof(std::max_align_t) + 2);
}

inline void* AlignTo16(std::vector<std::max_align_t>& memory) {
  const auto address = reinterpret_cast<uintptr_t>(memory.data());
  return reinterpret_cast<void*>((address + 15) / 16 * 16);
}

// Floats between -1 and 1, the same every time.
inline std::vector<float> BenchFloats(size_t n) {
  std::vector<float> values(n);
  uint32_t state = 12345;
  for (float& value : values) {
    state = state * 1664525 + 1013904223;
    value = static_cast<float>(state >> 8) * 0x1p-23F - 1;
  }
  return values;
}

inline std::vector<uint8_t> BenchBytes(size_t n) {
  std::vector<uint8_t> values(n);
  uint32_t state = 12345;
  for (uint8_t& value : values) {
    state = state * 1664525 + 1013904223;
    value = static_cast<uint8_t>(state >> 24);
  }
  return values;
}

// Registers `body` once for each kernel of the family, forced while it runs. `body` makes its data,
// then loops over the state; `operations` is what one pass counts, shown per second, and as a share
// of the machine's peak where there is one.
inline int AddKernelBench(const KernelFamily& family, const std::string& title, double operations,
                          const std::function<void(benchmark::State&)>& body) {
  for (const KernelEntry& entry : family.entries()) {
    if (!CanRun(entry.needs)) continue;
    const std::string name = entry.name;
    const std::string of(family.name());
    benchmark::RegisterBenchmark((name + "/" + title).c_str(), [name, of, operations,
                                                                body](benchmark::State& state) {
      const double peak = MachinePeak(of);
      ForceKernel(name);
      body(state);
      UnforceKernels();
      state.counters["ops"] =
          benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
      if (peak > 0) {
        state.counters["peak_share"] =
            benchmark::Counter(operations / peak, benchmark::Counter::kIsIterationInvariantRate);
      }
    })->MinTime(0.1);
  }
  return 0;
}

}  // namespace quantab::kernels

#endif  // QUANTAB_TESTS_BENCH_KERNELS_KERNEL_BENCH_H_
