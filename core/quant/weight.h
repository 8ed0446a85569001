// Weights as streams: ranges of reals found by reading once, integers computed while they are read.
// Nothing here holds a weight; see TransposedBlob for the one exception.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/quant/params.h"
#include "core/tensor/blob.h"
#include "core/tensor/shape.h"

namespace quantab {

struct RealRange {
  float min = 0;
  float max = 0;
};

// Smallest and largest element of the float32 elements in `bytes`: of all of them, or for each
// index along `axis`. Empty tensors and channels give [0, 0]. Nothing when an element is not
// finite.
std::optional<std::vector<RealRange>> ScanRanges(const Blob& bytes, const Shape& shape,
                                                 std::optional<int64_t> axis);

// How a tensor is quantized: one entry of `params`, or one for each index along `axis`.
struct WeightParams {
  DType type = DType::kInt8;
  std::optional<int64_t> axis;
  std::vector<QParams> params;
};

// The parameters for elements within `ranges`, as ScanRanges gave them.
WeightParams ComputeWeightParams(const std::vector<RealRange>& ranges, std::optional<int64_t> axis,
                                 const ParamRules& rules);

// The 8-bit elements of `source` (float32, of `shape`), computed whenever they are read. Clipped to
// the type's full range, also where a reduced range gave the parameters.
BlobPtr QuantizedBlob(BlobPtr source, Shape shape, WeightParams params);

// `source` holds `batch` row-major matrices of rows x cols; the result holds their transposes.
// While it is being read, from its first byte to its last, it keeps the whole result in memory.
BlobPtr TransposedBlob(BlobPtr source, int64_t batch, int64_t rows, int64_t cols,
                       size_t element_size);

}  // namespace quantab
