// Quantab's public C++ interface. Everything a program needs is here or included from here.
//
//   auto model = quantab::OpenModel(source, &files);
//   auto quantized = quantab::QuantizeDynamic(model, {.weight_type = quantab::QuantType::kQInt8});
//   quantab::WriteModel(quantized, sink);
//
// All functions throw quantab::Error and nothing else. SetThreads says how many threads a model
// runs on; one, unless it is called.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/layer_report.h"
#include "core/base/byte_io.h"
#include "core/base/error.h"
#include "core/base/monitor.h"
#include "core/base/parallel.h"
#include "core/calib/tensor_ranges.h"
#include "core/eval/auto_mixed_precision.h"
#include "core/eval/profile.h"
#include "core/eval/weight_histogram.h"
#include "core/exec/session.h"
#include "core/onnx/model.h"
#include "core/passes/pre_process.h"
#include "core/quant/config.h"
#include "core/quant/float16.h"
#include "core/quant/matmul_bnb4.h"
#include "core/quant/matmul_nbits.h"
#include "core/quant/mixed_precision.h"
#include "core/quant/options.h"
#include "core/tensor/tensor.h"

namespace quantab {

// The library's version, "0.1.0".
std::string Version();

// Reads a model; see ReadModel.
Model OpenModel(std::shared_ptr<const ByteSource> source, const FileSet* files = nullptr,
                Monitor* monitor = nullptr);

// What a model is, as data.
struct ValueSummary {
  std::string name;
  ValueType kind = ValueType::kTensor;
  std::string dtype;               // "float32", ...; of what is no tensor, "sequence", "map", ...
  std::vector<std::string> shape;  // "3", "batch", "?"
  bool has_shape = false;
};
struct NodeSummary {
  int index = 0;
  std::string name;
  std::string op_type;
  std::string domain;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};
struct OperatorSummary {
  std::string op_type;
  std::string domain;
  int count = 0;
  int64_t parameters = 0;  // elements of initializers these nodes read (a shared one counts once)
  uint64_t bytes = 0;
};
struct ModelInfo {
  std::string name, producer_name, producer_version, graph_name;
  int64_t ir_version = 0;
  std::vector<std::pair<std::string, int64_t>> opsets;  // domain ("ai.onnx" for ""), version
  std::vector<ValueSummary> inputs;                     // required inputs only
  std::vector<ValueSummary> outputs;
  std::vector<NodeSummary> nodes;
  std::vector<OperatorSummary> operators;  // most bytes first
  int64_t parameters = 0;
  uint64_t weight_bytes = 0;
  uint64_t file_bytes = 0;  // FileBytes
  bool external_data = false;
  bool quantized = false;  // contains Q/DQ or integer operators
  std::vector<UnsupportedNode> unsupported;
  std::vector<std::string> warnings;  // the checker's, for instance
};
ModelInfo Inspect(const Model& model);

// How the elements of the weight `name` are spread; see HistogramOf.
WeightHistogram HistogramOfWeight(const Model& model, const std::string& name, int bins,
                                  Monitor* monitor = nullptr);

// The inputs a run of `model` needs, without making a session.
std::vector<InputInfo> InputsOf(const Model& model);

// An operator that can run.
struct SupportedOperator {
  std::string domain;  // "ai.onnx", ...
  std::string op_type;
  int since = 1, until = 0;  // operator sets; 0 is the newest known
  // Whether it runs as the operators that ONNX defines it with, not by a kernel of its own.
  bool by_definition = false;
};
// All of them, sorted by domain and name.
std::vector<SupportedOperator> SupportedOperators();

// quantize_dynamic. The result shares the source's unquantized weights and computes quantized
// weights when it is written or run: nothing is held in memory as a whole. Throws
// Error(kInvalidArgument) for an option that matches nothing (a node to exclude, an operator type),
// Error(kInvalidModel) for a graph that is wrong.
Model QuantizeDynamic(const Model& model, const DynamicOptions& options = {},
                      Monitor* monitor = nullptr);

// Whether samples can be read more than once. Some methods look at all of them twice: those with
// histograms, whose bins follow from the extremes, and SmoothQuant.
enum class SampleAccess { kRepeated, kOnce };

// quantize_static, sample by sample:
//
//   StaticQuantizer quantizer(model, options);
//   for (int pass = 0; pass < quantizer.passes(); ++pass) {
//     if (pass > 0) quantizer.NextPass();
//     for (const TensorMap& sample : samples) quantizer.Collect(sample);
//   }
//   Model quantized = quantizer.Finish();
class StaticQuantizer {
 public:
  // With SampleAccess::kOnce there is one pass, in which histograms grow with the samples, as
  // onnxruntime's do when it is fed piece by piece. Throws Error(kInvalidArgument) for options that
  // are wrong, and for SmoothQuant with samples that can be read only once.
  explicit StaticQuantizer(const Model& model, const StaticOptions& options = {},
                           Monitor* monitor = nullptr,
                           SampleAccess access = SampleAccess::kRepeated);
  ~StaticQuantizer();
  StaticQuantizer(StaticQuantizer&&) noexcept;

  // Runs the float model on one sample and observes its activations. Samples may differ in shape.
  // Reports no progress: the caller knows how many samples there are. Throws
  // Error(kInvalidArgument) for a sample that does not fit the inputs.
  void Collect(const TensorMap& sample);

  // How often all samples have to be given.
  int passes() const;
  // All samples have been given, and are to be given again.
  void NextPass();

  // Whether samples may be shared out to several quantizers of the same model and options, each in
  // a process of its own, with the same result to the bit. Not with SmoothQuant and bias
  // correction, whose sums depend on their order, nor with collections of samples
  // (calib_strided_min_max), nor where a histogram grows with the samples.
  //
  // In all passes but the last of two every quantizer gives TakeStatistics after each of its
  // samples, and all that, in the order of the samples, goes to MergeStatistics of every quantizer.
  // In the last of two it is given once, after all samples, and goes to the quantizer that
  // finishes.
  bool Shareable() const;
  // What Collect saw since the pass began, or since the last call, as bytes; forgets it.
  std::vector<std::byte> TakeStatistics();
  // Throws Error(kInvalidArgument) for bytes that do not go with this quantizer.
  void MergeStatistics(std::span<const std::byte> statistics);

  // The ranges of activations that were found. Throws Error(kInvalidArgument) when there was no
  // sample, or when passes are missing.
  TensorRanges Ranges() const;

  // Throws as Ranges does.
  Model Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// quantize_static with ranges that were found before. Throws Error(kInvalidArgument) for options
// that are wrong, that need samples, or that name another calibration method than the ranges do.
Model QuantizeStatic(const Model& model, const StaticOptions& options, const TensorRanges& ranges,
                     Monitor* monitor = nullptr);

// Ranges from their text (see ToText), or from onnxruntime's calibration cache (JSON). Throws
// Error(kInvalidArgument) for anything else.
TensorRanges ReadRanges(std::string_view text);

// How close the outputs of two models are, over all samples given to a Comparer. `metrics` holds
// one value per file of core/eval/metrics, by name (see there for the formulas): "mse",
// "mean_relative_error", "max_abs_error", "cosine", "sqnr_db", "kl_divergence", "top1_agreement",
// "top5_agreement", and with labels "top1_accuracy", "top5_accuracy" and the same of the reference,
// "reference_top1_accuracy" and "reference_top5_accuracy". A metric that does not apply to an
// output is absent.
struct OutputComparison {
  std::string name;
  int64_t elements = 0;
  std::map<std::string, double> metrics;
};
struct Comparison {
  int samples = 0;
  std::vector<OutputComparison> outputs;
};
class Comparer {
 public:
  // `a` is the reference.
  Comparer(const Model& a, const Model& b, Monitor* monitor = nullptr);
  ~Comparer();
  Comparer(Comparer&&) noexcept;
  // `label` is the sample's class, counted from 0; either all samples have one or none. Throws
  // Error(kInvalidArgument) for a sample that does not fit the inputs, and for a label below 0.
  void Add(const TensorMap& sample, std::optional<int64_t> label = {});
  // Throws Error(kInvalidArgument) when there was no sample, when only some had labels, and when
  // no output has one score for each class of the labels.
  Comparison Result() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Latency {
  int runs = 0;
  double min_ms = 0, median_ms = 0, p95_ms = 0;
  uint64_t peak_activation_bytes = 0;
  uint64_t constant_bytes = 0;
};
// Times `runs` runs on one sample after `warmup` uncounted ones.
Latency Benchmark(Session& session, const TensorMap& sample, int runs = 20, int warmup = 2,
                  Monitor* monitor = nullptr);

// A model to be timed, and what it runs on. Both outlive the call.
struct TimedSession {
  Session* session = nullptr;
  const TensorMap* sample = nullptr;
};
// Times several models, a run of each in turn, so that what else the machine does meets all alike.
// They are all in memory at the time.
std::vector<Latency> BenchmarkInTurns(std::span<const TimedSession> sessions, int runs = 20,
                                      int warmup = 2, Monitor* monitor = nullptr);

// Where the time of a model's runs goes, node by node; see core/eval/profile.h.
Profile ProfileSession(Session& session, const TensorMap& sample, int runs = 20, int warmup = 2,
                       Monitor* monitor = nullptr);

// A sample made up from the inputs' types and shapes: unknown dimensions become 1, floats are
// standard normal, integers small, all from `seed`. Good for timing, harmful for accuracy.
TensorMap RandomSample(const std::vector<InputInfo>& inputs, uint64_t seed = 0);

}  // namespace quantab
