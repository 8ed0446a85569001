// GlobalAveragePool, GlobalMaxPool, GlobalLpPool (ai.onnx): one value for each plane.
#include <cmath>

#include "core/base/parallel.h"
#include "core/kernels/reduce/reduce.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

using kernels::ReduceOp;

// Output of shape [N,C,1,...] and the number of planes and of values in each.
struct Planes {
  size_t count, size;
  const float* x;
  float* y;
};
Planes MakePlanes(OpContext& c) {
  const float* x = FloatInput(c, 0);
  Shape shape = c.Input(0).shape();
  if (shape.size() < 2) c.Invalid("input 0 has shape " + ToString(shape) + ", expected rank 2.");
  const size_t size = Size(CountOf(shape, 2, static_cast<int>(shape.size())));
  for (size_t i = 2; i < shape.size(); ++i) shape[i] = 1;
  const size_t count = Size(shape[0] * shape[1]);
  return {count, size, x, c.Output(0, DType::kFloat, shape).mutable_data<float>()};
}

template <ReduceOp kOp>
void Compute(OpContext& c) {
  const Planes p = MakePlanes(c);
  ParallelFor(p.count, GrainFor(p.size), [&](size_t begin, size_t end) {
    kernels::ReduceRows(kOp, end - begin, p.size, p.x + begin * p.size, p.y + begin);
  });
}

void ComputeLp(OpContext& c) {
  const Planes p = MakePlanes(c);
  const float power = static_cast<float>(c.attributes().Int("p", 2));
  for (size_t i = 0; i < p.count; ++i) {
    float sum = 0;
    for (size_t j = 0; j < p.size; ++j) sum += std::pow(std::fabs(p.x[i * p.size + j]), power);
    p.y[i] = std::pow(sum, 1 / power);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, global_pool) {
  r.Add({.name = "GlobalAveragePool", .compute = InFloat<Compute<ReduceOp::kMean>>});
  r.Add({.name = "GlobalMaxPool", .compute = InFloat<Compute<ReduceOp::kMax>>});
  r.Add({.name = "GlobalLpPool", .since = 2, .compute = InFloat<ComputeLp>});
}

}  // namespace quantab
