// Work that takes the same samples again and again, until it knows enough: one handle for all of
// it, whose result says what it was.
#include <emscripten/bind.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/layer_histograms.h"
#include "core/api/sensitivity.h"
#include "core/api/suggest.h"
#include "wasm/answer.h"
#include "wasm/handles.h"
#include "wasm/io_js.h"
#include "wasm/tensor_js.h"

namespace quantab {
namespace {

using emscripten::val;

class SearchHandle {
 public:
  explicit SearchHandle(val monitor) : monitor_(std::move(monitor)) {}
  virtual ~SearchHandle() = default;
  virtual int64_t MostPasses() const = 0;
  // Whether the pass needs further samples.
  virtual bool Add(const TensorMap& sample, std::optional<int64_t> label) = 0;
  virtual bool NextPass() = 0;
  virtual val Finish() = 0;

 protected:
  JsMonitor monitor_;
};

// Its result is {model, making}; `making` says as JSON text how it was made.
class MixedPrecisionHandle final : public SearchHandle {
 public:
  MixedPrecisionHandle(const Model& model, Recipe recipe, val monitor)
      : SearchHandle(std::move(monitor)),
        recipe_(std::move(recipe)),
        search_(PreProcess(model, recipe_, &monitor_), recipe_.mixed_precision_options, &monitor_) {
  }
  int64_t MostPasses() const override { return search_.most_passes(); }
  bool Add(const TensorMap& sample, std::optional<int64_t>) override { return search_.Add(sample); }
  bool NextPass() override { return search_.NextPass(); }
  val Finish() override {
    MixedPrecision found = search_.Finish();
    val object = val::object();
    object.set("making", DescriptionOf(recipe_, found));
    object.set("model", HandleOf(std::move(found.model)));
    return object;
  }

 private:
  Recipe recipe_;
  MixedPrecisionSearch search_;
};

// Its result is a SensitivityReport as JSON text.
class SensitivityHandle final : public SearchHandle {
 public:
  SensitivityHandle(const Model& model, const Recipe& recipe, const std::string& metric,
                    val monitor)
      : SearchHandle(std::move(monitor)), meter_(model, recipe, {.metric = metric}, &monitor_) {}
  int64_t MostPasses() const override { return meter_.most_passes(); }
  bool Add(const TensorMap& sample, std::optional<int64_t> label) override {
    meter_.Add(sample, label);
    return true;
  }
  bool NextPass() override { return meter_.NextPass(); }
  val Finish() override { return val(ToJson(meter_.Result())); }

 private:
  SensitivityMeter meter_;
};

// Its result is {model, making, ranges, report}: the model, and as JSON text how it was made, the
// ranges that were measured (empty for quantize_dynamic), and the Suggestion.
class SuggestHandle final : public SearchHandle {
 public:
  SuggestHandle(const Model& model, const Recipe& recipe, const SuggestOptions& options,
                val monitor)
      : SearchHandle(std::move(monitor)), search_(model, recipe, options, &monitor_) {}
  int64_t MostPasses() const override { return search_.most_passes(); }
  bool Add(const TensorMap& sample, std::optional<int64_t> label) override {
    search_.Add(sample, label);
    return true;
  }
  bool NextPass() override { return search_.NextPass(); }
  val Finish() override {
    Suggestion found = search_.Finish();
    val object = val::object();
    object.set("making", DescriptionOf(found.recipe));
    object.set("ranges", found.ranges.ranges.empty() ? std::string() : ToJson(found.ranges));
    object.set("report", ToJson(found));
    object.set("model", HandleOf(std::move(found.model)));
    return object;
  }

 private:
  SuggestSearch search_;
};

// Its result is an array of LayerHistograms as JSON text.
class LayerHistogramsHandle final : public SearchHandle {
 public:
  LayerHistogramsHandle(const Model& reference, const Model& quantized,
                        const std::vector<std::string>& names, int bins, val monitor)
      : SearchHandle(std::move(monitor)), layers_(reference, quantized, names, bins, &monitor_) {}
  int64_t MostPasses() const override { return layers_.passes(); }
  bool Add(const TensorMap& sample, std::optional<int64_t>) override {
    layers_.Add(sample);
    return layers_.passes() > 0;
  }
  bool NextPass() override { return layers_.NextPass(); }
  val Finish() override { return val(ToJson(layers_.Result())); }

 private:
  LayerHistograms layers_;
};

template <class Handle, class... Args>
val Create(Args&&... args) {
  return val(std::shared_ptr<SearchHandle>(std::make_shared<Handle>(std::forward<Args>(args)...)));
}

val CreateSearch(const ModelHandle& handle, const std::string& recipe, const std::string& options,
                 val monitor) {
  return Answer([&] {
    return Create<MixedPrecisionHandle>(handle.model, RecipeFrom(recipe, options),
                                        std::move(monitor));
  });
}

val CreateSensitivity(const ModelHandle& handle, const std::string& recipe,
                      const std::string& options, const std::string& metric, val monitor) {
  return Answer([&] {
    return Create<SensitivityHandle>(handle.model, RecipeFrom(recipe, options), metric,
                                     std::move(monitor));
  });
}

val CreateSuggest(const ModelHandle& handle, const std::string& recipe, const std::string& options,
                  val settings, val monitor) {
  return Answer([&] {
    const SuggestOptions wanted{
        .metric = settings["metric"].as<std::string>(),
        .target = settings["target"].as<double>(),
        .remedy = settings["remedy"].as<std::string>(),
        .max_trials = static_cast<int64_t>(settings["maxTrials"].as<double>()),
        .runs = static_cast<int64_t>(settings["runs"].as<double>())};
    return Create<SuggestHandle>(handle.model, RecipeFrom(recipe, options), wanted,
                                 std::move(monitor));
  });
}

val CreateLayerHistograms(const ModelHandle& reference, const ModelHandle& quantized, val names,
                          int bins, val monitor) {
  return Answer([&] {
    return Create<LayerHistogramsHandle>(reference.model, quantized.model,
                                         emscripten::vecFromJSArray<std::string>(names), bins,
                                         std::move(monitor));
  });
}

val MostPassesOf(const SearchHandle& handle) {
  return Answer([&] { return static_cast<double>(handle.MostPasses()); });
}

// `label` null: the sample has none.
val AddToSearch(SearchHandle& handle, val sample, val label) {
  return Answer([&] {
    std::optional<int64_t> index;
    if (!label.isNull()) index = static_cast<int64_t>(label.as<double>());
    return handle.Add(TensorMapFromJs(sample), index);
  });
}

val NextTrial(SearchHandle& handle) {
  return Answer([&] { return handle.NextPass(); });
}

val FinishSearch(SearchHandle& handle) {
  return Answer([&] { return handle.Finish(); });
}

}  // namespace

EMSCRIPTEN_BINDINGS(quantab_searches) {
  using emscripten::class_;
  using emscripten::function;

  class_<SearchHandle>("Search").smart_ptr<std::shared_ptr<SearchHandle>>("SearchPtr");
  function("createSearch", &CreateSearch);
  function("createSensitivity", &CreateSensitivity);
  function("createSuggest", &CreateSuggest);
  function("createLayerHistograms", &CreateLayerHistograms);
  function("mostPasses", &MostPassesOf);
  function("addToSearch", &AddToSearch);
  function("nextTrial", &NextTrial);
  function("finishSearch", &FinishSearch);
}

}  // namespace quantab
