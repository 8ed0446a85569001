#include "core/eval/weight_figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/eval/error_sums.h"
#include "core/eval/weight_pairs.h"
#include "core/graph/graph_edit.h"
#include "core/graph/graph_view.h"

namespace quantab {
namespace {

double Badness(const WeightFigures& figures) {
  return std::isnan(figures.sqnr_db) ? std::numeric_limits<double>::infinity() : -figures.sqnr_db;
}

// Fills in the errors.
void Measure(const WeightPair& pair, Monitor* monitor, WeightFigures& figures) {
  const NumberLimits& limits = pair.limits;
  // As far as both have an opposite.
  const double lowest = std::max(limits.lowest, limits.lowest < 0 ? -limits.highest : 0.0);
  ErrorSums sums;
  uint64_t at_ends = 0;
  ReadWeight(pair, monitor,
             [&](int64_t begin, std::span<const float> reals, std::span<float> numbers) {
               for (const float number : numbers) {
                 if (number <= lowest || number >= limits.highest) ++at_ends;
               }
               Dequantize(pair, begin, numbers);
               sums.Add(reals, numbers);
             });
  const ErrorFigures errors = sums.Figures();
  figures.sqnr_db = errors.sqnr_db;
  figures.max_abs_error = errors.max_abs_error;
  figures.saturated = static_cast<double>(at_ends) / static_cast<double>(pair.count);
}

WeightFigures FiguresOf(const WeightPair& pair, const GraphView& view, Monitor* monitor) {
  WeightFigures figures;
  figures.name = pair.name;
  for (const int index : view.Consumers(pair.name)) {
    figures.nodes.push_back(NodeLabel(view.graph().node(index), index));
  }
  figures.type = pair.type;
  figures.scheme = pair.block_size > 0 ? "block" : pair.axis ? "axis" : "tensor";
  figures.axis = pair.axis;
  figures.block_size = pair.block_size;
  figures.bytes_before = pair.reals->size();
  figures.bytes_after = pair.stored_bytes;
  Measure(pair, monitor, figures);
  return figures;
}

}  // namespace

std::vector<WeightFigures> CompareWeights(const Model& reference, const Model& quantized,
                                          Monitor* monitor) {
  const WeightPairs pairs(reference, quantized);
  const GraphView view(reference.proto.graph());
  const std::vector<std::string> names = pairs.FloatConstants();
  std::vector<WeightFigures> all;
  uint64_t done = 0;
  for (const std::string& name : names) {
    Report(monitor, "prepare", done++, names.size());
    if (const auto pair = pairs.Find(name)) all.push_back(FiguresOf(*pair, view, monitor));
  }
  Report(monitor, "prepare", names.size(), names.size());
  std::stable_sort(all.begin(), all.end(), [](const WeightFigures& a, const WeightFigures& b) {
    return Badness(a) > Badness(b);
  });
  return all;
}

}  // namespace quantab
