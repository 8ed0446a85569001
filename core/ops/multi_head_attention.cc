// MultiHeadAttention (com.microsoft): attention of heads that are projected already,
//
//   output = softmax(scale * (q + q_bias) * (k + k_bias)' + masks) * (v + v_bias)
//
//   (query, key, value, bias [q + k + v], key_padding_mask, attention_bias, past_key, past_value,
//   past_sequence_length, cache_indirection)
//   output [batch, sequence, v], present_key, present_value [batch, heads, keys, head size], qk
//
// with queries, keys and values as
//
//   query [batch, sequence, heads * size], key and value the same
//   query [batch, sequence, heads * size], key and value [batch, heads, sequence, size]; their bias
//         is left out then
//   query [batch, sequence, heads * size], key [batch, sequence, heads, 2, size]: keys and values
//   query [batch, sequence, heads, 3, size]: all of them
//
// With past_sequence_length, past and present have room for more rows than that says, and new ones
// are written behind those.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/ops/attention_mask.h"
#include "core/ops/half.h"
#include "core/ops/key_value_cache.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int kBias = 3, kMask = 4, kAttentionBias = 5, kPastKey = 6, kPastLength = 8,
              kCacheIndirection = 9;

// What the inputs hold, and how much of it.
struct Operands {
  int64_t batch = 0, heads = 0, queries = 0, new_keys = 0, head_size = 0, value_size = 0;
  int64_t past = 0, past_rows = 0;  // the cached rows that count, and all
  bool split = false;               // keys and values have the heads as a dimension
  HeadRows<const float> q, k, v;

  int64_t keys() const { return past + new_keys; }
};

[[noreturn]] void Misfit(const OpContext& c) {
  std::string shapes;
  for (int i = 0; i < 3; ++i) {
    if (c.Optional(i) != nullptr) shapes += " " + ToString(c.Input(i).shape());
  }
  c.Invalid("queries, keys and values of shapes" + shapes + " do not fit '" +
            std::to_string(c.attributes().Int("num_heads", 0)) + "' heads.");
}

// Part `part` of a tensor [batch, rows, heads, parts, size].
HeadRows<const float> Part(const float* data, int64_t rows, int64_t heads, int64_t parts,
                           int64_t size, int64_t part) {
  return {data + part * size, rows * heads * parts * size, parts * size, heads * parts * size};
}

void ReadPacked(const OpContext& c, const Shape& query, Operands& o) {
  if (query[2] != o.heads || query[3] != 3 || c.Optional(1) != nullptr ||
      c.Optional(2) != nullptr) {
    Misfit(c);
  }
  o.new_keys = o.queries;
  o.head_size = o.value_size = query[4];
  if (o.head_size == 0) Misfit(c);
  const float* data = FloatInput(c, 0);
  o.q = Part(data, o.queries, o.heads, 3, o.head_size, 0);
  o.k = Part(data, o.queries, o.heads, 3, o.head_size, 1);
  o.v = Part(data, o.queries, o.heads, 3, o.head_size, 2);
}

void ReadKeysAndValues(const OpContext& c, Operands& o) {
  const float* key = FloatInput(c, 1);
  const Shape k = c.Input(1).shape();
  const Shape v = c.Optional(2) == nullptr ? Shape() : c.Input(2).shape();
  if (k.size() == 5) {
    if (k != Shape{o.batch, k[1], o.heads, 2, o.head_size} || c.Optional(2) != nullptr) Misfit(c);
    o.new_keys = k[1];
    o.value_size = o.head_size;
    o.k = Part(key, o.new_keys, o.heads, 2, o.head_size, 0);
    o.v = Part(key, o.new_keys, o.heads, 2, o.head_size, 1);
    return;
  }
  const float* value = FloatInput(c, 2);
  o.split = k.size() == 4;
  if (o.split) {
    if (k != Shape{o.batch, o.heads, k[2], o.head_size} || v.size() != 4 ||
        v != Shape{o.batch, o.heads, k[2], v[3]}) {
      Misfit(c);
    }
    o.new_keys = k[2];
    o.value_size = v[3];
    o.k = SplitHeads(key, o.heads, o.new_keys, o.head_size);
    o.v = SplitHeads(value, o.heads, o.new_keys, o.value_size);
    return;
  }
  if (k.size() != 3 || k != Shape{o.batch, k[1], o.heads * o.head_size} || v.size() != 3 ||
      v != Shape{o.batch, k[1], v[2]} || v[2] % o.heads != 0) {
    Misfit(c);
  }
  o.new_keys = k[1];
  o.value_size = v[2] / o.heads;
  o.k = PackedHeads(key, o.new_keys, o.heads, o.head_size);
  o.v = PackedHeads(value, o.new_keys, o.heads, o.value_size);
}

Operands ReadOperands(const OpContext& c) {
  const float* data = FloatInput(c, 0);
  const Shape& query = c.Input(0).shape();
  Operands o;
  o.heads = c.attributes().Int("num_heads", 0);
  if (o.heads < 1 || (query.size() != 3 && query.size() != 5)) Misfit(c);
  o.batch = query[0];
  o.queries = query[1];
  if (query.size() == 5) {
    ReadPacked(c, query, o);
  } else {
    if (query[2] == 0 || query[2] % o.heads != 0) Misfit(c);
    o.head_size = query[2] / o.heads;
    o.q = PackedHeads(data, o.queries, o.heads, o.head_size);
    ReadKeysAndValues(c, o);
  }
  return o;
}

// `x` with `bias` added, in memory of its own.
HeadRows<const float> Biased(OpContext& c, const Operands& o, int64_t rows, int64_t size,
                             HeadRows<const float> x, const float* bias) {
  float* sum = c.ScratchOf<float>(Size(o.batch), Size(rows), Size(o.heads), Size(size));
  float* to = sum;
  for (int64_t b = 0; b < o.batch; ++b) {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t h = 0; h < o.heads; ++h, to += size) {
        const float* from = x.data + b * x.batch + h * x.head + r * x.row;
        for (int64_t d = 0; d < size; ++d) to[d] = from[d] + bias[h * size + d];
      }
    }
  }
  return PackedHeads<const float>(sum, rows, o.heads, size);
}

void AddBias(OpContext& c, Operands& o) {
  if (c.Optional(kBias) == nullptr) return;
  const float* bias = FloatInput(c, kBias);
  const int64_t hidden = o.heads * o.head_size, value_hidden = o.heads * o.value_size;
  const Shape& shape = c.Input(kBias).shape();
  if (shape.size() != 1 || shape[0] - hidden - hidden != value_hidden) {
    c.Invalid("input 3 has shape " + ToString(shape) + ", which is not [q + k + v].");
  }
  o.q = Biased(c, o, o.queries, o.head_size, o.q, bias);
  if (o.split) return;
  o.k = Biased(c, o, o.new_keys, o.head_size, o.k, bias + hidden);
  o.v = Biased(c, o, o.new_keys, o.value_size, o.v, bias + 2 * hidden);
}

void ReadPast(const OpContext& c, Operands& o) {
  const Tensor* key = c.Optional(kPastKey);
  const Tensor* value = c.Optional(kPastKey + 1);
  if (key == nullptr && value == nullptr) return;
  FloatInput(c, kPastKey);
  FloatInput(c, kPastKey + 1);
  o.past = o.past_rows = key->rank() == 4 ? key->dim(2) : 0;
  if (key->shape() != Shape{o.batch, o.heads, o.past_rows, o.head_size} ||
      value->shape() != Shape{o.batch, o.heads, o.past_rows, o.value_size} || o.split ||
      o.past_rows > std::numeric_limits<int64_t>::max() - o.new_keys) {
    c.Invalid("a cache of shapes " + ToString(key->shape()) + " and " + ToString(value->shape()) +
              " does not fit the keys and values.");
  }
  if (c.Optional(kPastLength) == nullptr) return;
  const std::vector<int64_t> length = IntegerInput(c, kPastLength);
  if (length.size() != 1 || length[0] < 0 || length[0] > o.past_rows - o.new_keys) {
    c.Invalid("input 'past_sequence_length' does not leave room for '" +
              std::to_string(o.new_keys) + "' of the '" + std::to_string(o.past_rows) +
              "' rows of the cache.");
  }
  o.past = length[0];
}

// Keys (`which` 0) or values (1) with the cached ones before them, which are the output where that
// is wanted.
HeadRows<const float> Extend(OpContext& c, const Operands& o, int which) {
  const HeadRows<const float> added = which == 0 ? o.k : o.v;
  const Tensor* past = c.Optional(kPastKey + which);
  const int output = 1 + which;
  if (past == nullptr && !c.HasOutput(output)) return added;
  CacheGrowth growth{.batch = o.batch, .heads = o.heads};
  growth.size = which == 0 ? o.head_size : o.value_size;
  growth.past_rows = o.past_rows;
  growth.rows = std::max(o.past_rows, o.keys());
  growth.new_rows = o.new_keys;
  growth.counts.assign(Size(o.batch), o.past);
  growth.keep_rest = true;
  const Shape shape = {o.batch, o.heads, growth.rows, growth.size};
  float* present = c.HasOutput(output)
                       ? c.Output(output, DType::kFloat, shape).mutable_data<float>()
                       : c.ScratchOf<float>(Size(ElementCount(shape)));
  GrowCache(growth, past == nullptr ? nullptr : past->data<float>(), added, present);
  return SplitHeads<const float>(present, o.heads, growth.rows, growth.size);
}

// Attribute unidirectional. As in ONNX Runtime, the last query attends every key, which its
// position says too unless there are more new keys than queries.
void LimitToPreviousKeys(OpContext& c, const Operands& o, AttentionProblem<float>& p) {
  if (c.attributes().Int("unidirectional", 0) == 0) return;
  p.causal = o.new_keys <= o.queries;
  p.offsets.assign(Size(o.batch), o.past);
  if (p.causal) return;
  bool* mask = c.ScratchOf<bool>(Size(o.queries), Size(p.keys));
  for (int64_t i = 0; i < o.queries; ++i) {
    for (int64_t j = 0; j < p.keys; ++j) {
      mask[i * p.keys + j] = i == o.queries - 1 || j <= o.past + i;
    }
  }
  p.mask = {mask, 0, 0, p.keys, 1, p.keys};
}

void Compute(OpContext& c) {
  if (c.Optional(kCacheIndirection) != nullptr) {
    c.Unsupported("input 'cache_indirection' is not supported.");
  }
  Operands o = ReadOperands(c);
  AddBias(c, o);
  ReadPast(c, o);
  AttentionProblem<float> p;
  p.batch = o.batch;
  p.heads = p.kv_heads = o.heads;
  p.queries = o.queries;
  p.keys = o.keys();
  p.head_size = o.head_size;
  p.value_size = o.value_size;
  p.q = o.q;
  p.k = Extend(c, o, 0);
  p.v = Extend(c, o, 1);
  const float scale = c.attributes().Float("scale", 0);
  p.scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<float>(p.head_size));
  p.bias = ReadMaskAndBias(c, kMask, kAttentionBias, p, o.past);
  LimitToPreviousKeys(c, o, p);
  const Shape scores = {p.batch, p.heads, p.queries, p.keys};
  if (c.HasOutput(3)) {
    p.scores = c.Output(3, DType::kFloat, scores).mutable_data<float>();
    p.stage = ScoreStage::kBiased;
  }
  const Shape out = {o.batch, o.queries, ElementCount(Shape{o.heads, o.value_size})};
  float* y = c.Output(0, DType::kFloat, out).mutable_data<float>();
  p.y = PackedHeads(y, o.queries, o.heads, o.value_size);
  RunAttention(c, p);
  if (p.scores != nullptr) {
    using Limits = std::numeric_limits<float>;
    std::replace(p.scores, p.scores + ElementCount(scores), -Limits::infinity(), Limits::lowest());
  }
}

}  // namespace

QUANTAB_REGISTER(ops, multi_head_attention) {
  r.Add({.name = "MultiHeadAttention", .domain = "com.microsoft", .compute = InFloat<Compute>});
}

}  // namespace quantab
