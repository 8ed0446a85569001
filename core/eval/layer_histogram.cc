#include "core/eval/layer_histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/eval/as_written.h"
#include "core/eval/bins.h"
#include "core/eval/feeds.h"
#include "core/eval/match_values.h"
#include "core/eval/stored_numbers.h"
#include "core/eval/weight_pairs.h"
#include "core/graph/graph_view.h"

namespace quantab {
namespace {

constexpr int kPasses = 2;

// What a type's numbers stand for, and what is nearest to one of those.
struct RealLimits {
  ValueRange ends, nearest;

  RealLimits(const NumberLimits& numbers, double scale, double zero)
      : ends(Between(numbers.lowest, numbers.highest, scale, zero)),
        nearest(Between(numbers.least, numbers.most, scale, zero)) {}

  // Scales may be below zero.
  static ValueRange Between(double lowest, double highest, double scale, double zero) {
    const auto [min, max] = std::minmax({(lowest - zero) * scale, (highest - zero) * scale});
    return {min, max};
  }

  bool IsBeyond(double real) const { return real < nearest.min || real > nearest.max; }
  int64_t Beyond(std::span<const float> reals) const {
    return std::count_if(reals.begin(), reals.end(), [&](float real) { return IsBeyond(real); });
  }
};

// Of the DequantizeLinear that makes `value`, if one does, with constant parameters.
std::optional<RealLimits> LimitsOfValue(const Model& model, const GraphView& view,
                                        const std::string& value) {
  const int producer = view.Producer(value);
  if (producer < 0) return std::nullopt;
  const onnx::NodeProto& node = view.graph().node(producer);
  if (node.op_type() != "DequantizeLinear" || node.input_size() < 3) return std::nullopt;
  const onnx::TensorProto* scale = view.Initializer(node.input(1));
  const onnx::TensorProto* zero = view.Initializer(node.input(2));
  if (scale == nullptr || zero == nullptr) return std::nullopt;
  const std::optional<NumberLimits> numbers = LimitsOf(TypeOf(*zero));
  const std::vector<float> scales = NumbersOf(model, *scale);
  const std::vector<float> zeros = NumbersOf(model, *zero);
  if (!numbers || scales.size() != 1 || zeros.size() != 1) return std::nullopt;
  return RealLimits(*numbers, scales[0], zeros[0]);
}

// Finds the extremes of what is shown, then counts the same again.
void Extend(Distribution& distribution, std::span<const float> elements) {
  distribution.elements += static_cast<int64_t>(elements.size());
  for (const double element : elements) {
    if (std::isfinite(element)) {
      distribution.min = std::min(distribution.min, element);
      distribution.max = std::max(distribution.max, element);
    } else {
      ++distribution.not_finite;
    }
  }
}

void Count(Distribution& distribution, std::span<const float> elements, const LayerHistogram& all) {
  const Bins bins(all.min, all.max, distribution.counts.size());
  for (const double element : elements) {
    if (!std::isfinite(element)) continue;
    // What was not there in the first pass counts at an end.
    ++distribution.counts[bins.Of(std::clamp(element, all.min, all.max))];
  }
}

LayerHistogram Begin(const std::string& name, bool weight) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  LayerHistogram histogram;
  histogram.name = name;
  histogram.weight = weight;
  for (Distribution* each : {&histogram.reference, &histogram.quantized}) {
    each->min = kInfinity;
    each->max = -kInfinity;
  }
  return histogram;
}

// All extremes are known.
void SetBins(LayerHistogram& histogram, int bins) {
  histogram.min = std::min(histogram.reference.min, histogram.quantized.min);
  histogram.max = std::max(histogram.reference.max, histogram.quantized.max);
  if (histogram.min > histogram.max) histogram.min = histogram.max = 0;
  for (Distribution* each : {&histogram.reference, &histogram.quantized}) {
    if (each->min > each->max) each->min = each->max = 0;
    each->counts.assign(static_cast<size_t>(bins), 0);
  }
}

LayerHistogram HistogramOfPair(const WeightPair& pair, int bins, Monitor* monitor) {
  LayerHistogram histogram = Begin(pair.name, true);
  const auto limits = [&](size_t group) {
    return RealLimits(pair.limits, pair.scales[group], pair.zeros[group]);
  };
  if (pair.scales.size() == 1) histogram.limits = limits(0).ends;
  int64_t clipped = 0;
  ReadWeight(pair, monitor,
             [&](int64_t begin, std::span<const float> reals, std::span<float> numbers) {
               ForEachElement(pair.groups, begin, reals.size(), [&](size_t i, size_t group) {
                 if (limits(group).IsBeyond(reals[i])) ++clipped;
               });
               Dequantize(pair, begin, numbers);
               Extend(histogram.reference, reals);
               Extend(histogram.quantized, numbers);
             });
  histogram.clipped = clipped;
  SetBins(histogram, bins);
  ReadWeight(pair, monitor,
             [&](int64_t begin, std::span<const float> reals, std::span<float> numbers) {
               Dequantize(pair, begin, numbers);
               Count(histogram.reference, reals, histogram);
               Count(histogram.quantized, numbers, histogram);
             });
  return histogram;
}

// One of the two models, and where the values of it that are looked at are in the result.
struct Side {
  std::optional<Session> session;
  std::unordered_map<std::string, std::vector<size_t>> places;
};

// Shows the values of one run, as float32, to `take(place, elements)`.
template <class Take>
class Watch final : public Observer {
 public:
  Watch(const Side& side, Take take) : side_(side), take_(std::move(take)) {
    for (const auto& [value, places] : side.places) left_.insert(value);
  }

  // Whether there are values that have not been seen.
  bool goes_on() const { return !left_.empty(); }

  bool Wants(const std::string& value) override { return side_.places.contains(value); }
  void OnTensor(const std::string& value, const Tensor& tensor) override {
    left_.erase(value);
    const Tensor reals = AsFloat32(tensor);
    if (!reals.exists()) {
      ThrowInvalidArgument("Value '" + value + "' is " + std::string(NameOf(tensor.dtype())) +
                           ". Histograms are of floats.");
    }
    for (const size_t place : side_.places.at(value)) take_(place, reals.span<float>());
  }

 private:
  const Side& side_;
  Take take_;
  std::unordered_set<std::string> left_;
};

}  // namespace

struct HistogramComparer::Impl {
  Impl(const Model& reference, const Model& quantized, const std::vector<std::string>& names,
       int bin_count, Monitor* listener)
      : bins(bin_count), monitor(listener), quiet(listener) {
    CheckBins(bins);
    const Model floats = WithoutFunctions(reference);
    const Model integers = WithoutFunctions(quantized);
    const WeightPairs weights(floats, integers);
    const MatchedModel matched = MatchValues(floats, integers);
    const GraphView view(matched.model.proto.graph());
    std::unordered_set<std::string> known;
    for (size_t i = 0; i < names.size(); ++i) {
      Report(monitor, "prepare", i, names.size());
      if (!known.insert(names[i]).second) continue;
      if (const auto pair = weights.Find(names[i])) {
        result.push_back(HistogramOfPair(*pair, bins, monitor));
        limits.emplace_back();
      } else {
        AddValue(names[i], matched, view);
      }
    }
    Report(monitor, "prepare", names.size(), names.size());
    Open(sides[0], floats);
    Open(sides[1], matched.model);
  }

  void AddValue(const std::string& name, const MatchedModel& matched, const GraphView& view) {
    const auto value = std::find_if(matched.values.begin(), matched.values.end(),
                                    [&](const MatchedValue& each) { return each.name == name; });
    if (value == matched.values.end()) {
      ThrowInvalidArgument("'" + name +
                           "' is neither a value that both models have nor a weight that is "
                           "quantized in one. Give names of a layer report.");
    }
    sides[0].places[name].push_back(result.size());
    sides[1].places[value->target].push_back(result.size());
    result.push_back(Begin(name, false));
    limits.push_back(LimitsOfValue(matched.model, view, value->target));
    if (!limits.back()) return;
    result.back().limits = limits.back()->ends;
    result.back().clipped = 0;
  }

  void Open(Side& side, const Model& model) {
    if (side.places.empty()) return;
    SessionOptions options = AsWritten(&quiet);
    for (const auto& [value, places] : side.places) options.also_make.push_back(value);
    side.session.emplace(model, options);
  }

  int passes() const { return sides[0].session ? kPasses : 0; }

  void Add(const TensorMap& sample) {
    if (pass >= passes()) return;
    for (const Side& side : sides) {
      side.session->CheckInputs(FeedsFor(side.session->inputs(), sample));
    }
    for (Side& side : sides) {
      const bool is_reference = &side == &sides[0];
      Watch watch(side, [&](size_t place, std::span<const float> elements) {
        LayerHistogram& histogram = result[place];
        Distribution& shown = is_reference ? histogram.reference : histogram.quantized;
        if (pass > 0) {
          Count(shown, elements, histogram);
          return;
        }
        Extend(shown, elements);
        if (is_reference && limits[place]) *histogram.clipped += limits[place]->Beyond(elements);
      });
      const TensorMap feeds = FeedsFor(side.session->inputs(), sample);
      SteppedRun run = side.session->Start(feeds, &watch, &quiet);
      while (watch.goes_on() && run.Advance()) {
      }
    }
    ++samples;
  }

  bool NextPass() {
    if (pass >= passes()) return false;
    if (samples == 0) {
      ThrowInvalidArgument("There was no sample to look at. Give at least one.");
    }
    samples = 0;
    if (pass++ == 0) {
      for (LayerHistogram& histogram : result) {
        if (!histogram.weight) SetBins(histogram, bins);
      }
    }
    return pass < passes();
  }

  int bins;
  Monitor* monitor;
  QuietMonitor quiet;
  std::vector<LayerHistogram> result;
  std::vector<std::optional<RealLimits>> limits;  // of values
  std::array<Side, 2> sides;                      // the float model, and the other
  int pass = 0, samples = 0;
};

HistogramComparer::HistogramComparer(const Model& reference, const Model& quantized,
                                     const std::vector<std::string>& names, int bins,
                                     Monitor* monitor)
    : impl_(std::make_unique<Impl>(reference, quantized, names, bins, monitor)) {}
HistogramComparer::~HistogramComparer() = default;

int HistogramComparer::passes() const { return impl_->passes(); }
void HistogramComparer::Add(const TensorMap& sample) { impl_->Add(sample); }
bool HistogramComparer::NextPass() { return impl_->NextPass(); }

std::vector<LayerHistogram> HistogramComparer::Result() const {
  if (impl_->pass < impl_->passes()) {
    ThrowInvalidArgument("The samples have to be given " + std::to_string(kPasses) +
                         " times before the histograms are known.");
  }
  return impl_->result;
}

}  // namespace quantab
