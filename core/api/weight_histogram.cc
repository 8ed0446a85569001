#include "core/api/quantab.h"

namespace quantab {

WeightHistogram HistogramOfWeight(const Model& model, const std::string& name, int bins,
                                  Monitor* monitor) {
  return Guard([&] { return HistogramOf(model, name, bins, monitor); });
}

}  // namespace quantab
