// Weights as streams: ranges of reals found by reading once, codes computed while they are read.
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

// Reads `out.size()` elements from element `first` on. `real` is float32 or float16.
void ReadReals(const Blob& bytes, DType real, uint64_t first, std::span<float> out);

// Smallest and largest element of the elements (`real`: float32 or float16) in `bytes`: of all of
// them, for each index along `axis`, or for each block (see WeightGroups). Groups without elements
// give [0, 0]. Nothing when an element is not finite.
std::optional<std::vector<RealRange>> ScanRanges(const Blob& bytes, const Shape& shape,
                                                 std::optional<int64_t> axis,
                                                 DType real = DType::kFloat,
                                                 int64_t block_size = 0);

// How a tensor is quantized: one entry of `params` for each of its groups.
struct WeightParams {
  DType type = DType::kInt8;
  std::optional<int64_t> axis;
  std::vector<QParams> params;
  int64_t block_size = 0;
  DType real = DType::kFloat;  // type of the elements
};

// The parameters for elements within `ranges`, as ScanRanges gave them.
WeightParams ComputeWeightParams(const std::vector<RealRange>& ranges, std::optional<int64_t> axis,
                                 const ParamRules& rules, int64_t block_size = 0);

// The elements of `source` (params.real, of `shape`) as integers of 4, 8 or 16 bits or as
// float8e4m3fn, computed whenever they are read; integers of 4 bits two to a byte, the first in the
// low bits. Clipped to the type's full range, also where a reduced range gave the parameters.
BlobPtr QuantizedBlob(BlobPtr source, Shape shape, WeightParams params);

// `source` holds `batch` row-major matrices of rows x cols; the result holds their transposes.
// While it is being read, from its first byte to its last, it keeps the whole result in memory.
BlobPtr TransposedBlob(BlobPtr source, int64_t batch, int64_t rows, int64_t cols,
                       size_t element_size);

}  // namespace quantab
