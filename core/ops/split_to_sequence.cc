// SplitToSequence (ai.onnx, since 11): a sequence of consecutive parts of the input along an axis.
// A scalar `split` is the size of every part, the last may be smaller; a list gives each part's
// size. Without it parts have size 1, and with keepdims = 0 lack the axis.
#include "core/ops/copy_elements.h"
#include "core/ops/join.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// A tensor without elements may have a dimension of any size.
constexpr int64_t kMostParts = 1 << 24;

std::vector<int64_t> EqualParts(const OpContext& c, int64_t dim, int64_t size) {
  if (size <= 0) c.Invalid("parts of size " + std::to_string(size) + " are not possible.");
  const int64_t count = dim / size + (dim % size != 0 ? 1 : 0);
  if (count > kMostParts) {
    c.Unsupported("a sequence of " + std::to_string(count) + " parts is too long.");
  }
  std::vector<int64_t> sizes(Size(count), size);
  if (dim % size != 0) sizes.back() = dim % size;
  return sizes;
}

std::vector<int64_t> SizesOfParts(const OpContext& c, int64_t dim) {
  const Tensor* split = c.Optional(1);
  if (split == nullptr) return EqualParts(c, dim, 1);
  const std::vector<int64_t> sizes = IntegerInput(c, 1);
  if (split->rank() == 0) return EqualParts(c, dim, sizes[0]);
  int64_t left = dim;
  bool fits = split->rank() == 1;
  for (int64_t size : sizes) {
    fits = fits && size >= 0 && size <= left;
    if (fits) left -= size;
  }
  if (!fits || left != 0) {
    c.Invalid("parts " + ToString(sizes) + " do not make a dimension of size " +
              std::to_string(dim) + ".");
  }
  return sizes;
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), x.rank());
  const bool squeeze = c.Optional(1) == nullptr && c.attributes().Int("keepdims", 1) == 0;
  Sequence parts;
  int64_t begin = 0;
  for (int64_t size : SizesOfParts(c, x.dim(axis))) {
    Shape shape = x.shape();
    shape[Size(axis)] = size;
    Tensor part = TensorForCopies(x.dtype(), shape);
    TakePart(x, axis, begin, part);
    begin += size;
    if (squeeze) {
      shape.erase(shape.begin() + axis);
      part = part.Reshaped(std::move(shape));
    }
    parts.push_back(std::move(part));
  }
  c.SetOutput(0, std::move(parts));
}

}  // namespace

QUANTAB_REGISTER(ops, split_to_sequence) {
  r.Add({.name = "SplitToSequence", .since = 11, .compute = Compute});
}

}  // namespace quantab
