// Scales and zero points of a matrix that is quantized in blocks by the arithmetic of ONNX
// Runtime's weight-only quantizers, which differs from QuantizeLinear's (see params.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/tensor/blob.h"
#include "core/tensor/dtype.h"

namespace quantab {

// By the operator that is to read the codes.
enum class BlockArithmetic {
  // MLAS's: in float32; halves are rounded away from zero; a quotient by the scale is a product
  // with its reciprocal.
  kMatMulNBits,
  // The same, but the quotient is rounded before the zero point is added.
  kDequantizeLinear,
  // NumPy's: in the type of the reals; halves are rounded to even.
  kGatherBlockQuantized,
};

struct BlockRules {
  int bits = 4;  // 2, 4 or 8
  int64_t block_size = 128;
  int64_t axis = 0;  // the blocks are runs of rows (0) of a column, or of columns (1) of a row
  bool symmetric = false;
  DType real = DType::kFloat;  // type of the elements and the scales: float32 or float16
  BlockArithmetic arithmetic = BlockArithmetic::kMatMulNBits;
};

// Of each block, row by row of the matrix of blocks: [rows / block_size, cols] for axis 0,
// [rows, cols / block_size] for axis 1, rounded up.
struct BlockParams {
  BlockRules rules;
  int64_t rows = 0, cols = 0;
  std::vector<float> scales;
  std::vector<uint8_t> zeros;

  int largest() const { return (1 << rules.bits) - 1; }
  int middle() const { return 1 << (rules.bits - 1); }
  int64_t blocks() const;  // along the axis
};

// The parameters for the matrix [rows, cols] in `source`:
//   symmetric    scale = v / -2^(bits-1), v the element of the block that is farthest from zero;
//                zero = 2^(bits-1)
//   asymmetric   scale = (max - min) / (2^bits - 1), min <= 0 <= max; zero = round(-min / scale)
// An element x becomes clamp(round(x / scale + zero), 0, 2^bits - 1). Where all elements are zero
// the scale is, too. Reads the source once. Nothing where an element or a scale is not finite.
std::optional<BlockParams> FindBlockParams(const Blob& source, int64_t rows, int64_t cols,
                                           const BlockRules& rules);

}  // namespace quantab
