// The codes of a matrix that is quantized in blocks, computed whenever they are read, and the
// tensors of its parameters.
#pragma once

#include <memory>

#include "core/quant/block_params.h"
#include "core/tensor/blob.h"

namespace quantab {

using BlockParamsPtr = std::shared_ptr<const BlockParams>;

// The codes in the matrix's own order, two to a byte, the first in the low bits: int4, from -8 to
// 7, where the rules are symmetric, else uint4. For 4 bits, and other operators than MatMulNBits.
BlobPtr BlockCodes(BlobPtr source, BlockParamsPtr params);

// The codes as MatMulNBits takes them: for each column its blocks one after another, [cols, blocks,
// block_size * bits / 8], the first code of a byte in its low bits, and rows that are missing in
// the last block zero (those that share a byte with the last row are as ONNX Runtime writes them).
// For axis 0, and MatMulNBits. While it is being read, from its first byte to its last, it keeps
// the whole result in memory.
BlobPtr ColumnCodes(BlobPtr source, BlockParamsPtr params);

// The scales [blocks, cols] or, of axis 1, [rows, blocks], in the type of the reals.
BlobPtr BlockScales(const BlockParams& params);
// The zero points of the same shape as uint4. For 4 bits.
BlobPtr BlockZeros(const BlockParams& params);

// As MatMulNBits takes them, for axis 0: the scales [cols, blocks] in the type of the reals, and
// the zero points [cols, ceil(blocks * bits / 8)], the first in the low bits; what is left of a
// column's last byte holds 2^(bits - 1).
BlobPtr ColumnScales(const BlockParams& params);
BlobPtr ColumnZeros(const BlockParams& params);

}  // namespace quantab
