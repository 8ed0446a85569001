// Standard deviations of weights, from which their float8 scales follow.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/tensor/blob.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace quantab {

// sqrt(mean((x - mean(x))^2)) of the elements (`real`: float32 or float16), of all of them or of
// those of each index along `axis`. Computed in float32, as numpy.std does for float32, which adds
// pairwise, so that scales agree to the last bit; for float16, whose sums NumPy rounds to float16,
// the result is more exact and cannot overflow. 0 for no elements. Reads `bytes` twice.
std::vector<float> ScanDeviations(const Blob& bytes, const Shape& shape,
                                  std::optional<int64_t> axis, DType real);

}  // namespace quantab
