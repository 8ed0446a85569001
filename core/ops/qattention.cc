// QAttention (com.microsoft): self-attention whose projections are one 8-bit product,
//   q, k, v = split((input - input_zero) * (weight - weight_zero) * scales + bias)
//   (input [batch, sequence, size], weight [size, 3 * hidden], bias [3 * hidden], input_scale,
//   weight_scale, mask_index, input_zero, weight_zero, past [2, batch, heads, past, head size])
//   output [batch, sequence, hidden], present [2, batch, heads, past + sequence, head size]
// Scale and zero point of the weight may differ by column. The rest is as in com.microsoft's
// Attention.
#include <algorithm>
#include <cmath>

#include "core/ops/attention_mask.h"
#include "core/ops/half.h"
#include "core/ops/i8_matmul.h"

namespace quantab {
namespace {

constexpr int kMask = 5, kWeightZero = 7, kPast = 8, kNone = 9;

struct Sizes {
  int64_t batch = 0, queries = 0, hidden = 0, heads = 0, head_size = 0, past = 0;
  int64_t keys() const { return past + queries; }
};

Sizes ReadSizes(const OpContext& c, const Shape& projections) {
  Sizes s;
  s.batch = projections[0];
  s.queries = projections[1];
  s.hidden = projections[2] / 3;
  s.heads = c.attributes().Int("num_heads", 0);
  if (s.heads < 1 || projections[2] % 3 != 0 || s.hidden % s.heads != 0) {
    c.Invalid("attribute 'num_heads' is '" + std::to_string(s.heads) + "', but the weights have '" +
              std::to_string(projections[2]) + "' columns.");
  }
  s.head_size = s.hidden / s.heads;
  const Tensor* past = c.Optional(kPast);
  if (past == nullptr) return s;
  FloatInput(c, kPast);
  s.past = past->rank() == 5 ? past->dim(3) : 0;
  const Shape expected = {2, s.batch, s.heads, s.past, s.head_size};
  int64_t keys = 0;
  if (past->shape() != expected || __builtin_add_overflow(s.past, s.queries, &keys)) {
    c.Invalid("input 8 has shape " + ToString(past->shape()) + ", expected " + ToString(expected) +
              ".");
  }
  return s;
}

// The projections of all rows, [batch, sequence, 3 * hidden].
const float* Project(OpContext& c, I8MatMul& product) {
  const size_t n = product.shape().n;
  FloatInput(c, 4);
  CheckByColumn(c, 4, n);
  const Tensor& scales = c.Input(4);
  const float input_scale = ScalarInput(c, 3);
  float* scale = c.ScratchOf<float>(Size(scales.count()));
  std::transform(scales.data<float>(), scales.data<float>() + scales.count(), scale,
                 [&](float s) { return input_scale * s; });
  kernels::I8GemmEpilogue epilogue;
  epilogue.out = kernels::I8GemmOut::kDequantize;
  epilogue.scale = scale;
  epilogue.scale_stride = scales.count() == 1 ? 0 : 1;
  epilogue.float_bias = FloatInput(c, 2);
  if (Size(c.Input(2).count()) != n) {
    c.Invalid("input 2 has shape " + ToString(c.Input(2).shape()) + ", expected [" +
              std::to_string(n) + "].");
  }
  float* y = c.ScratchOf<float>(product.shape().m, n);
  product.Run(c.Input(0).raw(), IsSignedByte(c, 0), ZeroInput(c, 6), y, sizeof(float), epilogue);
  return y;
}

// Keys and values with those of the past before them, where there are any or the model wants them.
void Extend(OpContext& c, const Sizes& s, AttentionProblem<float>& p) {
  const Tensor* past = c.Optional(kPast);
  if (past == nullptr && !c.HasOutput(1)) return;
  const Shape shape = {2, s.batch, s.heads, s.keys(), s.head_size};
  float* present = c.HasOutput(1) ? c.Output(1, DType::kFloat, shape).mutable_data<float>()
                                  : c.ScratchOf<float>(Size(ElementCount(shape)));
  for (int64_t i = 0; i < 2; ++i) {
    HeadRows<const float>& rows = i == 0 ? p.k : p.v;
    HeadRows<const float> before;
    if (past != nullptr) {
      const float* data = past->data<float>() + i * (past->count() / 2);
      before = SplitHeads(data, s.heads, s.past, s.head_size);
    }
    float* to = present + i * (ElementCount(shape) / 2);
    AppendHeadRows(s.batch, s.heads, s.head_size, before, s.past, rows, s.queries, to);
    rows = SplitHeads<const float>(to, s.heads, s.keys(), s.head_size);
  }
}

void ComputeFloat(OpContext& c) {
  if (c.attributes().Int("do_rotary", 0) != 0) {
    c.Unsupported("attribute 'do_rotary' is not supported.");
  }
  if (c.attributes().Int("past_present_share_buffer", 0) != 0) {
    c.Unsupported("attribute 'past_present_share_buffer' is not supported.");
  }
  const Shape input = c.Input(0).shape();
  if (input.size() != 3) c.Invalid("input 0 has shape " + ToString(input) + ", expected rank 3.");
  IsSignedByte(c, 0);
  I8MatMul product(c, input, 1, kWeightZero);
  if (product.shape().out.size() != 3 || product.matrices() != 1) {
    c.Invalid("input 1 is no matrix.");
  }
  const Sizes s = ReadSizes(c, product.shape().out);
  const float* projections = Project(c, product);
  AttentionProblem<float> p;
  p.batch = s.batch;
  p.heads = p.kv_heads = s.heads;
  p.queries = s.queries;
  p.keys = s.keys();
  p.head_size = p.value_size = s.head_size;
  p.q = {projections, ElementCount(Shape{s.queries, 3 * s.hidden}), s.head_size, 3 * s.hidden};
  p.k = p.v = p.q;
  p.k.data += s.hidden;
  p.v.data += 2 * s.hidden;
  Extend(c, s, p);
  const float scale = c.attributes().Float("scale", 0);
  p.scale = scale != 0 ? scale : 1 / std::sqrt(static_cast<float>(s.head_size));
  p.bias = ReadMaskAndBias(c, kMask, kNone, p, s.past);
  p.causal = c.attributes().Int("unidirectional", 0) != 0;
  p.offsets.assign(Size(s.batch), s.past);
  float* y = c.Output(0, DType::kFloat, {s.batch, s.queries, s.hidden}).mutable_data<float>();
  p.y = PackedHeads(y, s.queries, s.heads, s.head_size);
  RunAttention(c, p);
}

std::unique_ptr<OpState> Prepare(PrepareContext& c) { return PrepareI8MatMul(c, 1, kWeightZero); }

// Floats have the type of the scale.
void Compute(OpContext& c) { ComputeInFloat(c, ComputeFloat, OutputsLikeInput(c, 3, 2)); }

}  // namespace

QUANTAB_REGISTER(ops, qattention) {
  r.Add({.name = "QAttention",
         .domain = "com.microsoft",
         .prepare = InFloat<Prepare>,
         .compute = Compute});
}

}  // namespace quantab
