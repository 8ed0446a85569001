#include "core/eval/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/eval/as_written.h"
#include "core/eval/changed_part.h"
#include "core/eval/output_figure.h"
#include "core/eval/reference_outputs.h"
#include "core/exec/session.h"

namespace quantab {
namespace {

uint64_t WeightBytes(const Model& model) {
  uint64_t bytes = 0;
  for (const auto& tensor : model.proto.graph().initializer()) {
    bytes += BytesOf(TypeOf(tensor), ElementCount(ShapeOf(tensor)));
  }
  return bytes;
}

// How many candidates there are in a pass.
size_t AtATime(const Model& reference, const ScanLimits& limits) {
  const uint64_t bytes = std::max<uint64_t>(WeightBytes(reference), 1);
  return static_cast<size_t>(std::max<uint64_t>(limits.weight_budget / bytes, 1));
}

// A candidate of the present pass.
struct Trial {
  size_t node;  // index of its figures
  ChangedPart part;
  std::optional<Session> session;  // made for the first sample
};

// The float run on one sample, and the trials' parts of runs as soon as they can.
class TrialRun final : public Observer {
 public:
  TrialRun(std::vector<Trial>& trials, const OutputNumbers& reference,
           std::vector<OutputFigure>& figures, std::optional<int64_t> label, Monitor* monitor)
      : trials_(trials),
        reference_(reference),
        figures_(figures),
        label_(label),
        monitor_(monitor) {
    for (size_t i = 0; i < trials.size(); ++i) {
      missing_.push_back(trials[i].part.inputs.size());
      for (const std::string& input : trials[i].part.inputs) readers_[input].push_back(i);
    }
  }

  bool Wants(const std::string& value) override { return readers_.contains(value); }

  void OnTensor(const std::string& value, const Tensor& tensor) override {
    const auto found = readers_.find(value);
    if (found == readers_.end() || held_.contains(value)) return;
    held_[value] = {tensor, found->second.size()};
    for (const size_t trial : found->second) {
      if (--missing_[trial] == 0) RunTrial(trial);
    }
  }

  // All values have been made.
  void CheckComplete() const {
    for (size_t i = 0; i < trials_.size(); ++i) {
      if (missing_[i] == 0) continue;
      for (const std::string& input : trials_[i].part.inputs) {
        if (!held_.contains(input)) {
          ThrowUnsupported("Value '" + input +
                           "' is no tensor, so what follows from it cannot be " +
                           "measured alone. Leave the nodes that make or read it in float.");
        }
      }
    }
  }

 private:
  struct Held {
    Tensor tensor;
    size_t readers = 0;  // that have not run yet
  };

  void RunTrial(size_t index) {
    CheckCancelled(monitor_);
    Trial& trial = trials_[index];
    TensorMap feeds;
    for (const std::string& input : trial.part.inputs) feeds[input] = held_[input].tensor;
    if (!trial.session) {
      onnx::GraphProto& graph = *trial.part.model.proto.mutable_graph();
      for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
        input.mutable_type()->mutable_tensor_type()->set_elem_type(
            static_cast<int32_t>(feeds[input.name()].dtype()));
      }
      trial.session.emplace(trial.part.model, AsWritten(monitor_));
      trial.part.model = Model();
    }
    const TensorMap outputs = trial.session->Run(feeds, nullptr, monitor_);
    trial.session->DropMemory();
    figures_[trial.node].Add(reference_, outputs, label_);
    for (const std::string& input : trial.part.inputs) {
      Held& held = held_[input];
      if (--held.readers == 0) held.tensor = Tensor();
    }
  }

  std::vector<Trial>& trials_;
  const OutputNumbers& reference_;
  std::vector<OutputFigure>& figures_;
  std::optional<int64_t> label_;
  Monitor* monitor_;
  std::vector<size_t> missing_;  // by trial, inputs that are not made yet
  std::unordered_map<std::string, std::vector<size_t>> readers_;  // trials by value
  std::unordered_map<std::string, Held> held_;
};

}  // namespace

struct SensitivityScan::Impl {
  Impl(const Model& reference, std::vector<SensitivityCandidate> given, const std::string& name,
       const ScanLimits& limits, Monitor* listener)
      : candidates(std::move(given)),
        metric(MetricRegistry::Get().Find(name)),
        finder(reference),
        outputs(limits.output_budget),
        at_a_time(AtATime(reference, limits)),
        monitor(listener) {
    session.emplace(reference, AsWritten(&monitor));
    FillPass();
  }

  void FillPass() {
    trials.clear();
    while (next < candidates.size() && trials.size() < at_a_time) {
      CheckCancelled(&monitor);
      const SensitivityCandidate& candidate = candidates[next++];
      std::optional<ChangedPart> part = finder.Find(candidate.quantized());
      if (!part) continue;
      trials.push_back({measured.size(), std::move(*part), std::nullopt});
      measured.push_back(next - 1);
      figures.emplace_back(metric);
    }
  }

  void Add(const TensorMap& sample, std::optional<int64_t> label) {
    if (trials.empty()) {
      ++at_sample;
      return;
    }
    const OutputNumbers reference(outputs.Of(at_sample++, *session, sample, &monitor));
    TrialRun run(trials, reference, figures, label, &monitor);
    session->Run(sample, &run, &monitor);
    run.CheckComplete();
  }

  std::vector<SensitivityCandidate> candidates;
  const MetricDef& metric;
  ChangeFinder finder;
  ReferenceOutputs outputs;
  size_t at_a_time;
  QuietMonitor monitor;
  std::optional<Session> session;
  size_t next = 0;               // of the candidates
  std::vector<Trial> trials;     // of the present pass
  std::vector<size_t> measured;  // candidates that change an output
  std::vector<OutputFigure> figures;
  size_t at_sample = 0;
  int samples = 0;
};

SensitivityScan::SensitivityScan(const Model& reference,
                                 std::vector<SensitivityCandidate> candidates,
                                 const std::string& metric, const ScanLimits& limits,
                                 Monitor* monitor)
    : impl_(std::make_unique<Impl>(reference, std::move(candidates), metric, limits, monitor)) {}
SensitivityScan::~SensitivityScan() = default;

int64_t SensitivityScan::MostPasses(const Model& reference, size_t candidates,
                                    const ScanLimits& limits) {
  const size_t at_a_time = AtATime(reference, limits);
  return static_cast<int64_t>((std::max<size_t>(candidates, 1) + at_a_time - 1) / at_a_time);
}

void SensitivityScan::Add(const TensorMap& sample, std::optional<int64_t> label) {
  impl_->Add(sample, label);
}

bool SensitivityScan::NextPass() {
  impl_->samples = static_cast<int>(impl_->at_sample);
  impl_->at_sample = 0;
  impl_->FillPass();
  return !impl_->trials.empty();
}

SensitivityReport SensitivityScan::Result() const {
  SensitivityReport report{.metric = std::string(impl_->metric.name),
                           .larger_is_better = impl_->metric.larger_is_better,
                           .samples = impl_->samples,
                           .nodes = {}};
  for (size_t i = 0; i < impl_->figures.size(); ++i) {
    const SensitivityCandidate& candidate = impl_->candidates[impl_->measured[i]];
    const std::optional<double> value = impl_->figures[i].Value();
    if (!value) {
      ThrowInvalidArgument("The metric '" + report.metric +
                           "' applies to none of the model's outputs. Take another one, such as "
                           "'sqnr_db'.");
    }
    report.nodes.push_back(
        {candidate.node, candidate.op_type, *value, impl_->figures[i].max_abs_error()});
  }
  std::stable_sort(report.nodes.begin(), report.nodes.end(),
                   [&](const NodeSensitivity& a, const NodeSensitivity& b) {
                     return IsWorse(impl_->metric, a.value, b.value);
                   });
  return report;
}

}  // namespace quantab
