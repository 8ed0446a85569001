// How far one model's output is from another's. A metric is one file in core/eval/metrics; it sees
// the output pair of every sample and keeps running sums, never the tensors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/registry.h"
#include "core/tensor/shape.h"

namespace quantab {

// One output of one sample, as float64 whatever its element type; both have the same shape.
struct OutputPair {
  std::span<const double> reference;
  std::span<const double> test;
  const Shape* shape;
  bool is_float;  // the reference's element type is a floating-point type
  // The sample's class, counted from 0, where labels are given.
  std::optional<int64_t> label = {};
};

class Metric {
 public:
  virtual ~Metric() = default;
  virtual void Add(const OutputPair& pair) = 0;
  // Nothing when the metric does not apply to this output. May be infinite.
  virtual std::optional<double> Value() const = 0;
};

struct MetricDef {
  std::string_view name;  // snake_case
  std::string_view help;
  std::unique_ptr<Metric> (*make)();
  bool larger_is_better = false;
};

class MetricRegistry {
 public:
  // Every metric of core/eval/metrics; made once.
  static const MetricRegistry& Get();

  void Add(MetricDef def) { defs_.push_back(def); }
  const std::vector<MetricDef>& all() const { return defs_; }
  // Throws Error(kInvalidArgument) that lists the metrics there are.
  const MetricDef& Find(std::string_view name) const;

 private:
  std::vector<MetricDef> defs_;
};

template <>
struct RegistryType<struct metrics_tag> {
  using type = MetricRegistry;
};

}  // namespace quantab
