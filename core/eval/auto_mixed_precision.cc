#include "core/eval/auto_mixed_precision.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/eval/accumulator.h"
#include "core/exec/session.h"
#include "core/graph/graph_edit.h"
#include "core/graph/name_nodes.h"
#include "core/onnx/official.h"
#include "core/quant/float16.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

constexpr float kLargestHalf = 65504.0f;

// Notes the values that do not fit float16.
class OverflowObserver final : public Observer {
 public:
  bool Wants(const std::string&) override { return true; }
  void OnTensor(const std::string& value, const Tensor& tensor) override {
    if (tensor.dtype() != DType::kFloat || values_.contains(value)) return;
    const std::span<const float> elements = tensor.span<float>();
    // An infinity is one in float16 too.
    const bool over = std::any_of(elements.begin(), elements.end(), [](float x) {
      return std::fabs(x) > kLargestHalf && !std::isinf(x);
    });
    if (over) values_.insert(value);
  }
  bool Saw(const std::string& value) const { return values_.contains(value); }

 private:
  std::unordered_set<std::string> values_;
};

// Passes on the wish to stop and nothing else: what there is to say of a conversion is said once.
class SilentMonitor final : public Monitor {
 public:
  explicit SilentMonitor(Monitor* inner) : inner_(inner) {}
  bool Cancelled() override { return inner_ != nullptr && inner_->Cancelled(); }

 private:
  Monitor* inner_;
};

bool HasBody(const onnx::NodeProto& node) {
  bool has = false;
  ForEachSubgraph(node, [&](const onnx::GraphProto&) { has = true; });
  return has;
}

// Nodes that can be left in float32, in the order of the file.
void CollectNodes(const onnx::GraphProto& graph, std::vector<const onnx::NodeProto*>& nodes) {
  for (const auto& node : graph.node()) {
    if (!HasBody(node) && node.op_type() != "Constant") nodes.push_back(&node);
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectNodes(inner, nodes); });
  }
}

// The nodes as the converter names them. Weights stay where they are.
onnx::GraphProto NamedGraph(const Model& model) {
  Model copy = model;
  InlineFunctions(copy);
  NameUnnamedNodes(*copy.proto.mutable_graph());
  return std::move(*copy.proto.mutable_graph());
}

TensorMap ToHalf(const Session& session, TensorMap sample) {
  for (const InputInfo& input : session.inputs()) {
    const auto found = sample.find(input.name);
    if (found == sample.end() || input.dtype != DType::kFloat16 ||
        found->second.dtype() != DType::kFloat) {
      continue;
    }
    Tensor half(DType::kFloat16, found->second.shape());
    FloatToHalf(found->second, half);
    found->second = std::move(half);
  }
  return sample;
}

Tensor AsFloat(const Tensor& tensor) {
  return IsHalf(tensor.dtype()) ? HalfToFloat(tensor) : tensor;
}

bool AllClose(const TensorMap& reference, const TensorMap& test, double rtol, double atol) {
  for (const auto& [name, expected] : reference) {
    const auto found = test.find(name);
    if (found == test.end() || found->second.shape() != expected.shape()) return false;
    if (expected.dtype() == DType::kString) continue;
    const std::vector<double> a = ToDoubles(AsFloat(expected));
    const std::vector<double> b = ToDoubles(AsFloat(found->second));
    for (size_t i = 0; i < a.size(); ++i) {
      const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
      if (!same && !(std::fabs(a[i] - b[i]) <= atol + rtol * std::fabs(a[i]))) return false;
    }
  }
  return true;
}

// The float model's outputs, sample by sample: kept up to a budget, else computed anew.
class ReferenceOutputs {
 public:
  ReferenceOutputs(const Model& model, uint64_t budget, Monitor* monitor)
      : budget_(budget), monitor_(monitor) {
    // As the file says, so that every value is seen.
    SessionOptions as_written;
    as_written.lower = false;
    as_written.monitor = monitor;
    session_.emplace(model, as_written);
  }

  void Observe(const TensorMap& sample, Observer& observer) {
    TensorMap outputs = session_->Run(sample, &observer, monitor_);
    uint64_t bytes = 0;
    for (auto output = outputs.begin(); output != outputs.end();) {
      const bool compared = output->second.dtype() != DType::kString;
      if (compared) bytes += output->second.bytes();
      output = compared ? std::next(output) : outputs.erase(output);
    }
    ++samples_;
    if (kept_.size() + 1 != samples_ || bytes > budget_) return;
    budget_ -= bytes;
    kept_.push_back(std::move(outputs));
  }

  // All samples have been observed.
  void Complete() {
    if (kept_.size() == samples_) session_.reset();
  }

  size_t samples() const { return samples_; }

  bool AreClose(size_t index, const TensorMap& sample, const TensorMap& test, double rtol,
                double atol) {
    if (index < kept_.size()) return AllClose(kept_[index], test, rtol, atol);
    return AllClose(session_->Run(sample, nullptr, monitor_), test, rtol, atol);
  }

 private:
  std::optional<Session> session_;
  std::vector<TensorMap> kept_;  // of the first samples
  uint64_t budget_;
  size_t samples_ = 0;
  Monitor* monitor_;
};

using NodeNames = std::set<std::string>;

// The nodes to be decided, in stretches of the file.
class Segments {
 public:
  explicit Segments(std::vector<std::string> names) : names_(std::move(names)) {
    const size_t half = names_.size() / 2;
    if (half > 0) segments_.push_back({.first = 0, .count = half});
    segments_.push_back({.first = half, .count = names_.size() - half});
  }

  // Takes the largest one that is undecided for the next trial; returns whether there is one.
  bool Choose() {
    const auto undecided = [](const Segment& segment) { return segment.known ? 0 : segment.count; };
    trial_ = std::max_element(
        segments_.begin(), segments_.end(),
        [&](const Segment& a, const Segment& b) { return undecided(a) < undecided(b); });
    if (undecided(*trial_) == 0) trial_ = segments_.end();
    return trial_ != segments_.end();
  }

  // What became of the chosen one.
  void Decide(bool good) {
    if (good) {
      trial_->half = trial_->known = true;
    } else if (trial_->count == 1) {
      trial_->known = true;
    } else {
      const size_t rest = trial_->count / 2;
      segments_.insert(std::next(trial_),
                       {.first = trial_->first + trial_->count - rest, .count = rest});
      trial_->count -= rest;
    }
    trial_ = segments_.end();
  }

  // All but those that may be converted, and the chosen one.
  std::vector<std::string> Blocked() const {
    std::vector<std::string> blocked;
    for (auto segment = segments_.begin(); segment != segments_.end(); ++segment) {
      if (segment->half || segment == trial_) continue;
      for (size_t i = 0; i < segment->count; ++i) blocked.push_back(names_[segment->first + i]);
    }
    return blocked;
  }

 private:
  struct Segment {
    size_t first = 0;
    size_t count = 0;
    bool half = false;   // may be converted
    bool known = false;  // nothing is left to be tried
  };
  std::vector<std::string> names_;
  std::list<Segment> segments_;
  std::list<Segment>::iterator trial_ = segments_.end();
};

}  // namespace

struct MixedPrecisionSearch::Impl {
  Impl(const Model& float_model, const AutoMixedPrecisionOptions& search_options,
       Monitor* search_monitor)
      : model(float_model),
        options(Checked(search_options)),
        monitor(search_monitor),
        quiet(search_monitor),
        silent(search_monitor),
        graph(NamedGraph(model)),
        blocked(options.float16.node_block_list.begin(), options.float16.node_block_list.end()) {
    // What is wrong with the options is said before the samples are read.
    trial_model = Convert({}, quiet);
    references.emplace(model, options.output_budget, &quiet);
    CollectNodes(graph, nodes);
  }

  static AutoMixedPrecisionOptions Checked(AutoMixedPrecisionOptions options) {
    for (const double tolerance : {options.rtol, options.atol}) {
      if (tolerance >= 0) continue;
      ThrowInvalidArgument("A tolerance is " + std::to_string(tolerance) +
                           ", expected a number from 0.");
    }
    if (options.max_trials < 2) {
      ThrowInvalidArgument("Option 'max_trials' is " + std::to_string(options.max_trials) +
                           ", expected 2 at least.");
    }
    return options;
  }

  Model Convert(const std::vector<std::string>& names, Monitor& listener) const {
    Float16Options float16 = options.float16;
    NodeNames all = blocked;
    all.insert(names.begin(), names.end());
    float16.node_block_list.assign(all.begin(), all.end());
    return ConvertFloatToFloat16(model, float16, &listener).model;
  }

  // A segment is halved or decided by each trial, so that twice the nodes bound their number.
  int64_t MostPasses() const {
    return 1 + std::min(options.max_trials, static_cast<int64_t>(2 * nodes.size() + 2));
  }

  bool Add(const TensorMap& sample) {
    CheckCancelled(monitor);
    if (done) ThrowInvalidArgument("The search is over and takes no more samples.");
    if (result.trials == 0) {
      references->Observe(sample, observer);
      return true;
    }
    if (!good) return false;
    if (seen == references->samples()) {
      ThrowInvalidArgument("There are more samples than in the first pass. Give the same ones.");
    }
    if (!session) {
      SessionOptions session_options;
      session_options.monitor = &quiet;
      session.emplace(trial_model, session_options);
    }
    const TensorMap outputs = session->Run(ToHalf(*session, sample), nullptr, &quiet);
    good = references->AreClose(seen++, sample, outputs, options.rtol, options.atol);
    return good;
  }

  bool NextPass() {
    if (done) return false;
    if (result.trials == 0) {
      BlockOverflowing();
    } else {
      if (good && seen < references->samples()) {
        ThrowInvalidArgument(
            "There are fewer samples than in the first pass. Give all of them again.");
      }
      Judge();
    }
    if (!done) {
      ++result.trials;
      good = true;
      seen = 0;
    }
    return !done;
  }

  // Ends the float model's pass. The first trial converts all that fits.
  void BlockOverflowing() {
    if (references->samples() == 0) {
      ThrowInvalidArgument("There was no sample to compare on. Give at least one.");
    }
    references->Complete();
    const auto is_over = [&](const std::string& value) { return observer.Saw(value); };
    const size_t before = blocked.size();
    NodeNames found;
    for (const onnx::NodeProto* node : nodes) {
      if ((std::any_of(node->output().begin(), node->output().end(), is_over) ||
           std::any_of(node->input().begin(), node->input().end(), is_over)) &&
          found.insert(node->name()).second) {
        result.overflowing.push_back(node->name());
      }
    }
    blocked.merge(found);
    if (blocked.size() != before) trial_model = Convert({}, silent);
  }

  // Draws the conclusion of a trial and prepares the next one.
  void Judge() {
    session.reset();
    if (good) {
      result.within_tolerance = true;
      result.inaccurate = segments ? segments->Blocked() : std::vector<std::string>();
      result.model = trial_model;
    }
    if (!segments) {
      std::vector<std::string> names = UndecidedNames();
      if (good || names.empty()) return Stop();
      segments.emplace(std::move(names));
    } else if (last) {
      return Stop();
    } else {
      segments->Decide(good);
    }
    // Unless a trial was good, one is left for the model without any of them.
    const int64_t most = options.max_trials - (result.within_tolerance ? 0 : 1);
    if (result.trials >= most || !segments->Choose()) {
      if (result.within_tolerance) return Stop();
      last = true;
    }
    trial_model = Convert(segments->Blocked(), silent);
  }

  std::vector<std::string> UndecidedNames() const {
    NodeNames seen_names = blocked;
    std::vector<std::string> names;
    for (const onnx::NodeProto* node : nodes) {
      if (seen_names.insert(node->name()).second) names.push_back(node->name());
    }
    return names;
  }

  void Stop() {
    done = true;
    references.reset();
    if (!result.within_tolerance) {
      if (segments) result.inaccurate = segments->Blocked();
      result.model = trial_model;
    }
    blocked.insert(result.inaccurate.begin(), result.inaccurate.end());
    result.node_block_list.assign(blocked.begin(), blocked.end());
  }

  MixedPrecision Finish() {
    if (!done) {
      ThrowInvalidArgument("The samples have to be given again before the search is over.");
    }
    if (!result.within_tolerance) {
      std::string advice = "Allow more by 'rtol' and 'atol'";
      if (!options.float16.keep_io_types) {
        advice += ", or keep inputs and outputs in float32 by 'keep_io_types'";
      }
      Warn(monitor, "The outputs are not within the tolerance, whichever nodes stay in float32. " +
                        advice + ".");
    }
    return std::move(result);
  }

  const Model model;
  const AutoMixedPrecisionOptions options;
  Monitor* const monitor;
  QuietMonitor quiet;
  SilentMonitor silent;
  const onnx::GraphProto graph;  // with names
  std::vector<const onnx::NodeProto*> nodes;
  OverflowObserver observer;
  std::optional<ReferenceOutputs> references;
  NodeNames blocked;  // from the start: asked for, and overflowing
  std::optional<Segments> segments;
  Model trial_model;
  std::optional<Session> session;  // of trial_model
  size_t seen = 0;                 // samples of this pass
  bool good = true;                // so far
  bool last = false;
  bool done = false;
  MixedPrecision result;
};

MixedPrecisionSearch::MixedPrecisionSearch(const Model& model,
                                           const AutoMixedPrecisionOptions& options,
                                           Monitor* monitor)
    : impl_(Guard([&] { return std::make_unique<Impl>(model, options, monitor); })) {}
MixedPrecisionSearch::~MixedPrecisionSearch() = default;
MixedPrecisionSearch::MixedPrecisionSearch(MixedPrecisionSearch&&) noexcept = default;

int64_t MixedPrecisionSearch::most_passes() const { return impl_->MostPasses(); }

bool MixedPrecisionSearch::Add(const TensorMap& sample) {
  return Guard([&] { return impl_->Add(sample); });
}

bool MixedPrecisionSearch::NextPass() {
  return Guard([&] { return impl_->NextPass(); });
}

MixedPrecision MixedPrecisionSearch::Finish() {
  return Guard([&] { return impl_->Finish(); });
}

MixedPrecision AutoMixedPrecision(const Model& model, size_t samples, const SampleSource& sample,
                                  const AutoMixedPrecisionOptions& options, Monitor* monitor) {
  return Guard([&] {
    MixedPrecisionSearch search(model, options, monitor);
    const uint64_t total = static_cast<uint64_t>(search.most_passes()) * samples;
    uint64_t pass = 0;
    do {
      for (size_t i = 0; i < samples; ++i) {
        Report(monitor, "compare", pass * samples + i, total);
        if (!search.Add(sample(i))) break;
      }
      ++pass;
    } while (search.NextPass());
    Report(monitor, "compare", total, total);
    return search.Finish();
  });
}

}  // namespace quantab
