#include "core/eval/auto_mixed_precision.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/eval/accumulator.h"
#include "core/exec/session.h"
#include "core/graph/graph_edit.h"
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
  const std::unordered_set<std::string>& values() const { return values_; }

 private:
  std::unordered_set<std::string> values_;
};

// Gives every node a name of its own, so that a list of names can say which is meant.
void NameNodes(onnx::GraphProto& graph, std::set<std::string>& names, int64_t& next) {
  for (auto& node : *graph.mutable_node()) {
    while (node.name().empty() || names.contains(node.name())) {
      node.set_name(node.op_type() + "_" + std::to_string(next++));
    }
    names.insert(node.name());
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) { NameNodes(inner, names, next); });
  }
}

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

// A stretch of the list of nodes, and what is known of it.
struct Segment {
  size_t first = 0;
  size_t count = 0;
  bool half = false;   // may be converted
  bool known = false;  // nothing is left to be tried
};

class Search {
 public:
  Search(const Model& model, size_t samples, const SampleSource& sample,
         const AutoMixedPrecisionOptions& options, Monitor* monitor)
      : model_(model), samples_(samples), sample_(sample), options_(options), monitor_(monitor) {}

  MixedPrecision Run() {
    CheckArguments();
    std::set<std::string> names;
    int64_t next = 0;
    InlineFunctions(model_);
    NameNodes(*model_.proto.mutable_graph(), names, next);
    ObserveOverflow();
    blocked_.insert(options_.float16.node_block_list.begin(),
                    options_.float16.node_block_list.end());
    for (const std::string& name : result_.overflowing) blocked_.insert(name);
    if (!Try(blocked_)) Bisect();
    result_.node_block_list.assign(blocked_.begin(), blocked_.end());
    return std::move(result_);
  }

 private:
  void CheckArguments() const {
    if (samples_ == 0) {
      ThrowInvalidArgument("There was no sample to compare on. Give at least one.");
    }
    for (const double tolerance : {options_.rtol, options_.atol}) {
      if (tolerance >= 0) continue;
      ThrowInvalidArgument("A tolerance is " + std::to_string(tolerance) +
                           ", expected a number from 0.");
    }
    if (options_.max_trials < 1) {
      ThrowInvalidArgument("Option 'max_trials' is " + std::to_string(options_.max_trials) +
                           ", expected 1 at least.");
    }
  }

  // Runs the float model as the file says, keeps its outputs and finds what is too large.
  void ObserveOverflow() {
    QuietMonitor quiet(monitor_);
    SessionOptions as_written;
    as_written.lower = false;
    as_written.monitor = &quiet;
    Session session(model_, as_written);
    OverflowObserver observer;
    for (size_t i = 0; i < samples_; ++i) {
      CheckCancelled(monitor_);
      outputs_.push_back(session.Run(sample_(i), &observer, &quiet));
    }
    std::vector<const onnx::NodeProto*> nodes;
    CollectNodes(model_.proto.graph(), nodes);
    const auto is_over = [&](const std::string& value) {
      return observer.values().contains(value);
    };
    for (const onnx::NodeProto* node : nodes) {
      if (std::any_of(node->output().begin(), node->output().end(), is_over) ||
          std::any_of(node->input().begin(), node->input().end(), is_over)) {
        result_.overflowing.push_back(node->name());
      }
    }
  }

  Float16Result Convert(const std::set<std::string>& blocked) {
    Float16Options options = options_.float16;
    options.node_block_list.assign(blocked.begin(), blocked.end());
    QuietMonitor quiet(monitor_);
    return ConvertFloatToFloat16(model_, options, &quiet);
  }

  // Converts all but `blocked` and keeps the model; returns whether it is good enough.
  bool Try(const std::set<std::string>& blocked) {
    Report(monitor_, "compare", static_cast<uint64_t>(result_.trials),
           static_cast<uint64_t>(options_.max_trials));
    ++result_.trials;
    Float16Result converted = Convert(blocked);
    result_.within_tolerance = IsGood(converted.model);
    result_.model = std::move(converted.model);
    return result_.within_tolerance;
  }

  bool IsGood(const Model& model) {
    QuietMonitor quiet(monitor_);
    SessionOptions options;
    options.monitor = &quiet;
    Session session(model, options);
    for (size_t i = 0; i < samples_; ++i) {
      CheckCancelled(monitor_);
      const TensorMap outputs = session.Run(ToHalf(session, sample_(i)), nullptr, &quiet);
      if (!AllClose(outputs_[i], outputs, options_.rtol, options_.atol)) return false;
    }
    return true;
  }

  // All nodes but those in segments that may be converted, and `trial`.
  std::set<std::string> BlockedBut(const std::list<Segment>& segments, const Segment* trial) const {
    std::set<std::string> blocked = blocked_;
    for (const Segment& segment : segments) {
      if (segment.half || &segment == trial) continue;
      blocked.insert(names_.begin() + static_cast<std::ptrdiff_t>(segment.first),
                     names_.begin() + static_cast<std::ptrdiff_t>(segment.first + segment.count));
    }
    return blocked;
  }

  void Bisect() {
    std::vector<const onnx::NodeProto*> nodes;
    CollectNodes(model_.proto.graph(), nodes);
    for (const onnx::NodeProto* node : nodes) {
      if (!blocked_.contains(node->name())) names_.push_back(node->name());
    }
    std::list<Segment> segments;
    const size_t half = names_.size() / 2;
    if (half > 0) segments.push_back({.first = 0, .count = half});
    segments.push_back({.first = half, .count = names_.size() - half});
    // The last trial is that of the result.
    while (result_.trials + 1 < options_.max_trials) {
      const auto largest = std::max_element(
          segments.begin(), segments.end(), [](const Segment& a, const Segment& b) {
            return (a.known ? 0 : a.count) < (b.known ? 0 : b.count);
          });
      if (largest->known || largest->count == 0) break;
      if (Try(BlockedBut(segments, &*largest))) {
        largest->half = largest->known = true;
      } else if (largest->count == 1) {
        largest->known = true;
      } else {
        const size_t rest = largest->count / 2;
        segments.insert(std::next(largest),
                        {.first = largest->first + largest->count - rest, .count = rest});
        largest->count -= rest;
      }
    }
    blocked_ = BlockedBut(segments, nullptr);
    Try(blocked_);
  }

  Model model_;
  const size_t samples_;
  const SampleSource& sample_;
  const AutoMixedPrecisionOptions& options_;
  Monitor* const monitor_;
  std::vector<TensorMap> outputs_;  // of the float model
  std::vector<std::string> names_;
  std::set<std::string> blocked_;
  MixedPrecision result_;
};

}  // namespace

MixedPrecision AutoMixedPrecision(const Model& model, size_t samples, const SampleSource& sample,
                                  const AutoMixedPrecisionOptions& options, Monitor* monitor) {
  return Guard([&] { return Search(model, samples, sample, options, monitor).Run(); });
}

}  // namespace quantab
