// RotaryEmbedding (com.microsoft): turns pairs of elements of each head by angles that depend on
// the position,
//
//   (input, position_ids, cos_cache, sin_cache [positions, pairs])
//
// with heads as a dimension ([batch, heads, sequence, size]) or side by side ([batch, sequence,
// heads * size]). position_ids are one for each element of the sequence, or the position of the
// first. (Attribute scale has no effect, as in ONNX Runtime; is_packed_batching only says how the
// positions may be.)
#include "core/ops/half.h"
#include "core/ops/rotary.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

struct Layout {
  int64_t batch = 0, heads = 0, rows = 0, size = 0, pairs = 0;
  int64_t head_stride = 0, row_stride = 0;
};

// The heads of [batch, rows, hidden]: as many as attribute num_heads says, or as the caches' width
// says.
int64_t HeadSize(const OpContext& c, int64_t hidden, int64_t pairs) {
  const int64_t heads = c.attributes().Int("num_heads", 0);
  if (heads > 0 && hidden % heads == 0) return hidden / heads;
  if (heads != 0 || pairs == 0 || pairs > hidden / 2 || hidden % (2 * pairs) != 0) {
    c.Invalid("attribute 'num_heads' is '" + std::to_string(heads) +
              "', which does not fit an input of shape " + ToString(c.Input(0).shape()) + ".");
  }
  return 2 * pairs;
}

Layout LayoutOf(const OpContext& c) {
  const Shape& x = c.Input(0).shape();
  const Shape& cache = c.Input(2).shape();
  if ((x.size() != 3 && x.size() != 4) || cache.size() != 2 || c.Input(3).shape() != cache) {
    c.Invalid("inputs 0, 2 and 3 have shapes " + ToString(x) + ", " + ToString(cache) + " and " +
              ToString(c.Input(3).shape()) + ", expected rank 3 or 4, 2 and 2.");
  }
  Layout layout;
  layout.batch = x[0];
  layout.pairs = cache[1];
  if (x.size() == 4) {
    layout.heads = x[1];
    layout.rows = x[2];
    layout.size = layout.row_stride = x[3];
    layout.head_stride = layout.rows * layout.size;
  } else {
    layout.rows = x[1];
    layout.size = layout.head_stride = HeadSize(c, x[2], layout.pairs);
    layout.heads = layout.size == 0 ? 0 : x[2] / layout.size;
    layout.row_stride = x[2];
  }
  const int64_t given = c.attributes().Int("rotary_embedding_dim", 0);
  const int64_t turned = given == 0 ? layout.size : given;
  if (turned < 0 || turned > layout.size || turned % 2 != 0 || layout.pairs != turned / 2) {
    c.Invalid("caches of shape " + ToString(cache) + " do not turn '" + std::to_string(turned) +
              "' of the '" + std::to_string(layout.size) + "' elements of a head.");
  }
  return layout;
}

void Compute(OpContext& c) {
  FloatInput(c, 0);
  const Tensor x = c.Input(0), ids = c.Input(1);
  if (ids.dtype() != DType::kInt64) UnsupportedInputType(c, 1);
  const float* cosines = FloatInput(c, 2);
  const float* sines = FloatInput(c, 3);
  const bool interleaved = c.attributes().Int("interleaved", 0) != 0;
  float* y = c.Output(0, DType::kFloat, x.shape()).mutable_data<float>();
  if (x.count() == 0) return;
  const Layout layout = LayoutOf(c);
  const bool first_only = ids.rank() < 2 && ids.count() == 1;
  if (!first_only && ids.shape() != Shape{layout.batch, layout.rows}) {
    c.Invalid("input 1 has shape " + ToString(ids.shape()) + ", expected " +
              ToString(Shape{layout.batch, layout.rows}) + " or one value.");
  }
  const int64_t positions = c.Input(2).dim(0);
  for (int64_t b = 0; b < layout.batch; ++b) {
    for (int64_t s = 0; s < layout.rows; ++s) {
      const int64_t id = ids.data<int64_t>()[first_only ? 0 : b * layout.rows + s];
      const int64_t before = first_only ? s : 0;
      if (id < 0 || id >= positions - before) {
        c.Invalid("position '" + std::to_string(id) + "' is outside caches of '" +
                  std::to_string(positions) + "' rows.");
      }
      const int64_t angles = (id + before) * layout.pairs;
      for (int64_t h = 0; h < layout.heads; ++h) {
        const int64_t at = (b * layout.heads * layout.rows) * layout.size + h * layout.head_stride +
                           s * layout.row_stride;
        RotateHead(Size(layout.size), Size(layout.pairs), interleaved, cosines + angles,
                   sines + angles, x.data<float>() + at, y + at);
      }
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, contrib_rotary_embedding) {
  r.Add({.name = "RotaryEmbedding",
         .domain = "com.microsoft",
         .in_place = true,
         .compute = InFloat<Compute>});
}

}  // namespace quantab
