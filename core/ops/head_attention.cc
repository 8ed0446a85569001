// quantab.HeadAttention, made by lowering only: attention of heads as models write it out,
//
//   y = Transpose(Softmax(scale * Q * K + bias) * V, perm)
//
// where Q [batch, heads, queries, size], K [batch, heads, size, keys] and V [batch, heads, keys,
// value size] are Transposes of inputs 0 to 2 by attributes 'q_perm', 'k_perm' and 'v_perm'
// (absent: the input itself), batch and heads broadcast, and bias (input 3, optional) broadcasts to
// the scores. Nothing is transposed: heads are read and written where they lie, which needs their
// last dimension to be the tensors' own. Scores are made a few queries at a time, so memory does
// not grow with queries * keys.
#include <algorithm>
#include <array>
#include <numeric>

#include "core/base/parallel.h"
#include "core/kernels/elementwise/elementwise.h"
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/softmax/softmax.h"
#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr size_t kRank = 4;
// Queries whose scores are in memory at once: whole tiles of the product.
constexpr size_t kBlockRows = 48;
// Products made in the time of one simple operation (GrainFor).
constexpr size_t kProductsOfAStep = 4;

// A tensor of four dimensions as a Transpose shows it.
struct View {
  Shape shape;
  std::array<size_t, kRank> strides{};

  // Where the matrix of a batch and a head begins, broadcast.
  size_t Matrix(size_t batch, size_t head) const {
    return (shape[0] == 1 ? 0 : batch * strides[0]) + (shape[1] == 1 ? 0 : head * strides[1]);
  }
};

std::vector<int64_t> OrderOf(const OpContext& c, const char* attribute) {
  std::vector<int64_t> order = c.attributes().Ints(attribute);
  if (order.empty()) order = {0, 1, 2, 3};
  return order;
}

// `shape`, of at most four dimensions, in the order of `perm`.
View ViewOf(const OpContext& c, Shape shape, const std::vector<int64_t>& perm) {
  if (shape.size() > kRank) {
    c.Unsupported("an input has shape " + ToString(shape) + ", expected at most 4 dimensions.");
  }
  shape.insert(shape.begin(), kRank - shape.size(), 1);
  std::array<size_t, kRank> strides{};
  size_t stride = 1;
  for (size_t d = kRank; d-- > 0;) {
    strides[d] = stride;
    stride = kernels::SaturatingMul(stride, Size(shape[d]));
  }
  View view;
  for (size_t d = 0; d < kRank; ++d) {
    view.shape.push_back(shape[Size(perm[d])]);
    view.strides[d] = strides[Size(perm[d])];
  }
  return view;
}

struct Heads {
  View q, k, v, bias, y;
  size_t batch = 0, heads = 0, queries = 0, keys = 0, size = 0, value_size = 0;
};

// The dimensions of batch and heads that `known` and those of `view` broadcast to.
Shape Broadcast(const OpContext& c, const Shape& known, const View& view) {
  const Shape more(view.shape.begin(), view.shape.begin() + 2);
  const std::optional<Shape> both = BroadcastShapes(known, more);
  if (!both) {
    c.Invalid("shapes " + ToString(known) + " and " + ToString(more) + " do not broadcast.");
  }
  return *both;
}

// Everything but y.
Heads Describe(const OpContext& c) {
  Heads h;
  h.q = ViewOf(c, c.Input(0).shape(), OrderOf(c, "q_perm"));
  h.k = ViewOf(c, c.Input(1).shape(), OrderOf(c, "k_perm"));
  h.v = ViewOf(c, c.Input(2).shape(), OrderOf(c, "v_perm"));
  h.queries = Size(h.q.shape[2]);
  h.size = Size(h.q.shape[3]);
  h.keys = Size(h.k.shape[3]);
  h.value_size = Size(h.v.shape[3]);
  if (h.q.shape[3] != h.k.shape[2] || h.k.shape[3] != h.v.shape[2]) {
    c.Invalid("shapes " + ToString(h.q.shape) + ", " + ToString(h.k.shape) + " and " +
              ToString(h.v.shape) + " have different inner sizes.");
  }
  Shape batches = Broadcast(c, Broadcast(c, {1, 1}, h.q), h.k);
  if (c.Optional(3) != nullptr) {
    h.bias = ViewOf(c, c.Input(3).shape(), {0, 1, 2, 3});
    const Shape scores = {h.q.shape[2], h.k.shape[3]};
    const Shape of_bias(h.bias.shape.begin() + 2, h.bias.shape.end());
    if (BroadcastShapes(scores, of_bias) != scores) {
      c.Unsupported("input 3 has shape " + ToString(c.Input(3).shape()) +
                    ", which does not broadcast to scores of " + ToString(scores) + ".");
    }
    batches = Broadcast(c, batches, h.bias);
  }
  batches = Broadcast(c, batches, h.v);
  h.batch = Size(batches[0]);
  h.heads = Size(batches[1]);
  return h;
}

// The inputs' elements, and scratch memory of one thread.
struct Operands {
  const float *q, *k, *v, *bias;
  float* y;
  float scale;
};
struct Lane {
  float *k, *v, *scores;
};

// One head: its keys and values are packed once, with the scale in the keys.
void RunHead(const Heads& h, const Operands& x, size_t batch, size_t head, const Lane& lane) {
  kernels::F32GemmPack(h.keys, h.size, x.k + h.k.Matrix(batch, head), h.k.strides[3], true, lane.k);
  const size_t packed = kernels::F32GemmPackedBytes(h.keys, h.size) / sizeof(float);
  kernels::Binary(kernels::BinaryOp::kMul, 1, packed, lane.k, packed, 1, &x.scale, 0, 0, lane.k);
  kernels::F32GemmPack(h.value_size, h.keys, x.v + h.v.Matrix(batch, head), h.v.strides[2], false,
                       lane.v);
  const float* q = x.q + h.q.Matrix(batch, head);
  float* y = x.y + batch * h.y.strides[0] + head * h.y.strides[1];
  for (size_t first = 0; first < h.queries; first += kBlockRows) {
    const size_t rows = std::min(kBlockRows, h.queries - first);
    kernels::F32Gemm(rows, h.keys, h.size, q + first * h.q.strides[2], h.q.strides[2], lane.k,
                     lane.scores, h.keys);
    if (x.bias != nullptr) {
      const size_t row = h.bias.shape[2] == 1 ? 0 : h.bias.strides[2];
      const size_t column = h.bias.shape[3] == 1 ? 0 : 1;
      kernels::Binary(kernels::BinaryOp::kAdd, rows, h.keys, lane.scores, h.keys, 1,
                      x.bias + h.bias.Matrix(batch, head) + first * row, row, column, lane.scores);
    }
    kernels::Softmax(rows, h.keys, lane.scores, lane.scores);
    kernels::F32Gemm(rows, h.value_size, h.keys, lane.scores, h.keys, lane.v,
                     y + first * h.y.strides[2], h.y.strides[2]);
  }
}

void Compute(OpContext& c) {
  const Operands inputs = {FloatInput(c, 0), FloatInput(c, 1),
                           FloatInput(c, 2), c.Optional(3) == nullptr ? nullptr : FloatInput(c, 3),
                           nullptr,          c.attributes().Float("scale", 1)};
  Heads h = Describe(c);
  const std::vector<int64_t> perm = OrderOf(c, "y_perm");
  const Shape made = {static_cast<int64_t>(h.batch), static_cast<int64_t>(h.heads), h.q.shape[2],
                      h.v.shape[3]};
  Shape shape;
  std::vector<int64_t> back(kRank);
  for (size_t d = 0; d < kRank; ++d) {
    shape.push_back(made[Size(perm[d])]);
    back[Size(perm[d])] = static_cast<int64_t>(d);
  }
  h.y = ViewOf(c, shape, back);
  Operands x = inputs;
  x.y = c.Output(0, DType::kFloat, shape).mutable_data<float>();
  if (ElementCount(shape) == 0) return;
  const size_t packed_k = kernels::F32GemmPackedBytes(h.keys, h.size) / sizeof(float);
  const size_t packed_v = kernels::F32GemmPackedBytes(h.value_size, h.keys) / sizeof(float);
  const size_t scores = kernels::SaturatingMul(std::min(kBlockRows, h.queries), h.keys);
  const size_t all = kernels::SaturatingAdd(kernels::SaturatingAdd(packed_k, packed_v), scores);
  const size_t products = kernels::SaturatingMul(h.queries, h.keys, h.size + h.value_size);
  const size_t count = h.batch * h.heads, grain = GrainFor(products / kProductsOfAStep);
  float* scratch = c.ScratchOf<float>(LanesOf(count, grain), all);
  ParallelFor(count, grain, [&](size_t begin, size_t end, size_t lane) {
    float* own = scratch + lane * all;
    for (; begin < end; ++begin) {
      RunHead(h, x, begin / h.heads, begin % h.heads,
              {own, own + packed_k, own + packed_k + packed_v});
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, head_attention) {
  r.Add({.name = "HeadAttention", .domain = "quantab", .compute = Compute});
}

}  // namespace quantab
