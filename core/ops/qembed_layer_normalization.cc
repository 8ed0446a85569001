// QEmbedLayerNormalization (com.microsoft): the layer normalization of the sum of a word's, its
// position's and its segment's embedding, all of them and the parameters in 8 bits with one scale
// and zero point each,
//   (input_ids, segment_ids, word, position, segment, gamma, beta, mask, 5 scales, 5 zero points)
//   layernorm_out [batch, sequence, hidden] of float32
//   mask_index_out [batch] of int32: the number of 1 in each sample's mask, or 0 without a mask
#include <algorithm>

#include "core/kernels/norm/norm.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

constexpr int kMask = 7;
constexpr int kParameters = 6;  // from a table's input to its scale
constexpr int kZeroPoints = 5;  // from its scale to its zero point

// One of the quantized inputs; its rows have `hidden` values.
struct Quantized {
  Tensor values;
  float scale = 1;
  int32_t zero = 0;

  void AddRow(size_t row, size_t hidden, float* scratch, float* sum) const {
    ReadRow(row, hidden, scratch);
    for (size_t i = 0; i < hidden; ++i) sum[i] += scratch[i];
  }
  void ReadRow(size_t row, size_t hidden, float* y) const {
    DequantizeRun(hidden, values.raw() + row * hidden, values.dtype(), scale, zero, y);
  }
};

// Input `i`, of `rank` dimensions, the last of them `hidden`.
Quantized ReadQuantized(const OpContext& c, int i, int rank, int64_t hidden) {
  IsSignedByte(c, i);
  const Tensor& values = c.Input(i);
  if (values.rank() != rank || values.shape().back() != hidden) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(values.shape()) +
              ", expected rank " + std::to_string(rank) + " and a last dimension of '" +
              std::to_string(hidden) + "'.");
  }
  const int scale = i + kParameters;
  return {values, ScalarInput(c, scale), ZeroInput(c, scale + kZeroPoints)};
}

// The elements of input `i`, int32 of that shape.
const int32_t* ReadIntegers(const OpContext& c, int i, const Shape& shape) {
  const Tensor& values = c.Input(i);
  if (values.dtype() != DType::kInt32) UnsupportedInputType(c, i);
  if (values.shape() != shape) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(values.shape()) +
              ", expected " + ToString(shape) + ".");
  }
  return values.data<int32_t>();
}

size_t CheckedRow(int64_t index, const Quantized& table) {
  if (index < 0 || index >= table.values.dim(0)) {
    ThrowInvalidArgument("index " + std::to_string(index) + " is outside an embedding of " +
                         std::to_string(table.values.dim(0)) + " rows.");
  }
  return Size(index);
}

void CountMask(OpContext& c, const Shape& ids) {
  const int32_t* mask = c.Optional(kMask) ? ReadIntegers(c, kMask, ids) : nullptr;
  int32_t* counts = c.Output(1, DType::kInt32, {ids[0]}).mutable_data<int32_t>();
  for (int64_t b = 0; b < ids[0]; ++b) {
    counts[b] = 0;
    if (mask == nullptr) continue;
    const int32_t* row = mask + b * ids[1];
    counts[b] = static_cast<int32_t>(std::count(row, row + ids[1], 1));
  }
}

void Compute(OpContext& c) {
  const Shape ids = c.Input(0).shape();
  if (ids.size() != 2) c.Invalid("input 0 has shape " + ToString(ids) + ", expected rank 2.");
  const int32_t* words = ReadIntegers(c, 0, ids);
  const int64_t width = c.Input(2).rank() == 0 ? 0 : c.Input(2).shape().back();
  const Quantized word = ReadQuantized(c, 2, 2, width), position = ReadQuantized(c, 3, 2, width);
  const Quantized gamma = ReadQuantized(c, 5, 1, width), beta = ReadQuantized(c, 6, 1, width);
  const int32_t* segments = c.Optional(1) ? ReadIntegers(c, 1, ids) : nullptr;
  const Quantized segment = segments ? ReadQuantized(c, 4, 2, width) : Quantized{};
  if (c.HasOutput(1)) CountMask(c, ids);

  const size_t hidden = Size(width);
  Tensor& out = c.Output(0, DType::kFloat, {ids[0], ids[1], width});
  float* y = out.mutable_data<float>();
  float* scratch = c.ScratchOf<float>(hidden);
  const int64_t rows = ElementCount(ids);
  for (int64_t i = 0; i < rows; ++i) {
    float* row = y + Size(i) * hidden;
    word.ReadRow(CheckedRow(words[i], word), hidden, row);
    position.AddRow(CheckedRow(i % ids[1], position), hidden, scratch, row);
    if (segments) segment.AddRow(CheckedRow(segments[i], segment), hidden, scratch, row);
  }
  float* parameters = c.ScratchOf<float>(size_t{2}, hidden);
  gamma.ReadRow(0, hidden, parameters);
  beta.ReadRow(0, hidden, parameters + hidden);
  kernels::LayerNormRows(Size(rows), hidden, y, parameters, parameters + hidden,
                         c.attributes().Float("epsilon", 1e-12f), y, nullptr, nullptr);
}

}  // namespace

QUANTAB_REGISTER(ops, qembed_layer_normalization) {
  r.Add({.name = "QEmbedLayerNormalization", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
