// GroupQueryAttention (com.microsoft): attention with a cache where several heads of queries share
// one of keys and values,
//
//   (query [batch, sequence, heads * size], key and value [batch, sequence, kv_heads * size], or
//   all three side by side in query; past_key, past_value [batch, kv_heads, past, size]; seqlens_k;
//   total_sequence_length; cos_cache, sin_cache [positions, pairs], position_ids; attention_bias;
//   head_sink [heads]; k_scale, v_scale; q_norm_weight, k_norm_weight [size])
//   output [batch, sequence, heads * size], present_key, present_value [batch, kv_heads,
//   max(past, total_sequence_length), size], output_qk
//
// seqlens_k + 1 are the valid keys of each sample, the new ones included. A sequence as long as
// total_sequence_length is a prompt: what past holds does not count. Else the new keys come behind
// seqlens_k + 1 - sequence keys of past.
#include <algorithm>
#include <cmath>

#include "core/kernels/norm/norm.h"
#include "core/ops/attention_core.h"
#include "core/ops/half.h"
#include "core/ops/key_value_cache.h"
#include "core/ops/rotary.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int kPastKey = 3, kLengths = 5, kTotal = 6, kCosines = 7, kSines = 8, kPositions = 9,
              kAttentionBias = 10, kSink = 11, kKeyScale = 12, kQueryNorm = 14;

struct Operands {
  int64_t batch = 0, rows = 0, heads = 0, kv_heads = 0, size = 0;
  int64_t past_rows = 0, present_rows = 0, total = 0;
  bool prompt = false;
  std::vector<int64_t> counts;   // each sample's rows of the cache that count
  std::vector<int64_t> lengths;  // ... and those with the new ones
  HeadRows<const float> q, k, v;
};

// Attributes and inputs that only other forms of the operator have.
void RejectOtherForms(const OpContext& c) {
  const Attributes& a = c.attributes();
  if (a.String("k_quant_type", "NONE") != "NONE" || a.String("v_quant_type", "NONE") != "NONE" ||
      c.Optional(kKeyScale) != nullptr || c.Optional(kKeyScale + 1) != nullptr) {
    c.Unsupported("a quantized cache is not supported.");
  }
  if (a.Int("sliding_window_cache", 0) != 0) {
    c.Unsupported("attribute 'sliding_window_cache' is not supported.");
  }
}

[[noreturn]] void Misfit(const OpContext& c) {
  std::string shapes;
  for (int i = 0; i < kLengths; ++i) {
    if (c.Optional(i) != nullptr) shapes += " " + ToString(c.Input(i).shape());
  }
  c.Invalid("inputs of shapes" + shapes + " do not fit '" +
            std::to_string(c.attributes().Int("num_heads", 0)) + "' heads of queries and '" +
            std::to_string(c.attributes().Int("kv_num_heads", 0)) + "' of keys.");
}

void ReadRows(const OpContext& c, Operands& o) {
  constexpr int64_t kMostHeads = 1 << 24;
  o.heads = c.attributes().Int("num_heads", 0);
  o.kv_heads = c.attributes().Int("kv_num_heads", 0);
  const Shape& query = c.Input(0).shape();
  if (o.heads < 1 || o.heads > kMostHeads || o.kv_heads < 1 || o.heads % o.kv_heads != 0 ||
      query.size() != 3) {
    Misfit(c);
  }
  o.batch = query[0];
  o.rows = query[1];
  const float* q = FloatInput(c, 0);
  const bool packed = c.Optional(1) == nullptr;
  const int64_t parts = packed ? o.heads + 2 * o.kv_heads : o.heads;
  o.size = query[2] / parts;
  if (o.size < 1 || query[2] != o.size * parts) Misfit(c);
  o.q = PackedHeads(q, o.rows, parts, o.size);
  if (packed) {
    if (c.Optional(2) != nullptr) Misfit(c);
    o.k = PackedHeads(q + o.heads * o.size, o.rows, parts, o.size);
    o.v = PackedHeads(q + (o.heads + o.kv_heads) * o.size, o.rows, parts, o.size);
    return;
  }
  const Shape expected = {o.batch, o.rows, o.kv_heads * o.size};
  o.k = PackedHeads(FloatInput(c, 1), o.rows, o.kv_heads, o.size);
  o.v = PackedHeads(FloatInput(c, 2), o.rows, o.kv_heads, o.size);
  if (c.Input(1).shape() != expected || c.Input(2).shape() != expected) Misfit(c);
}

void ReadCache(const OpContext& c, Operands& o) {
  const std::vector<int64_t> total = IntegerInput(c, kTotal);
  const std::vector<int64_t> last = IntegerInput(c, kLengths);
  if (total.size() != 1 || static_cast<int64_t>(last.size()) != o.batch) {
    c.Invalid("inputs 'seqlens_k' and 'total_sequence_length' have '" +
              std::to_string(last.size()) + "' and '" + std::to_string(total.size()) +
              "' values, expected '" + std::to_string(o.batch) + "' and '1'.");
  }
  if (c.Optional(kPastKey) != nullptr || c.Optional(kPastKey + 1) != nullptr) {
    FloatInput(c, kPastKey);
    FloatInput(c, kPastKey + 1);
    const Tensor& past = c.Input(kPastKey);
    o.past_rows = past.rank() == 4 ? past.dim(2) : 0;
    if (past.shape() != Shape{o.batch, o.kv_heads, o.past_rows, o.size} ||
        past.shape() != c.Input(kPastKey + 1).shape()) {
      Misfit(c);
    }
  }
  o.total = total[0];
  o.prompt = o.total == o.rows;
  const int64_t most = std::max(o.past_rows, o.rows);
  if (o.total < o.rows || (o.total > most && o.total - o.past_rows != o.rows)) {
    c.Invalid("input 'total_sequence_length' is '" + std::to_string(o.total) +
              "', but there are '" + std::to_string(o.past_rows) + "' cached keys and '" +
              std::to_string(o.rows) + "' new ones.");
  }
  o.present_rows = std::max(o.past_rows, o.total);
  for (int64_t value : last) {
    const int64_t least = o.prompt ? 0 : o.rows - 1;
    if (value < least || value >= o.total) {
      c.Invalid("input 'seqlens_k' holds '" + std::to_string(value) + "', expected '" +
                std::to_string(least) + "' to '" + std::to_string(o.total - 1) + "'.");
    }
    o.lengths.push_back(value + 1);
    o.counts.push_back(o.prompt ? 0 : value + 1 - o.rows);
  }
}

// The position of each row of each sample, which is a row of the caches.
std::vector<int64_t> Positions(const OpContext& c, const Operands& o, int64_t most) {
  std::vector<int64_t> positions;
  const std::vector<int64_t> ids = IntegerInput(c, kPositions);
  const bool given = c.Optional(kPositions) != nullptr;
  if (given && (o.prompt ? ids.empty() : c.Input(kPositions).shape() != Shape{o.batch, o.rows})) {
    c.Invalid("input 9 has shape " + ToString(c.Input(kPositions).shape()) + ", expected " +
              ToString(Shape{o.batch, o.rows}) + ".");
  }
  for (int64_t b = 0; b < o.batch; ++b) {
    for (int64_t s = 0; s < o.rows; ++s) {
      // For a prompt the first of the ids is where all samples begin.
      const int64_t id = !given ? o.counts[Size(b)] : o.prompt ? ids[0] : ids[Size(b * o.rows + s)];
      const int64_t behind = given && !o.prompt ? 0 : s;
      if (id < 0 || id >= most - behind) {
        c.Invalid("a position is outside the '" + std::to_string(most) + "' rows of input 7.");
      }
      positions.push_back(id + behind);
    }
  }
  return positions;
}

// What is done to the heads of queries and keys before they meet.
class HeadPreparation {
 public:
  HeadPreparation(OpContext& c, const Operands& o) : c_(c), o_(o) {
    epsilon_ = c.attributes().Float("qk_norm_epsilon", 1e-6f);
    interleaved_ = c.attributes().Int("rotary_interleaved", 0) != 0;
    if (c.attributes().Int("do_rotary", 0) == 0) return;
    cosines_ = FloatInput(c, kCosines);
    sines_ = FloatInput(c, kSines);
    const Shape& cache = c.Input(kCosines).shape();
    if (cache.size() != 2 || cache != c.Input(kSines).shape() || cache[1] > o.size / 2) {
      c.Invalid("inputs 7 and 8 have shapes " + ToString(cache) + " and " +
                ToString(c.Input(kSines).shape()) + ", which do not fit heads of size '" +
                std::to_string(o.size) + "'.");
    }
    pairs_ = cache[1];
    positions_ = Positions(c, o, cache[0]);
  }

  // `norm` is the input with the weights of their RMS normalization, if there is one.
  HeadRows<const float> Run(HeadRows<const float> x, int64_t heads, int norm) {
    const float* weights = c_.Optional(norm) == nullptr ? nullptr : FloatInput(c_, norm);
    if (weights != nullptr && c_.Input(norm).shape() != Shape{o_.size}) Misfit(c_);
    if (weights == nullptr && cosines_ == nullptr) return x;
    const size_t size = Size(o_.size);
    float* y = c_.ScratchOf<float>(Size(o_.batch), Size(o_.rows), Size(heads), size);
    float* to = y;
    for (int64_t row = 0; row < o_.batch * o_.rows; ++row) {
      const float* from = x.data + row * x.row;
      for (int64_t h = 0; h < heads; ++h, from += size, to += size) {
        if (weights != nullptr) {
          kernels::RmsNormRows(1, size, from, weights, nullptr, epsilon_, to, nullptr);
        } else {
          std::copy_n(from, size, to);
        }
        if (cosines_ == nullptr) continue;
        const int64_t angles = positions_[Size(row)] * pairs_;
        RotateHead(size, Size(pairs_), interleaved_, cosines_ + angles, sines_ + angles, to, to);
      }
    }
    return PackedHeads<const float>(y, o_.rows, heads, o_.size);
  }

 private:
  OpContext& c_;
  const Operands& o_;
  float epsilon_ = 0;
  bool interleaved_ = false;
  const float* cosines_ = nullptr;  // null: heads are not turned
  const float* sines_ = nullptr;
  int64_t pairs_ = 0;
  std::vector<int64_t> positions_;
};

// Keys (`which` 0) or values (1) with the cached ones before them, which are the output where that
// is wanted.
HeadRows<const float> Extend(OpContext& c, const Operands& o, int which) {
  const int output = 1 + which;
  const Tensor* past = c.Optional(kPastKey + which);
  const HeadRows<const float> added = which == 0 ? o.k : o.v;
  if (past == nullptr && !c.HasOutput(output)) return added;
  const CacheGrowth growth{.batch = o.batch,
                           .heads = o.kv_heads,
                           .size = o.size,
                           .past_rows = o.past_rows,
                           .rows = o.present_rows,
                           .new_rows = o.rows,
                           .counts = o.counts};
  const Shape shape = {o.batch, o.kv_heads, o.present_rows, o.size};
  float* present = c.HasOutput(output)
                       ? c.Output(output, DType::kFloat, shape).mutable_data<float>()
                       : c.ScratchOf<float>(Size(ElementCount(shape)));
  GrowCache(growth, past == nullptr ? nullptr : past->data<float>(), added, present);
  return SplitHeads<const float>(present, o.kv_heads, o.present_rows, o.size);
}

void ReadAttributes(OpContext& c, AttentionProblem<float>& p) {
  const Attributes& a = c.attributes();
  const float scale = a.Float("scale", 0);
  p.scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<float>(p.head_size));
  p.softcap = a.Float("softcap", 0);
  p.causal = a.Int("causal", 1) != 0;
  const int64_t window = a.Int("local_window_size", -1);
  if (window > 0) p.left_window = window - 1;
  if (c.Optional(kSink) != nullptr) {
    p.sinks = FloatInput(c, kSink);
    if (c.Input(kSink).shape() != Shape{p.heads}) {
      c.Invalid("input 11 has shape " + ToString(c.Input(kSink).shape()) + ", expected [" +
                std::to_string(p.heads) + "].");
    }
  } else if (a.Int("smooth_softmax", 0) > 0) {
    float* zeros = c.ScratchOf<float>(Size(p.heads));
    std::fill_n(zeros, p.heads, 0.0f);
    p.sinks = zeros;
  }
}

void Compute(OpContext& c) {
  RejectOtherForms(c);
  Operands o;
  ReadRows(c, o);
  ReadCache(c, o);
  HeadPreparation preparation(c, o);
  AttentionProblem<float> p;
  p.batch = o.batch;
  p.heads = o.heads;
  p.kv_heads = o.kv_heads;
  p.queries = o.rows;
  p.keys = o.total;
  p.head_size = p.value_size = o.size;
  ReadAttributes(c, p);
  p.bias = BroadcastOperand<float>(c, kAttentionBias, {p.batch, p.heads, p.queries, p.keys});
  p.offsets = o.counts;
  p.key_counts = o.lengths;
  p.q = preparation.Run(o.q, o.heads, kQueryNorm);
  o.k = preparation.Run(o.k, o.kv_heads, kQueryNorm + 1);
  p.k = Extend(c, o, 0);
  p.v = Extend(c, o, 1);
  const Shape scores = {p.batch, p.heads, p.queries, p.keys};
  const int64_t output = c.attributes().Int("qk_output", 0);
  if (c.HasOutput(3)) {
    p.scores = c.Output(3, DType::kFloat, scores).mutable_data<float>();
    p.stage = output == 2 ? ScoreStage::kProbabilities : ScoreStage::kBiased;
  }
  const Shape out = {o.batch, o.rows, o.heads * o.size};
  p.y = PackedHeads(c.Output(0, DType::kFloat, out).mutable_data<float>(), o.rows, o.heads, o.size);
  RunAttention(c, p);
  if (p.scores != nullptr) {
    constexpr float kMasked = -std::numeric_limits<float>::infinity();
    std::replace(p.scores, p.scores + ElementCount(scores), kMasked, 0.0f);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, group_query_attention) {
  r.Add({.name = "GroupQueryAttention", .domain = "com.microsoft", .compute = InFloat<Compute>});
}

}  // namespace quantab
