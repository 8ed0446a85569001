// GatherBlockQuantized (com.microsoft): Gather from a quantized table, whose rows are dequantized
// on the way out,
//   y[.., i.., ..] = (data[.., indices[i..], ..] - zero) * scale
//   (data, indices, scales, zero_points)
// The data is int4, uint4, a float of 4 or 8 bits, or uint8 that holds numbers of `bits` (2, 4, 8)
// bits packed along the last dimension. Scales and zero points change every `block_size` elements
// along `quantize_axis`; for floats 0 means never, scales broadcast along the other axes, and there
// are no zero points. Without them zero is 0, or 2^(bits - 1) for uint8. An index outside gives
// zeros.
#include <algorithm>

#include "core/ops/float_or_half.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"
#include "core/tensor/packed.h"
#include "core/tensor/small_float.h"

namespace quantab {
namespace {

// The table seen as [.., quantized axis, inner], with the numbers of a packed byte unpacked.
struct Table {
  Shape shape;
  int bits = 4;
  const uint8_t* codes = nullptr;
  std::array<float, 256> numbers = {};  // that the codes stand for
  size_t size = 1, inner = 1;           // of the quantized axis, and of what lies within
  size_t block = 1, blocks = 1;
  Tensor scales;
  const uint8_t* zeros = nullptr;  // codes
  size_t zeros_row = 0;            // codes that begin at a byte; 0: they run on
  float default_zero = 0;

  float ZeroOf(size_t scale) const {
    if (zeros == nullptr) return default_zero;
    if (zeros_row == 0) return numbers[PackedElement(zeros, bits, scale)];
    const size_t row_bytes = kernels::DivideUp(zeros_row * static_cast<size_t>(bits), 8);
    return numbers[PackedElement(zeros + scale / zeros_row * row_bytes, bits, scale % zeros_row)];
  }

  // Elements [at, at + count) as float32.
  void Read(size_t at, size_t count, float* out) const {
    while (count > 0) {
      // Up to where the block ends, or, where blocks lie side by side, the next element of the axis
      // begins.
      const size_t index = at / inner % size;
      const size_t within = at % inner;
      const size_t rest =
          inner == 1 ? std::min(block - index % block, size - index) : inner - within;
      const size_t run = std::min(rest, count);
      const size_t scale = (at / inner / size * blocks + index / block) * inner + within;
      for (size_t i = 0; i < run; ++i) {
        const size_t own = inner == 1 ? scale : scale + i;
        out[i] = (numbers[PackedElement(codes, bits, at + i)] - ZeroOf(own)) * FloatAt(scales, own);
      }
      at += run;
      out += run;
      count -= run;
    }
  }
};

[[noreturn]] void RefuseShape(const OpContext& c, int i, const Shape& expected) {
  c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
            ", expected " + ToString(expected) + ".");
}

// Input 2 in shape `blocks`, to which it broadcasts where `broadcasts`.
Tensor ReadScales(const OpContext& c, const Shape& blocks, int axis, bool broadcasts) {
  const Tensor& scales = c.Input(2);
  if (!IsFloatOrHalf(scales.dtype())) UnsupportedInputType(c, 2);
  if (scales.shape() == blocks) return scales;
  const bool fits =
      scales.shape().size() == blocks.size() && scales.dim(axis) == blocks[Size(axis)];
  if (!broadcasts || !fits || BroadcastShapes(scales.shape(), blocks) != blocks) {
    RefuseShape(c, 2, blocks);
  }
  Tensor repeated(scales.dtype(), blocks);
  CopyStrided(SizeOf(scales.dtype()), blocks, scales.raw(),
              BroadcastStrides(scales.shape(), blocks), repeated.mutable_raw(), StridesOf(blocks));
  return repeated;
}

int ReadBits(const OpContext& c, DType dtype) {
  if (IsSmallFloat(dtype)) return BitsOf(dtype);
  const int64_t bits = c.attributes().Int("bits", 4);
  const bool known = dtype == DType::kUint8 ? bits == 2 || bits == 4 || bits == 8 : bits == 4;
  if (!known) {
    c.Invalid("attribute 'bits' is '" + std::to_string(bits) + "', which does not suit data of '" +
              std::string(NameOf(dtype)) + "'.");
  }
  return static_cast<int>(bits);
}

// The elements of a block; `size` are those of the axis.
size_t ReadBlock(const OpContext& c, bool may_be_whole, size_t size) {
  const int64_t block = c.attributes().Int("block_size", 128);
  if (block == 0 && may_be_whole) return std::max<size_t>(size, 1);
  if (block < 16 || (block & (block - 1)) != 0) {
    c.Invalid("attribute 'block_size' is '" + std::to_string(block) +
              "', expected a power of two that is not smaller than 16.");
  }
  return Size(block);
}

std::array<float, 256> NumbersOfCodes(DType dtype) {
  if (dtype != DType::kUint8) return ValuesOfCodes(dtype);
  std::array<float, 256> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
  return numbers;
}

Table ReadTable(const OpContext& c, int gather_axis, int axis) {
  const Tensor& data = c.Input(0);
  const bool is_byte = data.dtype() == DType::kUint8, is_float = IsSmallFloat(data.dtype());
  if (!is_byte && !is_float && data.dtype() != DType::kInt4 && data.dtype() != DType::kUint4) {
    UnsupportedInputType(c, 0);
  }
  if (is_byte && (gather_axis != 0 || axis == 0 || axis != data.rank() - 1)) {
    c.Unsupported(
        "data of type 'uint8' must be gathered along axis 0 and quantized along the last of "
        "several.");
  }
  Table t;
  t.bits = ReadBits(c, data.dtype());
  t.shape = data.shape();
  const int64_t per_byte = is_byte ? 8 / t.bits : 1;
  t.shape.back() = ElementCount(Shape{t.shape.back(), per_byte});
  Size(ElementCount(t.shape));  // every element has an index
  t.codes = reinterpret_cast<const uint8_t*>(data.raw());
  t.numbers = NumbersOfCodes(data.dtype());
  t.size = Size(t.shape[Size(axis)]);
  t.inner = Size(CountOf(t.shape, axis + 1, data.rank()));
  t.block = ReadBlock(c, is_float, t.size);
  t.blocks = kernels::DivideUp(t.size, t.block);
  Shape blocks = t.shape;
  blocks[Size(axis)] = static_cast<int64_t>(t.blocks);
  t.scales = ReadScales(c, blocks, axis, is_float);
  t.default_zero = is_byte ? static_cast<float>(1 << (t.bits - 1)) : 0;
  const Tensor* zeros = c.Optional(3);
  if (zeros == nullptr) return t;
  if (is_float) c.Invalid("data of a floating point type has no zero points.");
  ExpectSameType(c, 0, 3);
  blocks[Size(axis)] = (blocks[Size(axis)] + per_byte - 1) / per_byte;
  if (zeros->shape() != blocks) RefuseShape(c, 3, blocks);
  t.zeros = reinterpret_cast<const uint8_t*>(zeros->raw());
  t.zeros_row = is_byte ? t.blocks : 0;
  return t;
}

// `n` values to element `at` on of a tensor that is float32 or half precision.
void StoreFloats(const float* values, size_t n, Tensor& y, size_t at) {
  std::byte* out = y.mutable_raw() + at * SizeOf(y.dtype());
  if (y.dtype() == DType::kFloat) {
    std::copy_n(values, n, reinterpret_cast<float*>(out));
    return;
  }
  auto* halves = reinterpret_cast<uint16_t*>(out);
  const bool brain = y.dtype() == DType::kBfloat16;
  for (size_t i = 0; i < n; ++i) {
    halves[i] = brain ? FloatToBfloat16(values[i]) : FloatToHalf(values[i]);
  }
}

void Compute(OpContext& c) {
  const int rank = c.Input(0).rank();
  const int gather_axis = NormalizeAxis(c, c.attributes().Int("gather_axis", 0), rank);
  const int axis = NormalizeAxis(c, c.attributes().Int("quantize_axis", 1), rank);
  const Table table = ReadTable(c, gather_axis, axis);
  const std::vector<int64_t> indices = IntegerInput(c, 1);
  Shape shape(table.shape.begin(), table.shape.begin() + gather_axis);
  const Shape& given = c.Input(1).shape();
  shape.insert(shape.end(), given.begin(), given.end());
  shape.insert(shape.end(), table.shape.begin() + gather_axis + 1, table.shape.end());
  const size_t outer = Size(CountOf(table.shape, 0, gather_axis));
  const size_t inner = Size(CountOf(table.shape, gather_axis + 1, rank));
  const int64_t rows = table.shape[Size(gather_axis)];
  Tensor& y = c.Output(0, table.scales.dtype(), shape);
  float* values = c.ScratchOf<float>(inner);
  size_t at = 0;
  for (size_t o = 0; o < outer; ++o) {
    for (int64_t index : indices) {
      if (index < -rows || index >= rows) {
        std::fill_n(values, inner, 0.0f);
      } else {
        const size_t row = o * Size(rows) + Size(index < 0 ? index + rows : index);
        table.Read(row * inner, inner, values);
      }
      StoreFloats(values, inner, y, at);
      at += inner;
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, gather_block_quantized) {
  r.Add({.name = "GatherBlockQuantized", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
