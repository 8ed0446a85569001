#include "core/eval/latency.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace quantab {

std::vector<std::vector<double>> TimeInTurns(std::span<const std::function<void()>> works, int runs,
                                             int warmup) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::vector<double>> times(works.size());
  for (int round = 0; round < warmup + runs; ++round) {
    for (size_t i = 0; i < works.size(); ++i) {
      const Clock::time_point start = Clock::now();
      works[i]();
      const std::chrono::duration<double, std::milli> time = Clock::now() - start;
      if (round >= warmup) times[i].push_back(time.count());
    }
  }
  return times;
}

double Quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(std::floor(at));
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - static_cast<double>(low));
}

}  // namespace quantab
