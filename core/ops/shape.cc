// Shape, Size (ai.onnx, since 1): the input's dimensions, from `start` to `end` (opset 15), and its
// number of elements.
#include <algorithm>

#include "core/ops/op.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

void ShapeOfInput(OpContext& c) {
  const Tensor& x = c.Input(0);
  const int64_t rank = x.rank();
  const auto bound = [rank](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const int64_t start = bound(c.attributes().Int("start", 0));
  const int64_t end = std::max(start, bound(c.attributes().Int("end", rank)));
  int64_t* y = c.Output(0, DType::kInt64, {end - start}).mutable_data<int64_t>();
  std::copy(x.shape().begin() + start, x.shape().begin() + end, y);
}

void SizeOfInput(OpContext& c) {
  const int64_t count = c.Input(0).count();
  *c.Output(0, DType::kInt64, {}).mutable_data<int64_t>() = count;
}

}  // namespace

QUANTAB_REGISTER(ops, shape) {
  r.Add({.name = "Shape", .compute = ShapeOfInput});
  r.Add({.name = "Size", .compute = SizeOfInput});
}

}  // namespace quantab
