// Concat (ai.onnx, since 1): the inputs one after the other along an axis.
#include "core/ops/copy_elements.h"
#include "core/ops/join.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

// The last opset with an axis, 1, where none is given.
constexpr int64_t kLastDefaultAxis = 3;

void Compute(OpContext& c) {
  if (c.opset() > kLastDefaultAxis && !c.attributes().Has("axis")) {
    c.Invalid("attribute 'axis' is missing.");
  }
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 1), c.Input(0).rank());
  std::vector<Tensor> parts;
  for (int i = 0; i < c.input_count(); ++i) parts.push_back(c.Input(i));
  const DType dtype = parts.front().dtype();
  Tensor& joined = OutputForCopies(c, 0, dtype, JoinedShape(c, parts, axis));
  JoinParts(parts, axis, joined);
}

}  // namespace

QUANTAB_REGISTER(ops, concat) { r.Add({.name = "Concat", .compute = Compute}); }

}  // namespace quantab
