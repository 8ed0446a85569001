// The core's public interface as JavaScript sees it: functions over opaque handles, each with
// delete(). Options and reports cross as JSON text, tensors as tensor_js.h says, files as io_js.h
// says; every function answers {value} or {error}.
#include <emscripten/bind.h>
#include <emscripten/heap.h>

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/base/parallel.h"
#include "wasm/answer.h"
#include "wasm/handles.h"
#include "wasm/io_js.h"
#include "wasm/tensor_js.h"
#include "wasm/thread_guard.h"

namespace quantab {
namespace {

using emscripten::val;

// The classes behind the handles. A member that reports keeps its monitor.
struct StaticQuantizerHandle {
  StaticQuantizerHandle(const Model& model, const Recipe& recipe, SampleAccess access,
                        val monitor_object)
      : monitor(std::move(monitor_object)),
        quantizer(PreProcess(model, recipe, &monitor), recipe.static_options, &monitor, access) {}
  JsMonitor monitor;
  StaticQuantizer quantizer;
};

struct ComparerHandle {
  ComparerHandle(const Model& a, const Model& b, val monitor_object)
      : monitor(std::move(monitor_object)), comparer(a, b, &monitor) {}
  JsMonitor monitor;
  Comparer comparer;
};

struct LayerReporterHandle {
  LayerReporterHandle(const Model& reference, const Model& quantized, val monitor_object)
      : monitor(std::move(monitor_object)), reporter(reference, quantized, &monitor) {}
  JsMonitor monitor;
  LayerReporter reporter;
};

struct SessionHandle {
  explicit SessionHandle(const Model& model, val monitor_object)
      : monitor(std::move(monitor_object)), session(model, {.monitor = &monitor}) {}
  JsMonitor monitor;
  Session session;
};

WriteOptions WriteOptionsFrom(const val& object) {
  return {.use_external_data_format = object["useExternalDataFormat"].as<bool>(),
          .size_threshold = static_cast<uint64_t>(object["sizeThreshold"].as<double>()),
          .location = object["location"].as<std::string>()};
}

val DescribeCommands() {
  return Answer([] { return DescribeAll(); });
}

val ListOperators() {
  return Answer([] { return ToJson(SupportedOperators()); });
}

val Open(val source, val files, val monitor) {
  return Answer([&] {
    const JsFileSet file_set(std::move(files));
    JsMonitor js_monitor(std::move(monitor));
    return HandleOf(
        OpenModel(std::make_shared<JsSource>(std::move(source)), &file_set, &js_monitor));
  });
}

val InspectModel(const ModelHandle& handle) {
  return Answer([&] { return ToJson(Inspect(handle.model)); });
}

val WeightHistogramOf(const ModelHandle& handle, const std::string& name, int bins, val monitor) {
  return Answer([&] {
    JsMonitor js_monitor(std::move(monitor));
    return ToJson(HistogramOfWeight(handle.model, name, bins, &js_monitor));
  });
}

val ConvertModel(const ModelHandle& handle, const std::string& recipe, const std::string& options,
                 val monitor) {
  return Answer([&] {
    JsMonitor js_monitor(std::move(monitor));
    return HandleOf(Convert(handle.model, RecipeFrom(recipe, options), &js_monitor));
  });
}

val DescribeRecipe(const std::string& recipe, const std::string& options) {
  return Answer([&] { return DescriptionOf(RecipeFrom(recipe, options)); });
}

val CreateStaticQuantizer(const ModelHandle& handle, const std::string& recipe,
                          const std::string& options, bool once, val monitor) {
  return Answer([&] {
    return val(std::make_shared<StaticQuantizerHandle>(
        handle.model, RecipeFrom(recipe, options),
        once ? SampleAccess::kOnce : SampleAccess::kRepeated, std::move(monitor)));
  });
}

val QuantizeWithRanges(const ModelHandle& handle, const std::string& recipe,
                       const std::string& options, const std::string& ranges, val monitor) {
  return Answer([&] {
    JsMonitor js_monitor(std::move(monitor));
    const Recipe wanted = RecipeFrom(recipe, options);
    return HandleOf(QuantizeStatic(PreProcess(handle.model, wanted, &js_monitor),
                                   wanted.static_options, ReadRanges(ranges), &js_monitor));
  });
}

val PassesOf(const StaticQuantizerHandle& handle) {
  return Answer([&] { return handle.quantizer.passes(); });
}

val NextPass(StaticQuantizerHandle& handle) {
  return Answer([&] { handle.quantizer.NextPass(); });
}

val RangesOf(const StaticQuantizerHandle& handle) {
  return Answer([&] { return ToJson(handle.quantizer.Ranges()); });
}

val DescribeRanges(const std::string& ranges) {
  return Answer([&] { return ToJson(ReadRanges(ranges)); });
}

val Collect(StaticQuantizerHandle& handle, val sample) {
  return Answer([&] { handle.quantizer.Collect(TensorMapFromJs(sample)); });
}

val ShareableOf(const StaticQuantizerHandle& handle) {
  return Answer([&] { return handle.quantizer.Shareable(); });
}

val TakeStatistics(StaticQuantizerHandle& handle) {
  return Answer([&] {
    const std::vector<std::byte> bytes = handle.quantizer.TakeStatistics();
    const auto* first = reinterpret_cast<const uint8_t*>(bytes.data());
    return val::global("Uint8Array").new_(emscripten::typed_memory_view(bytes.size(), first));
  });
}

val MergeStatistics(StaticQuantizerHandle& handle, val statistics) {
  return Answer([&] {
    const auto bytes = emscripten::convertJSArrayToNumberVector<uint8_t>(statistics);
    handle.quantizer.MergeStatistics(std::as_bytes(std::span(bytes)));
  });
}

val Finish(StaticQuantizerHandle& handle) {
  return Answer([&] { return HandleOf(handle.quantizer.Finish()); });
}

val CreateComparer(const ModelHandle& a, const ModelHandle& b, val monitor) {
  return Answer(
      [&] { return val(std::make_shared<ComparerHandle>(a.model, b.model, std::move(monitor))); });
}

// `label` null: the sample has none.
val Add(ComparerHandle& handle, val sample, val label) {
  return Answer([&] {
    std::optional<int64_t> index;
    if (!label.isNull()) index = static_cast<int64_t>(label.as<double>());
    handle.comparer.Add(TensorMapFromJs(sample), index);
  });
}

val Result(const ComparerHandle& handle) {
  return Answer([&] { return ToJson(handle.comparer.Result()); });
}

val CreateLayerReporter(const ModelHandle& reference, const ModelHandle& quantized, val monitor) {
  return Answer([&] {
    return val(std::make_shared<LayerReporterHandle>(reference.model, quantized.model,
                                                     std::move(monitor)));
  });
}

val AddToReport(LayerReporterHandle& handle, val sample) {
  return Answer([&] { handle.reporter.Add(TensorMapFromJs(sample)); });
}

val LayersOf(const LayerReporterHandle& handle) {
  return Answer([&] { return ToJson(handle.reporter.Result()); });
}

val CreateSession(const ModelHandle& handle, val monitor) {
  return Answer(
      [&] { return val(std::make_shared<SessionHandle>(handle.model, std::move(monitor))); });
}

// `attentive`: the session's monitor hears of progress and is asked whether to stop.
val Run(SessionHandle& handle, val inputs, bool attentive) {
  return Answer([&] {
    return TensorMapToJs(handle.session.Run(TensorMapFromJs(inputs), nullptr,
                                            attentive ? &handle.monitor : nullptr));
  });
}

// `inputs` null: a random sample.
val RunBenchmark(SessionHandle& handle, val inputs, int runs, int warmup) {
  return Answer([&] {
    const TensorMap sample =
        inputs.isNull() ? RandomSample(handle.session.inputs()) : TensorMapFromJs(inputs);
    return ToJson(Benchmark(handle.session, sample, runs, warmup, &handle.monitor));
  });
}

val RunProfile(SessionHandle& handle, val inputs, int runs, int warmup) {
  return Answer([&] {
    const TensorMap sample =
        inputs.isNull() ? RandomSample(handle.session.inputs()) : TensorMapFromJs(inputs);
    return ToJson(ProfileSession(handle.session, sample, runs, warmup, &handle.monitor));
  });
}

val MakeRandomSample(const ModelHandle& handle, double seed) {
  return Answer([&] {
    return TensorMapToJs(RandomSample(InputsOf(handle.model), static_cast<uint64_t>(seed)));
  });
}

val WrittenSizesOf(const ModelHandle& handle, val options) {
  return Answer([&] {
    const WrittenSizes sizes = SizesOf(handle.model, WriteOptionsFrom(options));
    val object = val::object();
    object.set("model", static_cast<double>(sizes.model));
    object.set("external", static_cast<double>(sizes.external));
    return object;
  });
}

// `external` null: everything goes into `sink`.
val Write(const ModelHandle& handle, val sink, val external, val options, val monitor) {
  return Answer([&] {
    JsMonitor js_monitor(std::move(monitor));
    const WriteOptions write_options = WriteOptionsFrom(options);
    JsSink out(std::move(sink));
    if (external.isNull()) {
      WriteModel(handle.model, out, nullptr, write_options, &js_monitor);
    } else {
      JsSink external_out(std::move(external));
      WriteModel(handle.model, out, &external_out, write_options, &js_monitor);
    }
  });
}

std::string Flavor() { return QUANTAB_FLAVOR; }

// Bytes of the module's memory. It never shrinks, so this is the peak so far.
double HeapBytes() { return static_cast<double>(emscripten_get_heap_size()); }

}  // namespace

EMSCRIPTEN_BINDINGS(quantab) {
  using emscripten::class_;
  using emscripten::function;

  class_<ModelHandle>("Model").smart_ptr<std::shared_ptr<ModelHandle>>("ModelPtr");
  class_<StaticQuantizerHandle>("StaticQuantizer")
      .smart_ptr<std::shared_ptr<StaticQuantizerHandle>>("StaticQuantizerPtr");
  class_<ComparerHandle>("Comparer").smart_ptr<std::shared_ptr<ComparerHandle>>("ComparerPtr");
  class_<LayerReporterHandle>("LayerReporter")
      .smart_ptr<std::shared_ptr<LayerReporterHandle>>("LayerReporterPtr");
  class_<SessionHandle>("Session").smart_ptr<std::shared_ptr<SessionHandle>>("SessionPtr");

  function("version", &Version);
  function("describe", &DescribeCommands);
  function("operators", &ListOperators);
  function("heapBytes", &HeapBytes);
  function("flavor", &Flavor);
  function("setThreads", &SetGuardedThreads);
  function("threads", &Threads);
  function("threadsSeen", &ThreadsSeen);
  function("openModel", &Open);
  function("inspect", &InspectModel);
  function("weightHistogram", &WeightHistogramOf);
  function("convert", &ConvertModel);
  function("describeRecipe", &DescribeRecipe);
  function("createStaticQuantizer", &CreateStaticQuantizer);
  function("quantizeWithRanges", &QuantizeWithRanges);
  function("passes", &PassesOf);
  function("nextPass", &NextPass);
  function("shareable", &ShareableOf);
  function("takeStatistics", &TakeStatistics);
  function("mergeStatistics", &MergeStatistics);
  function("ranges", &RangesOf);
  function("describeRanges", &DescribeRanges);
  function("collect", &Collect);
  function("finish", &Finish);
  function("createComparer", &CreateComparer);
  function("addSample", &Add);
  function("comparison", &Result);
  function("createLayerReporter", &CreateLayerReporter);
  function("addToReport", &AddToReport);
  function("layerReport", &LayersOf);
  function("createSession", &CreateSession);
  function("run", &Run);
  function("benchmark", &RunBenchmark);
  function("profile", &RunProfile);
  function("randomSample", &MakeRandomSample);
  function("sizes", &WrittenSizesOf);
  function("write", &Write);
}

}  // namespace quantab
