// Trilu (ai.onnx, since 14): the upper (or lower) triangle of each matrix, from diagonal k on, zero
// elsewhere.
#include <algorithm>
#include <cstring>

#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  if (x.rank() < 2) {
    c.Invalid("input 0 has shape " + ToString(x.shape()) + ", expected rank 2 or more.");
  }
  const size_t size = MovableSize(c, x);
  const std::vector<int64_t> given = IntegerInput(c, 1);
  const bool upper = c.attributes().Int("upper", 1) != 0;
  const int64_t rows = x.dim(x.rank() - 2);
  const int64_t columns = x.dim(x.rank() - 1);
  // A diagonal farther out than the matrix is like the farthest.
  const int64_t k = std::clamp(given.empty() ? int64_t{0} : given[0], -rows - 1, columns + 1);
  const int64_t lines = columns == 0 ? 0 : x.count() / columns;
  const std::byte* from = x.raw();
  std::byte* to = c.Output(0, x.dtype(), x.shape()).mutable_raw();
  if (lines == 0) return;
  const size_t line_bytes = Size(columns) * size;
  for (int64_t line = 0; line < lines; ++line) {
    // Columns [0, split) are below the diagonal's element, or up to it for the lower triangle.
    const int64_t row = line % rows;
    const size_t split = Size(std::clamp<int64_t>(row + k + (upper ? 0 : 1), 0, columns)) * size;
    if (from != to) std::memcpy(to, from, line_bytes);
    if (upper) {
      std::memset(to, 0, split);
    } else {
      std::memset(to + split, 0, line_bytes - split);
    }
    from += line_bytes;
    to += line_bytes;
  }
}

}  // namespace

QUANTAB_REGISTER(ops, trilu) {
  r.Add({.name = "Trilu", .since = 14, .in_place = true, .compute = Compute});
}

}  // namespace quantab
