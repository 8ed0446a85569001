// Compress (ai.onnx, since 9): the slices along an axis where the condition is true, or the
// elements of the flattened input. A condition may be shorter than the dimension; what it has
// beyond counts for nothing.
#include <algorithm>

#include "core/ops/copy_elements.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

std::vector<int64_t> Chosen(const OpContext& c, int64_t dim) {
  const Tensor& condition = c.Input(1);
  if (condition.dtype() != DType::kBool || condition.rank() != 1) {
    c.Invalid("input 1 has type '" + std::string(NameOf(condition.dtype())) + "' and shape " +
              ToString(condition.shape()) + ", expected 'bool' of rank 1.");
  }
  const int64_t length = std::min(dim, condition.count());
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < length; ++i) {
    if (condition.data<bool>()[i]) chosen.push_back(i);
  }
  return chosen;
}

void Compute(OpContext& c) {
  const bool flat = !c.attributes().Has("axis");
  const Tensor x = flat ? c.Input(0).Reshaped({c.Input(0).count()}) : c.Input(0);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), x.rank());
  const int64_t dim = x.dim(axis);
  const std::vector<int64_t> chosen = Chosen(c, dim);
  const int64_t rows = CountOf(x.shape(), 0, axis);
  const int64_t inner = CountOf(x.shape(), axis + 1, x.rank());
  Shape shape = x.shape();
  shape[Size(axis)] = static_cast<int64_t>(chosen.size());
  Tensor& y = OutputForCopies(c, 0, x.dtype(), shape);
  for (size_t i = 0; i < chosen.size(); ++i) {
    CopyElements(x, {chosen[i] * inner, dim * inner}, y,
                 {static_cast<int64_t>(i) * inner, shape[Size(axis)] * inner}, rows, inner);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, compress) { r.Add({.name = "Compress", .since = 9, .compute = Compute}); }

}  // namespace quantab
