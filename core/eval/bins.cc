#include "core/eval/bins.h"

#include <string>

#include "core/base/error.h"
#include "core/eval/weight_histogram.h"

namespace quantab {

void CheckBins(int bins) {
  if (bins >= 1 && bins <= kMostHistogramBins) return;
  ThrowInvalidArgument("A histogram of " + std::to_string(bins) +
                       " bins is not possible. Ask for 1 to " + std::to_string(kMostHistogramBins) +
                       ".");
}

}  // namespace quantab
