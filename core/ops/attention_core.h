// Scaled dot product attention, for every operator that has it in one form or another (Attention of
// ai.onnx and of com.microsoft, MultiHeadAttention, GroupQueryAttention ...).
//
//   s[i,j] = softcap(scale * sum over d of q[i,d] * k[j,d]) + bias[i,j]
//   p[i,:] = softmax of s[i,:] over the keys that query i attends
//   y[i,d] = sum over j of p[i,j] * v[j,d]
//
// for each sample and each query head; query head h reads key and value head h / (heads /
// kv_heads). A query that attends no key gives a row of zeros. Scores are made a few query rows of
// one head at a time: memory is bounded by the keys of one head, not by queries * keys.
//
// How an operator uses it:
//
//   AttentionProblem<float> p;
//   p.batch = ...;  // every size; then where the operands lie
//   p.q = PackedHeads(x.data<float>(), rows, heads, size);  // [batch, rows, heads * size]
//   p.k = SplitHeads(present.data<float>(), heads, rows, size);  // [batch, heads, rows, size]
//   p.mask = BroadcastOperand<bool>(c, 3, {p.batch, p.heads, p.queries, p.keys});
//   RunAttention(c, p);
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/ops/op.h"

namespace quantab {

// Where the rows of all heads lie: element d of row r of head h of sample b is
// data[b * batch + h * head + r * row + d]. Strides are in elements.
template <class T>
struct HeadRows {
  T* data = nullptr;
  int64_t batch = 0, head = 0, row = 0;
};

// A product that may wrap: of an empty tensor, whose other sizes say nothing and whose strides
// nobody uses.
inline int64_t StrideOf(int64_t a, int64_t b, int64_t c = 1) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b) *
                              static_cast<uint64_t>(c));
}

// A tensor [batch, heads, rows, size].
template <class T>
HeadRows<T> SplitHeads(T* data, int64_t heads, int64_t rows, int64_t size) {
  return {data, StrideOf(heads, rows, size), StrideOf(rows, size), size};
}

// A tensor [batch, rows, heads * size], the heads of a row one after the other.
template <class T>
HeadRows<T> PackedHeads(T* data, int64_t rows, int64_t heads, int64_t size) {
  return {data, StrideOf(rows, heads, size), size, StrideOf(heads, size)};
}

// One value for each score: that of sample b, head h, query i and key j is
// data[b * batch + h * head + i * row + j * column]. There are `columns` keys; what lies beyond
// counts as masked. No data is no operand.
template <class T>
struct ScoreOperand {
  const T* data = nullptr;
  int64_t batch = 0, head = 0, row = 0, column = 0;
  int64_t columns = 0;
};

// Input `i`, broadcast to `scores` = {batch, heads, queries, keys}; no operand when it is absent.
// With `may_be_short` its last dimension may be smaller than the keys, and those beyond are masked.
// Throws Error(kInvalidModel) when the shape does not fit. T is the type of the input's elements.
template <class T>
ScoreOperand<T> BroadcastOperand(const OpContext& c, int i, const std::array<int64_t, 4>& scores,
                                 bool may_be_short = false);

// What a copy of the scores, for a model that wants them, shows.
enum class ScoreStage {
  kProducts,       // scale * q . k
  kCapped,         // after the softcap
  kBiased,         // with the bias added; masked ones are -infinity
  kProbabilities,  // after the softmax
};

// T is float or double. Sizes are not negative, `heads` is a multiple of `kv_heads`, and the
// operands hold what the sizes say: the caller has checked. Only `y` (and `scores`) is written; it
// overlaps nothing.
template <class T>
struct AttentionProblem {
  int64_t batch = 0;
  int64_t heads = 0, kv_heads = 0;
  int64_t queries = 0, keys = 0;          // rows of q and y, and of k and v
  int64_t head_size = 0, value_size = 0;  // columns of q and k, and of v and y

  HeadRows<const T> q, k, v;
  HeadRows<T> y;

  float scale = 1;
  float softcap = 0;  // > 0: a score s becomes softcap * tanh(s / softcap)

  // Added to the scores; -infinity masks.
  ScoreOperand<T> bias;
  // false masks.
  ScoreOperand<bool> mask;

  // The number of keys of each sample that are valid, from the front; empty: all. Values outside
  // [0, keys] count as the nearest inside.
  std::vector<int64_t> key_counts;
  // The position among the keys of each sample's first query, for what follows: usually the number
  // of cached keys; any value is allowed. Empty: 0.
  std::vector<int64_t> offsets;
  // Query i, at position p = offset + i, attends key j only if j <= p.
  bool causal = false;
  // ... only if p - left_window <= j, and only if j <= p + right_window; -1 does not limit.
  int64_t left_window = -1, right_window = -1;

  // For each query head a score that takes part in the softmax and has no key, or null.
  const T* sinks = nullptr;

  // Where a copy of the scores goes, [batch, heads, queries, keys], or null.
  T* scores = nullptr;
  ScoreStage stage = ScoreStage::kProducts;
};

// Computes p.y (and p.scores), with scratch memory of `c`.
template <class T>
void RunAttention(OpContext& c, const AttentionProblem<T>& p);

// Copies `rows` rows of `past` and then `more_rows` rows of `more` to `present`, a tensor [batch,
// heads, rows + more_rows, size]. `past.data` may be null when `rows` is 0.
template <class T>
void AppendHeadRows(int64_t batch, int64_t heads, int64_t size, HeadRows<const T> past,
                    int64_t rows, HeadRows<const T> more, int64_t more_rows, T* present);

extern template ScoreOperand<float> BroadcastOperand(const OpContext&, int,
                                                     const std::array<int64_t, 4>&, bool);
extern template ScoreOperand<double> BroadcastOperand(const OpContext&, int,
                                                      const std::array<int64_t, 4>&, bool);
extern template ScoreOperand<bool> BroadcastOperand(const OpContext&, int,
                                                    const std::array<int64_t, 4>&, bool);
extern template void RunAttention(OpContext&, const AttentionProblem<float>&);
extern template void RunAttention(OpContext&, const AttentionProblem<double>&);
extern template void AppendHeadRows(int64_t, int64_t, int64_t, HeadRows<const float>, int64_t,
                                    HeadRows<const float>, int64_t, float*);
extern template void AppendHeadRows(int64_t, int64_t, int64_t, HeadRows<const double>, int64_t,
                                    HeadRows<const double>, int64_t, double*);

}  // namespace quantab
