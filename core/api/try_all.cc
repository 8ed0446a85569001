#include "core/api/try_all.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/eval/output_figure.h"

namespace quantab {
namespace {

Model Calibrated(const Model& model, const StaticOptions& options, size_t samples,
                 const SampleSource& sample, Monitor* monitor) {
  StaticQuantizer quantizer(model, options, monitor);
  const uint64_t total = samples * static_cast<uint64_t>(quantizer.passes());
  uint64_t done = 0;
  for (int pass = 0; pass < quantizer.passes(); ++pass) {
    if (pass > 0) quantizer.NextPass();
    for (size_t i = 0; i < samples; ++i) {
      quantizer.Collect(sample(i));
      Report(monitor, "calibrate", ++done, total);
    }
  }
  return quantizer.Finish();
}

Model Made(const Model& model, const Recipe& recipe, size_t samples, const SampleSource& sample,
           Monitor* monitor) {
  if (recipe.method == RecipeMethod::kStatic) {
    return Calibrated(PreProcess(model, recipe, monitor), recipe.static_options, samples, sample,
                      monitor);
  }
  if (recipe.method == RecipeMethod::kMixedPrecision) {
    return AutoMixedPrecision(PreProcess(model, recipe, monitor), samples, sample,
                              recipe.mixed_precision_options, monitor)
        .model;
  }
  return Convert(model, recipe, monitor);
}

Comparison Compared(const Model& model, const Model& made, size_t samples,
                    const SampleSource& sample, std::span<const int64_t> labels, Monitor* monitor) {
  Comparer comparer(model, made, monitor);
  for (size_t i = 0; i < samples; ++i) {
    comparer.Add(sample(i), labels.empty() ? std::nullopt : std::optional(labels[i]));
    Report(monitor, "compare", i + 1, samples);
  }
  return comparer.Result();
}

// The worst output's.
void TakeFigures(const Comparison& comparison, const MetricDef& metric, FormFigures& figures) {
  for (const OutputComparison& output : comparison.outputs) {
    const auto error = output.metrics.find("max_abs_error");
    if (error != output.metrics.end() && !(error->second <= figures.max_abs_error)) {
      figures.max_abs_error = error->second;
    }
    const auto found = output.metrics.find(std::string(metric.name));
    if (found == output.metrics.end()) continue;
    if (!figures.value || IsWorse(metric, found->second, *figures.value)) {
      figures.value = found->second;
    }
  }
  if (!figures.value) {
    ThrowInvalidArgument("The metric '" + std::string(metric.name) +
                         "' applies to none of the model's outputs. Take another one, such as "
                         "'sqnr_db', or, for accuracy, give labels that are indices of classes.");
  }
}

// Whether `a` leaves no reason to take `b`.
bool Beats(const FormFigures& a, const FormFigures& b, const MetricDef& metric) {
  const double slow = a.latency ? a.latency->median_ms : 0;
  const double fast = b.latency ? b.latency->median_ms : 0;
  const bool as_good = a.bytes <= b.bytes && slow <= fast && !IsWorse(metric, *a.value, *b.value);
  return as_good && (a.bytes < b.bytes || slow < fast || IsWorse(metric, *b.value, *a.value));
}

void MarkBest(std::vector<TriedRecipe>& trials, const MetricDef& metric) {
  for (TriedRecipe& trial : trials) {
    if (trial.error) continue;
    trial.best = std::none_of(trials.begin(), trials.end(), [&](const TriedRecipe& other) {
      return !other.error && Beats(other.figures, trial.figures, metric);
    });
  }
}

void TimeAll(const Model& model, const std::vector<Model>& made, const TensorMap& sample,
             const TryOptions& options, TryReport& report, Monitor* monitor) {
  std::vector<Session> sessions;
  std::vector<FormFigures*> forms = {&report.original};
  sessions.emplace_back(model);
  for (size_t i = 0; i < made.size(); ++i) {
    if (report.trials[i].error) continue;
    sessions.emplace_back(made[i]);
    forms.push_back(&report.trials[i].figures);
  }
  std::vector<TimedSession> timed;
  for (Session& session : sessions) timed.push_back({&session, &sample});
  const std::vector<Latency> latencies =
      BenchmarkInTurns(timed, static_cast<int>(options.runs), 2, monitor);
  for (size_t i = 0; i < forms.size(); ++i) forms[i]->latency = latencies[i];
}

}  // namespace

TryReport TryAll(const Model& model, const std::vector<NamedRecipe>& recipes, size_t samples,
                 const SampleSource& sample, std::span<const int64_t> labels,
                 const TryOptions& options, Monitor* monitor) {
  return Guard([&] {
    const MetricDef& metric = MetricRegistry::Get().Find(options.metric);
    if (recipes.empty()) ThrowInvalidArgument("There is no recipe to try. Give at least one.");
    if (samples == 0) ThrowInvalidArgument("There was no sample to compare on. Give at least one.");
    if (!FindUnsupported(model).empty()) const Session trial(model);
    TryReport report{.metric = options.metric,
                     .larger_is_better = metric.larger_is_better,
                     .original = {.bytes = FileBytes(model)},
                     .trials = {}};
    std::vector<Model> made(recipes.size());
    for (size_t i = 0; i < recipes.size(); ++i) {
      const auto& [name, recipe] = recipes[i];
      TriedRecipe trial{.name = name, .recipe = recipe, .figures = {}};
      try {
        made[i] = Made(model, RecipeFromJson(recipe), samples, sample, monitor);
        trial.figures.bytes = FileBytes(made[i]);
        TakeFigures(Compared(model, made[i], samples, sample, labels, monitor), metric,
                    trial.figures);
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kCancelled) throw;
        trial.figures = {};
        trial.error = error;
      }
      report.trials.push_back(std::move(trial));
    }
    if (options.runs > 0) TimeAll(model, made, sample(0), options, report, monitor);
    MarkBest(report.trials, metric);
    return report;
  });
}

std::vector<NamedRecipe> RecipesFromJson(std::string_view json) {
  return Guard([&] {
    const auto object = nlohmann::ordered_json::parse(json, nullptr, false);
    if (!object.is_object() && !object.is_array()) {
      ThrowInvalidArgument(
          "These are no recipes. Give a JSON object of recipes by name, or an array of them.");
    }
    std::vector<NamedRecipe> recipes;
    int number = 0;
    for (const auto& [key, recipe] : object.items()) {
      const std::string name = object.is_array() ? std::to_string(++number) : key;
      recipes.emplace_back(name, recipe.dump());
    }
    return recipes;
  });
}

}  // namespace quantab
