// EmbedLayerNormalization (com.microsoft): the embeddings of BERT and the LayerNormalization behind
// them,
//
//   s[b,i] = word[input_ids[b,i]] + position[position_ids[b,i]] + segment[segment_ids[b,i]]
//   y[b,i] = layer_norm(s[b,i]) * gamma + beta
//
// Without position_ids the positions are 0, 1, 2 ...; the segments are optional. Outputs: y; for
// each sample how many elements of the mask are 1, or 0 without a mask; s.
#include <algorithm>

#include "core/kernels/norm/norm.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// One of the tables, and what chooses its rows.
struct Table {
  int input = 0;
  const float* data = nullptr;  // null: no such embedding
  int64_t rows = 0;
  const int32_t* ids = nullptr;  // null: 0, 1, 2 ...
  int64_t ids_count = 0;         // fewer than there are words: repeated
};

const int32_t* Ids(const OpContext& c, int i, const Shape& shape) {
  const Tensor& ids = c.Input(i);
  if (ids.dtype() != DType::kInt32) UnsupportedInputType(c, i);
  if (ids.shape() != shape) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(ids.shape()) + ", expected " +
              ToString(shape) + ".");
  }
  return ids.data<int32_t>();
}

Table MakeTable(const OpContext& c, int input, int64_t columns) {
  Table table{.input = input, .data = FloatInput(c, input)};
  const Tensor& data = c.Input(input);
  if (data.rank() != 2 || data.dim(1) != columns) {
    c.Invalid("input " + std::to_string(input) + " has shape " + ToString(data.shape()) +
              ", expected [rows," + std::to_string(columns) + "].");
  }
  table.rows = data.dim(0);
  return table;
}

// Adds the table's row of every word to `sum`, or writes it when `first`.
void AddRows(const OpContext& c, const Table& table, const Shape& out, bool first, float* sum) {
  const int64_t words = out[0] * out[1], columns = out[2];
  for (int64_t word = 0; word < words; ++word, sum += columns) {
    const int64_t row = table.ids == nullptr ? word % out[1] : table.ids[word % table.ids_count];
    if (row < 0 || row >= table.rows) {
      c.Invalid("index '" + std::to_string(row) + "' is outside input " +
                std::to_string(table.input) + ", which has '" + std::to_string(table.rows) +
                "' rows.");
    }
    const float* from = table.data + row * columns;
    for (int64_t i = 0; i < columns; ++i) sum[i] = first ? from[i] : sum[i] + from[i];
  }
}

void CountMask(OpContext& c, const Shape& words) {
  const int32_t* mask = c.Optional(7) == nullptr ? nullptr : Ids(c, 7, words);
  int32_t* counts = c.Output(1, DType::kInt32, {words[0]}).mutable_data<int32_t>();
  for (int64_t b = 0; b < words[0]; ++b) {
    const int32_t* row = mask + b * words[1];
    counts[b] = mask == nullptr ? 0 : static_cast<int32_t>(std::count(row, row + words[1], 1));
  }
}

const float* Parameter(const OpContext& c, int i, int64_t columns) {
  const float* values = FloatInput(c, i);
  if (c.Input(i).count() != columns) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
              ", expected [" + std::to_string(columns) + "].");
  }
  return values;
}

void Compute(OpContext& c) {
  const Shape words = c.Input(0).shape();
  if (words.size() != 2 || c.Input(2).rank() != 2) {
    c.Invalid("inputs 0 and 2 have shapes " + ToString(words) + " and " +
              ToString(c.Input(2).shape()) + ", expected rank 2.");
  }
  const int64_t columns = c.Input(2).dim(1);
  Table word = MakeTable(c, 2, columns), position = MakeTable(c, 3, columns);
  word.ids = Ids(c, 0, words);
  word.ids_count = c.Input(0).count();
  if (const Tensor* ids = c.Optional(8)) {
    const bool repeated = ids->rank() == 2 && ids->dim(0) == 1;
    position.ids = Ids(c, 8, repeated ? Shape{1, words[1]} : words);
    position.ids_count = ids->count();
  }
  const float* gamma = Parameter(c, 5, columns);
  const float* beta = Parameter(c, 6, columns);
  const Shape out = {words[0], words[1], columns};
  float* y = c.Output(0, DType::kFloat, out).mutable_data<float>();
  float* sum = c.HasOutput(2) ? c.Output(2, DType::kFloat, out).mutable_data<float>() : y;
  AddRows(c, word, out, true, sum);
  AddRows(c, position, out, false, sum);
  if (c.Optional(4) != nullptr && c.Optional(1) != nullptr) {
    Table segment = MakeTable(c, 4, columns);
    segment.ids = Ids(c, 1, words);
    segment.ids_count = c.Input(1).count();
    AddRows(c, segment, out, false, sum);
  }
  kernels::LayerNormRows(Size(words[0] * words[1]), Size(columns), sum, gamma, beta,
                         c.attributes().Float("epsilon", 1e-12f), y, nullptr, nullptr);
  if (c.HasOutput(1)) CountMask(c, words);
}

// The float outputs have the type of the tables.
void ComputeLikeTables(OpContext& c) {
  if (!HasHalfInput(c)) return Compute(c);
  ComputeInFloat(c, Compute, OutputsLikeInput(c, 2, 3));
}

}  // namespace

QUANTAB_REGISTER(ops, embed_layer_normalization) {
  r.Add(
      {.name = "EmbedLayerNormalization", .domain = "com.microsoft", .compute = ComputeLikeTables});
}

}  // namespace quantab
