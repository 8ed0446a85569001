// quantab bench MODEL...: how long models take.
#include <optional>

#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/samples.h"

namespace quantab {
namespace {

constexpr int64_t kMostRuns = 1000000;

struct Candidate {
  std::string path;
  Model model;
  std::optional<TensorMap> sample;
};

// The models, opened. Throws for one that cannot run, before any is timed.
std::vector<Candidate> OpenAll(const Invocation& invocation) {
  std::vector<Candidate> candidates;
  for (const std::string& path : invocation.positionals) {
    Candidate candidate{path, OpenModelFile(path, invocation.monitor), std::nullopt};
    if (invocation.Has("data")) {
      candidate.sample = SampleFolder(invocation.Value("data"), InputsOf(candidate.model)).Read(0);
    }
    candidates.push_back(std::move(candidate));
  }
  for (const Candidate& candidate : candidates) {
    if (!FindUnsupported(candidate.model).empty()) const Session trial(candidate.model);
  }
  return candidates;
}

std::string Run(const Invocation& invocation) {
  const auto runs = static_cast<int>(invocation.Integer("runs", 20, 1, kMostRuns));
  const auto warmup = static_cast<int>(invocation.Integer("warmup", 2, 0, kMostRuns));
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table = {
      {"model", "min ms", "median ms", "p95 ms", "ratio", "activations", "weights"}};
  double first = 0;
  for (const Candidate& candidate : OpenAll(invocation)) {
    const std::string& path = candidate.path;
    Session session(candidate.model, {.monitor = invocation.monitor});
    const TensorMap sample = candidate.sample ? *candidate.sample : RandomSample(session.inputs());
    const Latency latency = Benchmark(session, sample, runs, warmup, invocation.monitor);
    if (first == 0) first = latency.median_ms;
    table.push_back({path, HumanNumber(latency.min_ms), HumanNumber(latency.median_ms),
                     HumanNumber(latency.p95_ms), HumanNumber(latency.median_ms / first, 3),
                     HumanBytes(latency.peak_activation_bytes),
                     HumanBytes(latency.constant_bytes)});
    nlohmann::ordered_json row = nlohmann::ordered_json::parse(ToJson(latency));
    row["model"] = path;
    rows.push_back(std::move(row));
  }
  if (invocation.json) {
    return nlohmann::ordered_json({{"models", rows}, {"threads", Threads()}})
               .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
  }
  return Table(table);
}

}  // namespace

QUANTAB_REGISTER(commands, bench) { r.Add({.name = "bench", .run = Run}); }

}  // namespace quantab
