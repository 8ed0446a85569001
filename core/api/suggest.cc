#include "core/api/suggest.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/api/remedy.h"
#include "core/api/sensitivity.h"
#include "core/eval/feeds.h"
#include "core/eval/keep_search.h"
#include "core/eval/output_figure.h"
#include "core/eval/reference_outputs.h"

namespace quantab {
namespace {

constexpr uint64_t kOutputBudget = uint64_t{64} << 20;

// Passes on messages, for work that is to be done although the search was stopped.
class Unstoppable final : public Monitor {
 public:
  explicit Unstoppable(Monitor* inner) : inner_(inner) {}
  void OnProgress(std::string_view stage, uint64_t done, uint64_t total) override {
    if (inner_ != nullptr) inner_->OnProgress(stage, done, total);
  }
  void OnLog(LogLevel level, std::string_view message) override {
    if (inner_ != nullptr) inner_->OnLog(level, message);
  }

 private:
  Monitor* inner_;
};

// Passes on the wish to stop and nothing else.
class Silent final : public Monitor {
 public:
  explicit Silent(Monitor* inner) : inner_(inner) {}
  bool Cancelled() override { return inner_ != nullptr && inner_->Cancelled(); }

 private:
  Monitor* inner_;
};

SessionOptions Reproducible(Monitor* monitor) { return {.reproducible = true, .monitor = monitor}; }

// A set of kept nodes that has been tried.
struct Tried {
  std::vector<size_t> kept;  // by rank
  double value = 0;
  double max_abs_error = 0;
  bool enough = false;
};

void CheckOptions(const SuggestOptions& options) {
  if (!std::isfinite(options.target)) {
    ThrowInvalidArgument("The target is no finite number. Give the value of '" + options.metric +
                         "' that is wanted.");
  }
  if (options.max_trials < 1 || options.runs < 0) {
    ThrowInvalidArgument("'max_trials' is " + std::to_string(options.max_trials) + " and 'runs' " +
                         std::to_string(options.runs) + ". Give at least 1 and at least 0.");
  }
}

}  // namespace

struct SuggestSearch::Impl {
  Impl(const Model& source, const Recipe& given, const SuggestOptions& wanted, Monitor* m)
      : recipe(given),
        options(wanted),
        metric(MetricRegistry::Get().Find(options.metric)),
        monitor(m),
        quiet(m),
        silent(m),
        outputs(kOutputBudget) {
    CheckOptions(options);
    original = source;
    prepared = PreProcess(source, recipe, &quiet);
    remedy.emplace(options.remedy, prepared, recipe);
    meter.emplace(source, recipe, SensitivityOptions{.metric = options.metric}, monitor);
    most_passes =
        meter->most_passes() +
        KeepSearch::MostTrials(static_cast<size_t>(meter->candidates()), options.max_trials);
  }

  // The recipe that keeps nodes of these ranks as the remedy says.
  Recipe RecipeKeeping(const std::vector<size_t>& kept) const {
    std::vector<std::string> names;
    for (const size_t rank : kept) names.push_back(ranking.nodes[rank].node);
    return remedy->For(names);
  }

  Model ModelKeeping(const std::vector<size_t>& kept, Monitor* listener) const {
    Recipe keeping = RecipeKeeping(kept);
    if (recipe.method == RecipeMethod::kStatic) {
      return QuantizeStatic(prepared, keeping.static_options, ranges, listener);
    }
    keeping.pre_process.reset();
    return Convert(prepared, keeping, listener);
  }

  void BeginTrials() {
    ranking = meter->Result();
    ranges = meter->ranges();
    meter.reset();
    remedy->SetRanges(prepared, ranges);
    reference.emplace(original, Reproducible(&quiet));
    search.emplace(ranking.nodes.size(), options.max_trials);
  }

  // Whether there is another trial.
  bool BeginTrial() {
    test.reset();
    kept = search->Next();
    if (!kept) return false;
    // What there is to say of a conversion was said when nodes were measured.
    test.emplace(ModelKeeping(*kept, &silent), Reproducible(&silent));
    figure.emplace(metric);
    return true;
  }

  void EndTrial() {
    const std::optional<double> value = figure->Value();
    if (!value) ThrowInternal("The metric applies to no output of a trial.");
    const bool enough = !std::isnan(*value) && !IsWorse(metric, *value, options.target);
    if (monitor != nullptr) {
      monitor->OnLog(LogLevel::kInfo, "Keeping " + std::to_string(kept->size()) + " of " +
                                          std::to_string(ranking.nodes.size()) + " nodes in " +
                                          WordsOf(options.remedy) + " is " +
                                          (enough ? "enough." : "not enough."));
    }
    tried.push_back({*kept, *value, figure->max_abs_error(), enough});
    search->Tell(enough);
  }

  void Add(const TensorMap& sample, std::optional<int64_t> label) {
    if (first_sample.empty()) first_sample = sample;
    if (meter) {
      meter->Add(sample, label);
    } else {
      const TensorMap expected = outputs.Of(at_sample, *reference, sample, &quiet);
      const TensorMap feeds = FeedsFor(test->inputs(), sample);
      figure->Add(OutputNumbers(expected), test->Run(feeds, nullptr, &quiet), label);
    }
    ++at_sample;
  }

  bool NextPass() {
    if (meter) {
      at_sample = 0;
      if (meter->NextPass()) return true;
      BeginTrials();
    } else {
      if (at_sample == 0)
        ThrowInvalidArgument("There was no sample to compare on. Give all again.");
      at_sample = 0;
      EndTrial();
    }
    return BeginTrial();
  }

  const Tried& Best() const {
    return *std::min_element(tried.begin(), tried.end(), [&](const Tried& a, const Tried& b) {
      if (a.enough != b.enough) return a.enough;
      if (a.enough && a.kept.size() != b.kept.size()) return a.kept.size() < b.kept.size();
      return IsWorse(metric, b.value, a.value);
    });
  }

  Suggestion Finish() {
    if (tried.empty()) {
      throw Error(ErrorCode::kCancelled,
                  "No model has been tried yet, so there is nothing to suggest.");
    }
    Unstoppable listener(monitor);
    test.reset();
    const Tried& best = Best();
    const Model all = ModelKeeping({}, nullptr);
    Suggestion found{.metric = options.metric,
                     .remedy = options.remedy,
                     .larger_is_better = metric.larger_is_better,
                     .target = options.target,
                     .met = best.enough,
                     .complete = search->done(),
                     .trials = search->trials(),
                     .kept = {},
                     .considered = static_cast<int64_t>(ranking.nodes.size()),
                     .original = {.bytes = FileBytes(original)},
                     .quantized = {.bytes = FileBytes(all),
                                   .value = tried.front().value,
                                   .max_abs_error = tried.front().max_abs_error},
                     .suggested = {.value = best.value, .max_abs_error = best.max_abs_error},
                     .recipe = RecipeKeeping(best.kept),
                     .ranges = ranges,
                     .model = ModelKeeping(best.kept, &listener)};
    for (const size_t rank : best.kept) found.kept.push_back(ranking.nodes[rank]);
    found.suggested.bytes = FileBytes(found.model);
    if (options.runs > 0) Time(found, all, &listener);
    return found;
  }

  void Time(Suggestion& found, const Model& all, Monitor* listener) {
    reference.reset();
    const Model* models[] = {&original, &all, &found.model};
    std::vector<Session> sessions;
    for (const Model* model : models) sessions.emplace_back(*model);
    std::vector<TimedSession> timed;
    for (Session& session : sessions) timed.push_back({&session, &first_sample});
    const std::vector<Latency> latencies =
        BenchmarkInTurns(timed, static_cast<int>(options.runs), 2, listener);
    found.original.latency = latencies[0];
    found.quantized.latency = latencies[1];
    found.suggested.latency = latencies[2];
  }

  Recipe recipe;
  SuggestOptions options;
  const MetricDef& metric;
  std::optional<Remedy> remedy;
  Monitor* monitor;
  QuietMonitor quiet;
  Silent silent;
  Model original, prepared;
  int64_t most_passes = 0;
  std::optional<SensitivityMeter> meter;  // until the nodes are ranked
  SensitivityReport ranking;
  TensorRanges ranges;
  TensorMap first_sample;
  size_t at_sample = 0;
  std::optional<KeepSearch> search;
  std::optional<Session> reference;
  ReferenceOutputs outputs;
  std::vector<Tried> tried;
  // Of the present trial.
  std::optional<std::vector<size_t>> kept;
  std::optional<Session> test;
  std::optional<OutputFigure> figure;
};

SuggestSearch::SuggestSearch(const Model& model, const Recipe& recipe,
                             const SuggestOptions& options, Monitor* monitor)
    : impl_(Guard([&] { return std::make_unique<Impl>(model, recipe, options, monitor); })) {}
SuggestSearch::~SuggestSearch() = default;
SuggestSearch::SuggestSearch(SuggestSearch&&) noexcept = default;

int64_t SuggestSearch::most_passes() const { return impl_->most_passes; }

int64_t SuggestSearch::trials() const { return static_cast<int64_t>(impl_->tried.size()); }

void SuggestSearch::Add(const TensorMap& sample, std::optional<int64_t> label) {
  Guard([&] { impl_->Add(sample, label); });
}

bool SuggestSearch::NextPass() {
  return Guard([&] { return impl_->NextPass(); });
}

Suggestion SuggestSearch::Finish() {
  return Guard([&] { return impl_->Finish(); });
}

}  // namespace quantab
