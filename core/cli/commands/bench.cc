// quantab bench MODEL...: how long models take.
#include <algorithm>
#include <optional>

#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/console.h"
#include "core/cli/samples.h"

namespace quantab {
namespace {

constexpr int64_t kMostRuns = 1000000;
// So many nodes are listed for people; --json lists all.
constexpr size_t kMostListed = 20;

using Rows = std::vector<std::vector<std::string>>;

struct Candidate {
  std::string path;
  Model model;
  std::optional<TensorMap> sample;
  std::optional<Session> session;
};

// The models, ready to run. Throws for one that cannot run, before any is timed.
std::vector<Candidate> OpenAll(const Invocation& invocation) {
  std::vector<Candidate> candidates;
  for (const std::string& path : invocation.positionals) {
    Candidate candidate{path, OpenModelFile(path, invocation.monitor), std::nullopt, std::nullopt};
    if (invocation.Has("data")) {
      candidate.sample = SampleFolder(invocation.Value("data"), InputsOf(candidate.model)).Read(0);
    }
    candidates.push_back(std::move(candidate));
  }
  for (Candidate& candidate : candidates) {
    candidate.session.emplace(candidate.model, SessionOptions{.monitor = invocation.monitor});
    if (!candidate.sample) candidate.sample = RandomSample(candidate.session->inputs());
  }
  return candidates;
}

std::string ProfileText(const std::string& path, const Profile& profile) {
  Rows rows = {{"node", "op", "median ms", "share %", "kernels"}};
  for (size_t i = 0; i < std::min(profile.nodes.size(), kMostListed); ++i) {
    const NodeTime& node = profile.nodes[i];
    std::string kernels;
    for (const std::string& kernel : node.kernels) {
      kernels += (kernels.empty() ? "" : ", ") + kernel;
    }
    rows.push_back({node.node, node.op_type, HumanNumber(node.median_ms),
                    HumanNumber(100 * node.share, 3), kernels.empty() ? "-" : kernels});
  }
  std::string text = "\n" + path + "\n" + Table(rows);
  if (profile.nodes.size() > kMostListed) {
    text +=
        "and " + std::to_string(profile.nodes.size() - kMostListed) + " more; --json lists all\n";
  }
  return text;
}

std::string Run(const Invocation& invocation) {
  const auto runs = static_cast<int>(invocation.Integer("runs", 20, 1, kMostRuns));
  const auto warmup = static_cast<int>(invocation.Integer("warmup", 2, 0, kMostRuns));
  std::vector<Candidate> candidates = OpenAll(invocation);
  std::vector<TimedSession> timed;
  for (Candidate& each : candidates) timed.push_back({&*each.session, &*each.sample});
  const std::vector<Latency> latencies = BenchmarkInTurns(timed, runs, warmup, invocation.monitor);

  nlohmann::ordered_json models = nlohmann::ordered_json::array();
  Rows table = {{"model", "min ms", "median ms", "p95 ms", "ratio", "activations", "weights"}};
  std::string profiles;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Latency& latency = latencies[i];
    table.push_back(
        {candidates[i].path, HumanNumber(latency.min_ms), HumanNumber(latency.median_ms),
         HumanNumber(latency.p95_ms), HumanNumber(latency.median_ms / latencies[0].median_ms, 3),
         HumanBytes(latency.peak_activation_bytes), HumanBytes(latency.constant_bytes)});
    nlohmann::ordered_json model = nlohmann::ordered_json::parse(ToJson(latency));
    model["model"] = candidates[i].path;
    if (invocation.Flag("profile")) {
      const Profile profile = ProfileSession(*candidates[i].session, *candidates[i].sample, runs,
                                             warmup, invocation.monitor);
      model["profile"] = nlohmann::ordered_json::parse(ToJson(profile));
      profiles += ProfileText(candidates[i].path, profile);
    }
    models.push_back(std::move(model));
  }
  if (invocation.json) {
    return nlohmann::ordered_json({{"models", models}, {"threads", Threads()}})
               .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
  }
  return Table(table) + profiles;
}

}  // namespace

QUANTAB_REGISTER(commands, bench) { r.Add({.name = "bench", .run = Run}); }

}  // namespace quantab
