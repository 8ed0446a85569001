// MatMulNBits (com.microsoft): a product with weights of 2, 4 or 8 bits that have a scale and a
// zero point for each block of `block_size` along K,
//   y = a * transpose(dequantize(b)) + bias        dequantize(q) = (q - zero) * scale
//   (a [..., K], b [N, blocks, block_size * bits / 8] of uint8, scales [N, blocks], zero_points,
//   g_idx, bias [N])
// Zero points are numbers of `bits` bits packed by row of blocks, or of a's type; without them zero
// is 2^(bits - 1). g_idx [K] names each row's block of scales where it is not the block it lies in.
// The weights are dequantized a few columns at a time.
#include <algorithm>

#include "core/ops/columns_matmul.h"
#include "core/ops/float_or_half.h"
#include "core/ops/matmul_shape.h"
#include "core/tensor/packed.h"

namespace quantab {
namespace {

struct Weights {
  size_t n = 0, k = 0;
  size_t block = 0, blocks = 0;  // rows of a block, and blocks of a column
  int bits = 4;
  const uint8_t* data = nullptr;
  size_t blob = 0;  // bytes of a block
  Tensor scales;
  Tensor zeros;  // does not exist() where all are 2^(bits - 1)
  const int32_t* groups = nullptr;

  float ScaleOf(size_t column, size_t group) const {
    return FloatAt(scales, column * blocks + group);
  }
  float ZeroOf(size_t column, size_t group) const {
    if (!zeros.exists()) return static_cast<float>(1 << (bits - 1));
    if (zeros.dtype() != DType::kUint8) return FloatAt(zeros, column * blocks + group);
    const size_t row = kernels::DivideUp(blocks * static_cast<size_t>(bits), 8);
    return static_cast<float>(PackedElement(zeros.data<uint8_t>() + column * row, bits, group));
  }
};

int64_t PositiveAttribute(const OpContext& c, std::string_view name, int64_t otherwise = 0) {
  const int64_t value = c.attributes().Int(name, otherwise);
  if (value < 1) {
    c.Invalid("attribute '" + std::string(name) + "' is '" + std::to_string(value) +
              "', expected a positive number.");
  }
  return value;
}

// Throws unless input `i` has that shape, or the same in one dimension.
void ExpectShapeOrFlat(const OpContext& c, int i, const Shape& shape) {
  const Shape& given = c.Input(i).shape();
  if (given == shape || given == Shape{shape[0] * shape[1]}) return;
  c.Invalid("input " + std::to_string(i) + " has shape " + ToString(given) + ", expected " +
            ToString(shape) + ".");
}

void ReadZeroPoints(const OpContext& c, int64_t n, int64_t blocks, Weights& w) {
  if (c.Optional(3) == nullptr) return;
  w.zeros = c.Input(3);
  int64_t row = blocks;
  if (w.zeros.dtype() == DType::kUint8) {
    row = (blocks * w.bits + 7) / 8;
  } else if (!IsFloatOrHalf(w.zeros.dtype())) {
    UnsupportedInputType(c, 3);
  }
  ExpectShapeOrFlat(c, 3, {n, row});
}

void ReadGroups(const OpContext& c, Weights& w) {
  const Tensor* groups = c.Optional(4);
  if (groups == nullptr) return;
  if (groups->dtype() != DType::kInt32) UnsupportedInputType(c, 4);
  if (groups->rank() != 1 ||
      (Size(groups->dim(0)) != w.k && Size(groups->dim(0)) != w.blocks * w.block)) {
    c.Invalid("input 4 has shape " + ToString(groups->shape()) + ", expected [" +
              std::to_string(w.k) + "].");
  }
  w.groups = groups->data<int32_t>();
  for (size_t i = 0; i < w.k; ++i) {
    if (w.groups[i] < 0 || static_cast<size_t>(w.groups[i]) >= w.blocks) {
      c.Invalid("input 4 has the value '" + std::to_string(w.groups[i]) + "', but there are '" +
                std::to_string(w.blocks) + "' blocks.");
    }
  }
}

Weights ReadWeights(const OpContext& c) {
  const int64_t n = PositiveAttribute(c, "N"), k = PositiveAttribute(c, "K");
  const int64_t block = PositiveAttribute(c, "block_size");
  const int64_t bits = c.attributes().Int("bits", 4);
  if (bits != 2 && bits != 4 && bits != 8) {
    c.Unsupported("attribute 'bits' is '" + std::to_string(bits) + "', expected 2, 4 or 8.");
  }
  if (block < 16 || (block & (block - 1)) != 0) {
    c.Invalid("attribute 'block_size' is '" + std::to_string(block) +
              "', expected a power of two that is not smaller than 16.");
  }
  if (c.attributes().Int("weight_prepacked", 0) != 0) {
    c.Unsupported("weights packed for a device are not supported.");
  }
  const int64_t blocks = k / block + (k % block == 0 ? 0 : 1);
  const Shape expected = {n, blocks, block / 8 * bits};
  const Tensor& b = c.Input(1);
  if (b.dtype() != DType::kUint8) UnsupportedInputType(c, 1);
  if (b.shape() != expected) {
    c.Invalid("input 1 has shape " + ToString(b.shape()) + ", expected " + ToString(expected) +
              ".");
  }
  Weights w;
  w.n = Size(n);
  w.k = Size(k);
  w.block = Size(block);
  w.blocks = Size(blocks);
  w.bits = static_cast<int>(bits);
  w.data = b.data<uint8_t>();
  w.blob = Size(expected[2]);
  w.scales = c.Input(2);
  if (!IsFloatOrHalf(w.scales.dtype())) UnsupportedInputType(c, 2);
  ExpectShapeOrFlat(c, 2, {n, blocks});
  ReadZeroPoints(c, n, blocks, w);
  ReadGroups(c, w);
  return w;
}

template <int kBits>
void Dequantize(const Weights& w, size_t n, float* column) {
  for (size_t block = 0; block < w.blocks; ++block) {
    const uint8_t* bytes = w.data + (n * w.blocks + block) * w.blob;
    const size_t first = block * w.block;
    const size_t count = std::min(w.block, w.k - first);
    float scale = w.ScaleOf(n, block), zero = w.ZeroOf(n, block);
    float* out = column + first * kernels::kF32GemmPanel;
    for (size_t i = 0; i < count; ++i, out += kernels::kF32GemmPanel) {
      if (w.groups != nullptr) {
        const size_t group = static_cast<size_t>(w.groups[first + i]);
        scale = w.ScaleOf(n, group);
        zero = w.ZeroOf(n, group);
      }
      *out = (static_cast<float>(PackedElement(bytes, kBits, i)) - zero) * scale;
    }
  }
}

// The bias as float32, of n values; one that does not exist() when there is none.
Tensor ReadBias(const OpContext& c, int i, size_t n) {
  const Tensor* bias = c.Optional(i);
  if (bias == nullptr) return {};
  if (!IsFloatOrHalf(bias->dtype())) UnsupportedInputType(c, i);
  if (bias->rank() != 1 || Size(bias->dim(0)) != n) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(bias->shape()) +
              ", expected [" + std::to_string(n) + "].");
  }
  return AsFloat(*bias);
}

void Compute(OpContext& c) {
  const DType dtype = c.Input(0).dtype();
  if (!IsFloatOrHalf(dtype)) UnsupportedInputType(c, 0);
  const Weights w = ReadWeights(c);
  const Tensor bias = ReadBias(c, 5, w.n);
  const MatMulShape s =
      ShapeMatMul(c, c.Input(0).shape(), {static_cast<int64_t>(w.k), static_cast<int64_t>(w.n)});
  const Tensor a = AsFloat(c.Input(0));
  Tensor& out = c.Output(0, dtype, s.out);
  Tensor y = IsHalf(dtype) ? Tensor(DType::kFloat, s.out) : out;
  const auto dequantize = w.bits == 2 ? Dequantize<2> : w.bits == 4 ? Dequantize<4> : Dequantize<8>;
  const MakeColumn column = [&](size_t n, float* values) { dequantize(w, n, values); };
  MultiplyByColumns(c, s.m, w.n, w.k, a.data<float>(), column,
                    bias.exists() ? bias.data<float>() : nullptr, y.mutable_data<float>());
  if (IsHalf(dtype)) FloatToHalf(y, out);
}

}  // namespace

QUANTAB_REGISTER(ops, matmul_nbits) {
  r.Add({.name = "MatMulNBits", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
