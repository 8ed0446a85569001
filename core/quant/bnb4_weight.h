// Matrices in float4 as bitsandbytes has it, as ONNX Runtime's MatMulBnb4 takes them: the elements
// of the transpose, one after another, in blocks; of each block the greatest magnitude, and of each
// element the index of the value of a table that is nearest to its share of that.
#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor/blob.h"
#include "core/tensor/bnb4.h"
#include "core/tensor/dtype.h"

namespace quantab {

struct Bnb4Weight {
  BlobPtr codes;       // two to a byte, the first in the high bits; ceil(rows * cols / 2) bytes
  BlobPtr magnitudes;  // of the type of the elements, of each block
  int64_t blocks = 0;
};

// The matrix [rows, cols] in `source`, of the type `real`, float32 or float16. Reads the source
// once for the magnitudes and once whenever the codes are read; these are, as long as they are
// being read from the first byte to the last, in memory as a whole. Nothing where an element is not
// finite.
std::optional<Bnb4Weight> QuantizeBnb4(BlobPtr source, int64_t rows, int64_t cols,
                                       int64_t block_size, Bnb4Type type, DType real);

}  // namespace quantab
