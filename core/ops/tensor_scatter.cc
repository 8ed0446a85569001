// TensorScatter (ai.onnx, since 24): a cache with an update written into it along an axis, for each
// batch entry from its write index on; in circular mode positions behind the end are those at the
// front.
#include <algorithm>
#include <cstring>

#include "core/ops/copy_elements.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

int CacheAxis(const OpContext& c) {
  const Tensor& cache = c.Input(0);
  const Tensor& update = c.Input(1);
  ExpectSameType(c, 0, 1);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", -2), cache.rank());
  if (axis == 0) c.Invalid("attribute 'axis' is that of the batch.");
  bool fits = update.rank() == cache.rank();
  for (int d = 0; fits && d < cache.rank(); ++d) {
    fits = d == axis ? update.dim(d) <= cache.dim(d) : update.dim(d) == cache.dim(d);
  }
  if (!fits) {
    c.Invalid("an update of shape " + ToString(update.shape()) + " does not fit a cache of shape " +
              ToString(cache.shape()) + ".");
  }
  return axis;
}

// Where each batch entry's update begins in a dimension of size `dim`.
std::vector<int64_t> Begins(const OpContext& c, int64_t dim, int64_t size, bool circular) {
  const int64_t batch = c.Input(0).dim(0);
  std::vector<int64_t> begins = IntegerInput(c, 2);
  if (c.Optional(2) == nullptr) begins.assign(Size(batch), 0);
  if (static_cast<int64_t>(begins.size()) != batch) {
    c.Invalid("input 2 has " + std::to_string(begins.size()) + " elements, expected " +
              std::to_string(batch) + ".");
  }
  for (int64_t& begin : begins) {
    if (circular) {
      begin = dim == 0 ? 0 : begin % dim;
      if (begin < 0) begin += dim;
    } else if (begin < 0 || begin > dim - size) {
      ThrowInvalidArgument("an update of size " + std::to_string(size) + " at index " +
                           std::to_string(begin) + " does not fit a dimension of size " +
                           std::to_string(dim) + ".");
    }
  }
  return begins;
}

Tensor& CopyOfCache(OpContext& c, const Tensor& cache) {
  Tensor& y = c.Output(0, cache.dtype(), cache.shape());
  if (cache.dtype() == DType::kString) {
    y.mutable_strings() = cache.strings();
  } else if (y.raw() != cache.raw() && cache.bytes() > 0) {
    std::memcpy(y.mutable_raw(), cache.raw(), cache.bytes());
  }
  return y;
}

void Compute(OpContext& c) {
  const Tensor cache = c.Input(0);
  const Tensor& update = c.Input(1);
  const std::string mode = c.attributes().String("mode", "linear");
  if (mode != "linear" && mode != "circular") {
    c.Invalid("attribute 'mode' is '" + mode + "', expected 'linear' or 'circular'.");
  }
  const int axis = CacheAxis(c);
  const int64_t dim = cache.dim(axis);
  const int64_t size = update.dim(axis);
  const std::vector<int64_t> begins = Begins(c, dim, size, mode == "circular");
  const int64_t rows = CountOf(cache.shape(), 1, axis);
  const int64_t inner = CountOf(cache.shape(), axis + 1, cache.rank());
  Tensor& y = CopyOfCache(c, cache);
  for (size_t b = 0; b < begins.size(); ++b) {
    const int64_t from = static_cast<int64_t>(b) * rows * size * inner;
    const int64_t to = static_cast<int64_t>(b) * rows * dim * inner;
    const int64_t at_end = std::min(size, dim - begins[b]);
    CopyElements(update, {from, size * inner}, y, {to + begins[b] * inner, dim * inner}, rows,
                 at_end * inner);
    CopyElements(update, {from + at_end * inner, size * inner}, y, {to, dim * inner}, rows,
                 (size - at_end) * inner);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, tensor_scatter) {
  r.Add({.name = "TensorScatter", .since = 24, .in_place = true, .compute = Compute});
}

}  // namespace quantab
