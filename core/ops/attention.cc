// Attention (ai.onnx, since 23; nonpad_kv_seqlen since 24, windows since 25): scaled dot product
// attention of heads that come as a dimension of their own ([batch, heads, sequence, size]) or side
// by side ([batch, sequence, heads * size]), with a cache of keys and values.
#include <algorithm>
#include <cmath>

#include "core/ops/attention_core.h"
#include "core/ops/half.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// Q, K or V seen as heads.
struct Heads {
  int64_t batch = 0, count = 0, rows = 0, size = 0;
};

Heads HeadsOf(const OpContext& c, int i, const char* attribute) {
  const Tensor& x = c.Input(i);
  if (x.rank() == 4) return {x.dim(0), x.dim(1), x.dim(2), x.dim(3)};
  if (x.rank() != 3) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(x.shape()) +
              ", expected rank 3 or 4.");
  }
  const int64_t count = c.attributes().Int(attribute, 0);
  if (count < 1 || x.dim(2) % count != 0) {
    c.Invalid("attribute '" + std::string(attribute) + "' is '" + std::to_string(count) +
              "', which does not divide the last dimension of " + ToString(x.shape()) + ".");
  }
  return {x.dim(0), count, x.dim(1), x.dim(2) / count};
}

template <class T>
HeadRows<const T> RowsOf(const Tensor& x, const Heads& heads) {
  if (x.rank() == 4) return SplitHeads(x.data<T>(), heads.count, heads.rows, heads.size);
  return PackedHeads(x.data<T>(), heads.rows, heads.count, heads.size);
}

void CheckInputs(const OpContext& c, const Heads& q, const Heads& k, const Heads& v) {
  for (int i = 1; i <= 2; ++i) {
    ExpectSameType(c, 0, i);
    if (c.Input(i).rank() != c.Input(0).rank()) {
      c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
                ", but input 0 has shape " + ToString(c.Input(0).shape()) + ".");
    }
  }
  const bool fits = q.batch == k.batch && q.batch == v.batch && k.count == v.count &&
                    k.rows == v.rows && q.size == k.size &&
                    (k.count == 0 ? q.count == 0 : q.count % k.count == 0);
  if (!fits) {
    c.Invalid("inputs of shapes " + ToString(c.Input(0).shape()) + ", " +
              ToString(c.Input(1).shape()) + " and " + ToString(c.Input(2).shape()) +
              " do not fit each other.");
  }
}

// The cached keys (input 4) or values (input 5) followed by the new ones, as a tensor [batch,
// heads, rows, size], which is output `output` where that is wanted.
template <class T>
HeadRows<const T> Extend(OpContext& c, const Tensor& more, const Heads& heads, int past_input,
                         int64_t past_rows, int output) {
  const HeadRows<const T> rows = RowsOf<T>(more, heads);
  const Tensor* past = c.Optional(past_input);
  if (past == nullptr && !c.HasOutput(output)) return rows;
  const Shape shape = {heads.batch, heads.count, past_rows + heads.rows, heads.size};
  HeadRows<const T> past_view;
  if (past != nullptr) past_view = SplitHeads(past->data<T>(), heads.count, past_rows, heads.size);
  T* present = c.HasOutput(output)
                   ? c.Output(output, more.dtype(), shape).template mutable_data<T>()
                   : c.ScratchOf<T>(Size(ElementCount(shape)));
  AppendHeadRows(heads.batch, heads.count, heads.size, past_view, past_rows, rows, heads.rows,
                 present);
  return SplitHeads<const T>(present, heads.count, past_rows + heads.rows, heads.size);
}

// The rows of the cache, 0 without one.
int64_t PastRows(const OpContext& c, const Heads& k, const Heads& v) {
  const Tensor* key = c.Optional(4);
  const Tensor* value = c.Optional(5);
  if ((key == nullptr) != (value == nullptr)) {
    c.Invalid("inputs 'past_key' and 'past_value' come together or not at all.");
  }
  if (key == nullptr) return 0;
  ExpectSameType(c, 0, 4);
  ExpectSameType(c, 0, 5);
  const int64_t rows = key->rank() == 4 ? key->dim(2) : 0;
  int64_t all_rows = 0;
  if (key->shape() != Shape{k.batch, k.count, rows, k.size} ||
      value->shape() != Shape{v.batch, v.count, rows, v.size} ||
      __builtin_add_overflow(rows, k.rows, &all_rows)) {
    c.Invalid("a cache of shapes " + ToString(key->shape()) + " and " + ToString(value->shape()) +
              " does not fit the inputs.");
  }
  return rows;
}

template <class T>
void ReadPositions(const OpContext& c, int64_t past_rows, AttentionProblem<T>& p) {
  const std::vector<int64_t> valid = IntegerInput(c, 6);
  if (c.Optional(6) == nullptr) {
    p.offsets.assign(Size(p.batch), past_rows);
    return;
  }
  if (c.Optional(4) != nullptr) {
    c.Invalid("input 'nonpad_kv_seqlen' does not go with a cache.");
  }
  if (c.Input(6).shape() != Shape{p.batch}) {
    c.Invalid("input 6 has shape " + ToString(c.Input(6).shape()) + ", expected " +
              ToString(Shape{p.batch}) + ".");
  }
  for (int64_t count : valid) {
    if (count < 0 || count > p.keys) {
      ThrowInvalidArgument("'nonpad_kv_seqlen' is '" + std::to_string(count) +
                           "', but there are '" + std::to_string(p.keys) + "' keys.");
    }
    p.offsets.push_back(count - p.queries);
  }
  p.key_counts = valid;
}

int64_t WindowAttribute(const OpContext& c, const char* name) {
  const int64_t size = c.attributes().Int(name, -1);
  if (size < -1) {
    c.Invalid("attribute '" + std::string(name) + "' is '" + std::to_string(size) +
              "', expected -1 or more.");
  }
  return size;
}

template <class T>
void ReadAttributes(const OpContext& c, AttentionProblem<T>& p) {
  const Attributes& attributes = c.attributes();
  p.scale = attributes.Float("scale",
                             1 / std::sqrt(static_cast<float>(std::max<int64_t>(1, p.head_size))));
  p.softcap = attributes.Float("softcap", 0);
  p.causal = attributes.Int("is_causal", 0) != 0;
  p.left_window = WindowAttribute(c, "left_window_size");
  p.right_window = WindowAttribute(c, "right_window_size");
  const int64_t mode = attributes.Int("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) {
    c.Invalid("attribute 'qk_matmul_output_mode' is '" + std::to_string(mode) +
              "', expected 0 to 3.");
  }
  p.stage = static_cast<ScoreStage>(mode);
}

template <class T>
void ReadMask(const OpContext& c, AttentionProblem<T>& p) {
  const Tensor* mask = c.Optional(3);
  if (mask == nullptr) return;
  const std::array<int64_t, 4> scores = {p.batch, p.heads, p.queries, p.keys};
  const bool may_be_short = c.opset() >= 24;
  if (mask->dtype() == DType::kBool) {
    p.mask = BroadcastOperand<bool>(c, 3, scores, may_be_short);
  } else {
    p.bias = BroadcastOperand<T>(c, 3, scores, may_be_short);
  }
}

template <class T>
void Run(OpContext& c) {
  const Tensor query = c.Input(0), key = c.Input(1), value = c.Input(2);
  const Heads q = HeadsOf(c, 0, "q_num_heads");
  const Heads k = HeadsOf(c, 1, "kv_num_heads");
  const Heads v = HeadsOf(c, 2, "kv_num_heads");
  CheckInputs(c, q, k, v);
  const int64_t past_rows = PastRows(c, k, v);
  AttentionProblem<T> p;
  p.batch = q.batch;
  p.heads = q.count;
  p.kv_heads = k.count;
  p.queries = q.rows;
  p.keys = past_rows + k.rows;
  p.head_size = q.size;
  p.value_size = v.size;
  ReadAttributes(c, p);
  ReadPositions(c, past_rows, p);
  ReadMask(c, p);
  p.q = RowsOf<T>(query, q);
  p.k = Extend<T>(c, key, k, 4, past_rows, 1);
  p.v = Extend<T>(c, value, v, 5, past_rows, 2);
  if (c.HasOutput(3)) {
    p.scores = c.Output(3, query.dtype(), {p.batch, p.heads, p.queries, p.keys})
                   .template mutable_data<T>();
  }
  if (query.rank() == 4) {
    Tensor& y = c.Output(0, query.dtype(), {p.batch, p.heads, p.queries, p.value_size});
    p.y = SplitHeads(y.mutable_data<T>(), p.heads, p.queries, p.value_size);
  } else {
    const int64_t columns = ElementCount(Shape{p.heads, p.value_size});
    Tensor& y = c.Output(0, query.dtype(), {p.batch, p.queries, columns});
    p.y = PackedHeads(y.mutable_data<T>(), p.queries, p.heads, p.value_size);
  }
  RunAttention(c, p);
}

void Compute(OpContext& c) {
  switch (c.Input(0).dtype()) {
    case DType::kFloat:
      return Run<float>(c);
    case DType::kDouble:
      return Run<double>(c);
    default:
      UnsupportedInputType(c, 0);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, attention) {
  r.Add({.name = "Attention", .since = 23, .compute = InFloat<Compute>});
}

}  // namespace quantab
