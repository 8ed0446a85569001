// The histogram of one tensor, that grows as further collections of samples need it to.
//
// Bins, edges and growth are numpy.histogram's and those of onnxruntime's HistogramCollector, in
// float32 as there, so that counts and edges are equal to the bit. Different is only what ends in
// an exception there: elements that are not finite are not counted, bins may be narrower than
// floats are dense, and a histogram never has more than `most_bins` bins: one that would is laid
// out anew with fewer, its old counts at the middles of their bins.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/calib/element_bounds.h"
#include "core/calib/tensor_ranges.h"

namespace quantab {

class Histogram {
 public:
  enum class Kind {
    kValues,      // bins from -t to t, t the largest magnitude
    kMagnitudes,  // bins from the smallest magnitude to the largest, of the elements' magnitudes
  };

  // `bins` for the first collection, at most `most_bins` ever; 0 < bins <= most_bins.
  Histogram(Kind kind, size_t bins, size_t most_bins)
      : kind_(kind), bins_(bins), most_bins_(most_bins) {}

  // Makes room for a collection whose elements are within `bounds`. Bounds of nothing change
  // nothing.
  void Prepare(const ElementBounds& bounds);

  // Counts elements of the collection prepared for. What is outside of the bins is left out, as
  // magnitudes below those of the first collection are.
  void Count(std::span<const float> values);

  // The counts, which begin anew at 0 in the same bins.
  std::vector<int64_t> TakeCounts();
  // Adds the counts of a histogram with the same bins. False, and nothing done, if there are more
  // or fewer.
  bool AddCounts(std::span<const int64_t> counts);

  // Whether anything was prepared for; without it there are no bins.
  bool any() const { return !counts_.empty(); }
  const std::vector<int64_t>& counts() const { return counts_; }
  // One more than counts, rising.
  const std::vector<float>& edges() const { return edges_; }
  // Of all collections.
  const ElementBounds& seen() const { return seen_; }

  // [low, high] without what lies outside of the elements seen; where that leaves nothing, their
  // whole range.
  TensorRange Clamped(float low, float high) const;

 private:
  void PrepareValues(float most);
  void PrepareMagnitudes(const ElementBounds& bounds);
  void AppendEdges(float most);
  void LayOut(float first, float last, size_t bins);
  void LayOutAnew(float first, float last);

  Kind kind_;
  size_t bins_;
  size_t most_bins_;
  float threshold_ = 0;  // kValues: t
  std::vector<int64_t> counts_;
  std::vector<float> edges_;
  std::vector<float> counting_edges_;  // where a float32 cannot say what counts as above an edge
  ElementBounds seen_;
};

}  // namespace quantab
