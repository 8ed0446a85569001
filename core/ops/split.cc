// Split (ai.onnx, since 2): consecutive parts of the input along an axis. The parts' sizes are an
// attribute up to opset 12, an input from 13 on; without them the parts are equal, the last one
// smaller where num_outputs (opset 18) does not divide the dimension.
#include <algorithm>

#include "core/ops/copy_elements.h"
#include "core/ops/join.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int64_t kLastSplitAttribute = 12;
constexpr int64_t kFirstNumOutputs = 18;

std::vector<int64_t> PartSizes(const OpContext& c, int64_t dim) {
  std::vector<int64_t> sizes = AttributeOrInput(c, "split", 1, kLastSplitAttribute);
  const int64_t parts = c.output_count();
  if (sizes.empty()) {
    const bool uneven = c.opset() >= kFirstNumOutputs;
    if (!uneven && dim % parts != 0) {
      c.Invalid("a dimension of size " + std::to_string(dim) + " cannot be split into " +
                std::to_string(parts) + " equal parts.");
    }
    const int64_t part = (dim + parts - 1) / parts;
    int64_t left = dim;
    for (int64_t i = 0; i < parts; ++i) {
      sizes.push_back(std::min(part, left));
      left -= sizes.back();
    }
  }
  int64_t sum = 0;
  bool valid = static_cast<int64_t>(sizes.size()) == parts;
  for (int64_t size : sizes) {
    valid = valid && size >= 0 && size <= dim - sum;
    if (valid) sum += size;
  }
  if (!valid || sum != dim) {
    c.Invalid("parts " + ToString(sizes) + " do not make a dimension of size " +
              std::to_string(dim) + " in " + std::to_string(parts) + " outputs.");
  }
  return sizes;
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), x.rank());
  const std::vector<int64_t> parts = PartSizes(c, x.dim(axis));
  int64_t begin = 0;
  for (int i = 0; i < c.output_count(); ++i) {
    const int64_t part = parts[Size(i)];
    if (c.HasOutput(i)) {
      Shape shape = x.shape();
      shape[Size(axis)] = part;
      TakePart(x, axis, begin, OutputForCopies(c, i, x.dtype(), std::move(shape)));
    }
    begin += part;
  }
}

}  // namespace

QUANTAB_REGISTER(ops, split) { r.Add({.name = "Split", .since = 2, .compute = Compute}); }

}  // namespace quantab
