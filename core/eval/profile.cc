#include "core/eval/profile.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "core/base/error.h"
#include "core/eval/latency.h"
#include "core/kernels/dispatch.h"

namespace quantab {
namespace {

void ForgetKernels() {
  for (const kernels::KernelFamily* family : kernels::Families()) family->Note("");
}

// Those that have run since.
std::vector<std::string> KernelsThatRan() {
  std::vector<std::string> names;
  for (const kernels::KernelFamily* family : kernels::Families()) {
    const std::string_view last = family->last();
    if (!last.empty()) names.emplace_back(last);
  }
  return names;
}

// One run; adds a time for each node.
void TimeRun(Session& session, const TensorMap& sample, Profile& profile,
             std::vector<std::vector<double>>& times) {
  using Clock = std::chrono::steady_clock;
  SteppedRun run = session.Start(sample, nullptr);
  for (size_t step = 0;; ++step) {
    ForgetKernels();
    const Clock::time_point start = Clock::now();
    if (!run.Advance()) return;
    const std::chrono::duration<double, std::milli> time = Clock::now() - start;
    if (step >= times.size()) return;
    times[step].push_back(time.count());
    profile.nodes[step].kernels = KernelsThatRan();
  }
}

}  // namespace

Profile ProfileRuns(Session& session, const TensorMap& sample, int runs, int warmup,
                    Monitor* monitor) {
  if (runs < 1 || warmup < 0) {
    ThrowInvalidArgument("'runs' is " + std::to_string(runs) + " and 'warmup' " +
                         std::to_string(warmup) + ". Give at least 1 and at least 0.");
  }
  Profile profile;
  profile.runs = runs;
  for (const StepInfo& step : session.steps()) {
    profile.nodes.push_back({.node = step.node, .op_type = step.op_type, .kernels = {}});
  }
  std::vector<std::vector<double>> times(profile.nodes.size());
  const auto total = static_cast<uint64_t>(runs) + static_cast<uint64_t>(warmup);
  for (uint64_t done = 1; done <= total; ++done) {
    TimeRun(session, sample, profile, times);
    if (done == static_cast<uint64_t>(warmup)) {
      for (std::vector<double>& each : times) each.clear();
    }
    Report(monitor, "benchmark", done, total);
  }
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i].empty()) continue;
    std::sort(times[i].begin(), times[i].end());
    profile.nodes[i].median_ms = Quantile(times[i], 0.5);
    profile.total_ms += profile.nodes[i].median_ms;
  }
  for (NodeTime& node : profile.nodes) {
    node.share = profile.total_ms == 0 ? 0 : node.median_ms / profile.total_ms;
  }
  std::stable_sort(profile.nodes.begin(), profile.nodes.end(),
                   [](const NodeTime& a, const NodeTime& b) { return a.median_ms > b.median_ms; });
  return profile;
}

}  // namespace quantab
