// ConcatFromSequence (ai.onnx, since 11): the tensors of a sequence one after the other along an
// axis, a new one with new_axis = 1.
#include "core/ops/copy_elements.h"
#include "core/ops/join.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  Sequence parts = c.InputSequence(0);
  if (parts.empty()) ThrowInvalidArgument("the sequence has no tensors to be put together.");
  if (!c.attributes().Has("axis")) c.Invalid("attribute 'axis' is missing.");
  const int64_t new_axis = c.attributes().Int("new_axis", 0);
  if (new_axis != 0 && new_axis != 1) {
    c.Invalid("attribute 'new_axis' is " + std::to_string(new_axis) + ", expected 0 or 1.");
  }
  const int rank = parts.front().rank() + static_cast<int>(new_axis);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), rank);
  for (Tensor& part : parts) {
    if (part.rank() + new_axis != rank) {
      c.Invalid("the sequence has tensors of rank " + std::to_string(rank - new_axis) + " and " +
                std::to_string(part.rank()) + ", expected one rank.");
    }
    if (new_axis == 0) continue;
    Shape shape = part.shape();
    shape.insert(shape.begin() + axis, 1);
    part = part.Reshaped(std::move(shape));
  }
  const DType dtype = parts.front().dtype();
  Tensor& joined = OutputForCopies(c, 0, dtype, JoinedShape(c, parts, axis));
  JoinParts(parts, axis, joined);
}

}  // namespace

QUANTAB_REGISTER(ops, concat_from_sequence) {
  r.Add({.name = "ConcatFromSequence", .since = 11, .compute = Compute});
}

}  // namespace quantab
