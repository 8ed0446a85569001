// Attention (com.microsoft): self-attention with the projections in it,
//
//   q, k, v = split(input * weights + bias)          input [batch, sequence, input size]
//   output = softmax(scale * q * k' + masks) * v     for each of num_heads heads
//
//   (input, weights [input size, q + k + v], bias, mask_index, past [2, batch, heads, past, head
//   size], attention_bias, past_sequence_length)
//   output [batch, sequence, v], present [2, batch, heads, past + sequence, head size]
//
// With attribute past_present_share_buffer, past and present have room for more rows than
// past_sequence_length says, and new ones are written behind those.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/ops/attention_mask.h"
#include "core/ops/half.h"
#include "core/ops/key_value_cache.h"
#include "core/ops/rotary.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int64_t kMostKeys = std::numeric_limits<int64_t>::max();
constexpr int kBias = 2, kMask = 3, kPast = 4, kAttentionBias = 5, kPastLength = 6;

// Constant weights, packed.
struct State : OpState {
  Shape shape;
  Tensor packed;
  size_t bytes() const override { return packed.bytes(); }
};

std::unique_ptr<OpState> Prepare(PrepareContext& c) {
  const Tensor* weights = c.Constant(1);
  if (weights == nullptr || weights->dtype() != DType::kFloat || weights->rank() != 2 ||
      weights->count() == 0) {
    return nullptr;
  }
  const size_t k = Size(weights->dim(0)), n = Size(weights->dim(1));
  auto state = std::make_unique<State>();
  state->shape = weights->shape();
  state->packed = PackedTensor(DType::kFloat, kernels::F32GemmPackedBytes(n, k));
  kernels::F32GemmPack(n, k, weights->data<float>(), n, false, state->packed.mutable_data<float>());
  c.Release(1);
  return state;
}

struct Sizes {
  int64_t batch = 0, rows = 0, heads = 0;
  int64_t hidden = 0, value_hidden = 0;  // of q and of k, and of v
  int64_t columns = 0;                   // of the projections
  int64_t past = 0, past_rows = 0;       // the rows that count, and all

  int64_t head_size() const { return hidden / heads; }
  int64_t value_size() const { return value_hidden / heads; }
  int64_t keys() const { return past + rows; }
};

void ReadPast(const OpContext& c, Sizes& s) {
  const bool shared = c.attributes().Int("past_present_share_buffer", 0) != 0;
  const Tensor* past = c.Optional(kPast);
  if ((past != nullptr || c.HasOutput(1)) && s.hidden != s.value_hidden) {
    c.Invalid("a cache needs keys and values of one size.");
  }
  if (past == nullptr) return;
  FloatInput(c, kPast);
  s.past_rows = past->rank() == 5 ? past->dim(3) : 0;
  const Shape expected = {2, s.batch, s.heads, s.past_rows, s.head_size()};
  if (past->shape() != expected || s.past_rows > kMostKeys - s.rows) {
    c.Invalid("input 4 has shape " + ToString(past->shape()) + ", expected " + ToString(expected) +
              ".");
  }
  s.past = s.past_rows;
  if (!shared) return;
  const std::vector<int64_t> length = IntegerInput(c, kPastLength);
  if (length.size() != 1 || length[0] < 0 || length[0] > s.past_rows - s.rows) {
    c.Invalid("input 'past_sequence_length' does not leave room for '" + std::to_string(s.rows) +
              "' of the '" + std::to_string(s.past_rows) + "' rows of the cache.");
  }
  s.past = length[0];
}

Sizes ReadSizes(const OpContext& c, const Shape& weights) {
  const Shape& input = c.Input(0).shape();
  if (input.size() != 3 || weights.size() != 2 || weights[0] != input[2]) {
    c.Invalid("inputs 0 and 1 have shapes " + ToString(input) + " and " + ToString(weights) +
              ", expected [batch,sequence,size] and [size,columns].");
  }
  Sizes s{.batch = input[0], .rows = input[1], .heads = c.attributes().Int("num_heads", 0)};
  s.columns = weights[1];
  const std::vector<int64_t> sizes =
      c.attributes().Ints("qkv_hidden_sizes", Shape(3, s.columns / 3));
  const auto fits = [&s](int64_t size) {
    return s.heads > 0 && size >= 0 && size <= s.columns && size % s.heads == 0;
  };
  if (sizes.size() != 3 || !fits(sizes[0]) || sizes[0] == 0 || sizes[1] != sizes[0] ||
      !fits(sizes[2]) || s.columns - sizes[2] - sizes[0] != sizes[0]) {
    c.Invalid("'" + std::to_string(s.columns) + "' columns do not split into q, k and v of '" +
              std::to_string(s.heads) + "' heads with hidden sizes " + ToString(sizes) + ".");
  }
  s.hidden = sizes[0];
  s.value_hidden = sizes[2];
  ReadPast(c, s);
  return s;
}

// [batch, rows, columns].
float* Project(OpContext& c, const Sizes& s) {
  const auto* state = static_cast<const State*>(c.state());
  const size_t k = Size(c.Input(0).dim(2)), n = Size(s.columns),
               m = Size(ElementCount(Shape{s.batch, s.rows}));
  kernels::F32GemmEpilogue epilogue;
  if (c.Optional(kBias) != nullptr) {
    epilogue.column_bias = FloatInput(c, kBias);
    if (c.Input(kBias).shape() != Shape{s.columns}) {
      c.Invalid("input 2 has shape " + ToString(c.Input(kBias).shape()) + ", expected [" +
                std::to_string(s.columns) + "].");
    }
  }
  float* y = c.ScratchOf<float>(m, n);
  if (m == 0) return y;
  const float* packed = state ? state->packed.data<float>() : nullptr;
  if (!state) {
    auto* scratch = reinterpret_cast<float*>(c.Scratch(kernels::F32GemmPackedBytes(n, k)).data());
    kernels::F32GemmPack(n, k, FloatInput(c, 1), n, false, scratch);
    packed = scratch;
  }
  kernels::F32Gemm(m, n, k, FloatInput(c, 0), k, packed, y, n, epilogue);
  return y;
}

// Turns the heads of q and k by position: angle i of position p is p / 10000^(2 i / dim).
void Rotate(const OpContext& c, const Sizes& s, float* projections) {
  const int64_t dim = c.attributes().Int("rotary_embedding_dim", 0) == 0
                          ? s.head_size()
                          : c.attributes().Int("rotary_embedding_dim", 0);
  if (dim < 0 || dim > s.head_size() || dim % 2 != 0) {
    c.Invalid("'" + std::to_string(dim) + "' of the '" + std::to_string(s.head_size()) +
              "' elements of a head cannot be turned pairwise.");
  }
  const size_t half = Size(dim / 2), size = Size(s.head_size());
  std::vector<float> cosines(half), sines(half);
  for (int64_t row = 0; row < s.rows; ++row) {
    const auto position = static_cast<double>(s.past + row);
    for (size_t i = 0; i < half; ++i) {
      const double angle =
          position / std::pow(1e4, 2 * static_cast<double>(i) / static_cast<double>(dim));
      cosines[i] = static_cast<float>(std::cos(angle));
      sines[i] = static_cast<float>(std::sin(angle));
    }
    for (int64_t b = 0; b < s.batch; ++b) {
      float* x = projections + (b * s.rows + row) * s.columns;
      for (int64_t h = 0; h < 2 * s.heads; ++h, x += size) {
        RotateHead(size, half, false, cosines.data(), sines.data(), x, x);
      }
    }
  }
}

// Puts the cached keys and values before the new ones, where there are any or the model wants them.
void Extend(OpContext& c, const Sizes& s, AttentionProblem<float>& p) {
  const Tensor* past = c.Optional(kPast);
  if (past == nullptr && !c.HasOutput(1)) return;
  CacheGrowth growth{.batch = s.batch, .heads = s.heads, .size = s.head_size()};
  growth.past_rows = s.past_rows;
  growth.rows = std::max(s.past_rows, s.keys());
  growth.new_rows = s.rows;
  growth.counts.assign(Size(s.batch), s.past);
  growth.keep_rest = true;
  const Shape shape = {2, s.batch, s.heads, growth.rows, growth.size};
  float* present = c.HasOutput(1) ? c.Output(1, DType::kFloat, shape).mutable_data<float>()
                                  : c.ScratchOf<float>(Size(ElementCount(shape)));
  const float* before = past == nullptr ? nullptr : past->data<float>();
  for (HeadRows<const float>* rows : {&p.k, &p.v}) {
    GrowCache(growth, before, *rows, present);
    *rows = SplitHeads<const float>(present, s.heads, growth.rows, growth.size);
    if (before != nullptr) before += past->count() / 2;
    present += ElementCount(shape) / 2;
  }
}

void Compute(OpContext& c) {
  const auto* state = static_cast<const State*>(c.state());
  const Sizes s = ReadSizes(c, state ? state->shape : c.Input(1).shape());
  const int64_t length = ElementCount(Shape{s.rows, s.columns});
  float* projections = Project(c, s);
  if (c.attributes().Int("do_rotary", 0) != 0) Rotate(c, s, projections);
  AttentionProblem<float> p;
  p.batch = s.batch;
  p.heads = p.kv_heads = s.heads;
  p.queries = s.rows;
  p.keys = s.keys();
  p.head_size = s.head_size();
  p.value_size = s.value_size();
  p.q = {projections, length, p.head_size, s.columns};
  p.k = {projections + s.hidden, length, p.head_size, s.columns};
  p.v = {projections + 2 * s.hidden, length, p.value_size, s.columns};
  Extend(c, s, p);
  const float scale = c.attributes().Float("scale", 0);
  p.scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<float>(p.head_size));
  p.bias = ReadMaskAndBias(c, kMask, kAttentionBias, p, s.past);
  p.causal = c.attributes().Int("unidirectional", 0) != 0;
  p.offsets.assign(Size(s.batch), s.past);
  float* y = c.Output(0, DType::kFloat, {s.batch, s.rows, s.value_hidden}).mutable_data<float>();
  p.y = PackedHeads(y, s.rows, s.heads, p.value_size);
  RunAttention(c, p);
}

}  // namespace

QUANTAB_REGISTER(ops, contrib_attention) {
  r.Add({.name = "Attention",
         .domain = "com.microsoft",
         .prepare = InFloat<Prepare>,
         .compute = InFloat<Compute>});
}

}  // namespace quantab
