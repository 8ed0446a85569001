#include "tests/bench/kernels/machine_peak.h"

#if defined(__wasm__)

#include <algorithm>
#include <chrono>

#include "core/kernels/dispatch.h"
#include "tests/bench/peaks.h"

namespace quantab::kernels {
namespace {

volatile int32_t kept;  // results, so that no loop can be left out
// Operands, so that none is a constant: engines build those anew at each use.
volatile int32_t first = 3;
volatile int32_t second = 5;
volatile float factor = 0.5F;

// `run(rounds)` makes `multiply_adds` in each round. The best of many short runs.
template <typename Run>
double Fastest(int32_t multiply_adds, Run run) {
  constexpr int kRuns = 400;
  constexpr int32_t kRounds = 20000;
  double least = 1e9;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = std::chrono::steady_clock::now();
    kept = run(kRounds);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    least = std::min(least, time.count());
  }
  return 2.0 * multiply_adds * kRounds / least;
}

double Int8Peak() {
  const double pairs =
      Fastest(peaks::kDot16, [](int32_t rounds) { return peaks::Dot16(rounds, first, second); });
#if QUANTAB_RELAXED_SIMD
  if (ThisMachinesDot() == RelaxedDot::kSigned || ThisMachinesDot() == RelaxedDot::kUnsigned) {
    return std::max(pairs, Fastest(peaks::kDot8, [](int32_t rounds) {
                      return peaks::Dot8(rounds, first, second);
                    }));
  }
#endif
  return pairs;
}

double FloatPeak() {
  return Fastest(peaks::kMultiplyAdd,
                 [](int32_t rounds) { return peaks::MultiplyAdd(rounds, factor, factor); });
}

}  // namespace

double MachinePeak(std::string_view family) {
  if (family.starts_with("i8_")) {
    static const double peak = Int8Peak();
    return peak;
  }
  if (family.starts_with("f32_")) {
    static const double peak = FloatPeak();
    return peak;
  }
  return 0;
}

}  // namespace quantab::kernels

#else

namespace quantab::kernels {

double MachinePeak(std::string_view) { return 0; }

}  // namespace quantab::kernels

#endif  // __wasm__
