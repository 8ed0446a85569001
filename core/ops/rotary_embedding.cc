// RotaryEmbedding (ai.onnx, since 23): turns pairs of elements of each head by angles that depend
// on the position. Heads are a dimension ([batch, heads, sequence, size]) or lie side by side
// ([batch, sequence, heads * size]).
#include "core/ops/half.h"
#include "core/ops/rotary.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

struct Layout {
  int64_t batch = 0, heads = 0, rows = 0, size = 0;
  int64_t head_stride = 0, row_stride = 0;
};

Layout LayoutOf(const OpContext& c) {
  const Tensor& x = c.Input(0);
  if (x.rank() == 4) return {x.dim(0), x.dim(1), x.dim(2), x.dim(3), x.dim(2) * x.dim(3), x.dim(3)};
  if (x.rank() != 3) {
    c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 3 or 4.");
  }
  const int64_t heads = c.attributes().Int("num_heads", 0);
  if (heads < 1 || x.dim(2) % heads != 0) {
    c.Invalid("attribute 'num_heads' is '" + std::to_string(heads) +
              "', which does not divide the last dimension of " + ToString(x.shape()) + ".");
  }
  const int64_t size = x.dim(2) / heads;
  return {x.dim(0), heads, x.dim(1), size, size, x.dim(2)};
}

// Pairs of elements that are turned.
int64_t Pairs(const OpContext& c, const Layout& layout) {
  const int64_t given = c.attributes().Int("rotary_embedding_dim", 0);
  const int64_t turned = given == 0 ? layout.size : given;
  if (turned < 0 || turned > layout.size || turned % 2 != 0) {
    c.Invalid("'" + std::to_string(turned) + "' of the '" + std::to_string(layout.size) +
              "' elements of a head cannot be turned pairwise.");
  }
  return turned / 2;
}

// Which row of the caches each position of each sample reads.
std::vector<int64_t> CacheRows(const OpContext& c, const Layout& layout, int64_t pairs) {
  const Tensor& cache = c.Input(1);
  const Tensor* positions = c.Optional(3);
  const Shape wanted = {layout.batch, layout.rows};
  const int rank = positions != nullptr ? 2 : 3;
  if (cache.rank() != rank || cache.shape().back() != pairs ||
      c.Input(2).shape() != cache.shape()) {
    c.Invalid("inputs 1 and 2 have shapes " + ToString(cache.shape()) + " and " +
              ToString(c.Input(2).shape()) + ", expected rank " + std::to_string(rank) + " and '" +
              std::to_string(pairs) + "' columns.");
  }
  std::vector<int64_t> rows = IntegerInput(c, 3);
  if (positions != nullptr) {
    if (positions->shape() != wanted) {
      c.Invalid("input 3 has shape " + ToString(positions->shape()) + ", expected " +
                ToString(wanted) + ".");
    }
    for (int64_t& row : rows) row = CheckedIndex(row, cache.dim(0));
    return rows;
  }
  const bool fits = (cache.dim(0) == layout.batch || cache.dim(0) == 1) &&
                    (cache.dim(1) == layout.rows || cache.dim(1) == 1);
  if (!fits) {
    c.Invalid("input 1 has shape " + ToString(cache.shape()) + ", which does not fit " +
              ToString(wanted) + ".");
  }
  for (int64_t b = 0; b < layout.batch; ++b) {
    for (int64_t s = 0; s < layout.rows; ++s) {
      rows.push_back((cache.dim(0) == 1 ? 0 : b) * cache.dim(1) + (cache.dim(1) == 1 ? 0 : s));
    }
  }
  return rows;
}

void Compute(OpContext& c) {
  FloatInput(c, 0);
  const Tensor x = c.Input(0);
  const Layout layout = LayoutOf(c);
  const int64_t pairs = Pairs(c, layout);
  const float* cosines = FloatInput(c, 1);
  const float* sines = FloatInput(c, 2);
  const bool interleaved = c.attributes().Int("interleaved", 0) != 0;
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  if (x.count() == 0) return;
  const std::vector<int64_t> rows = CacheRows(c, layout, pairs);
  const int64_t sample = layout.heads * layout.rows * layout.size;
  for (int64_t b = 0; b < layout.batch; ++b) {
    for (int64_t h = 0; h < layout.heads; ++h) {
      for (int64_t s = 0; s < layout.rows; ++s) {
        const int64_t at = b * sample + h * layout.head_stride + s * layout.row_stride;
        const int64_t angles = rows[Size(b * layout.rows + s)] * pairs;
        RotateHead(Size(layout.size), Size(pairs), interleaved, cosines + angles, sines + angles,
                   x.data<float>() + at, y + at);
      }
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, rotary_embedding) {
  r.Add({.name = "RotaryEmbedding", .since = 23, .in_place = true, .compute = InFloat<Compute>});
}

}  // namespace quantab
