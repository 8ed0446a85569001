// AveragePool (ai.onnx): mean of each window; padding counts on request (since 7).
#include "core/base/parallel.h"
#include "core/kernels/pool/pool.h"
#include "core/ops/half.h"
#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const float* x = FloatInput(c, 0);
  const Shape in = c.Input(0).shape();
  const Window window = MakePoolWindow(c);
  const bool count_pad = c.attributes().Int("count_include_pad", 0) != 0;
  float* y = c.Output(0, DType::kFloat, window.OutShape(in[0], in[1])).mutable_data<float>();
  const kernels::ConvShape& s = window.shape;
  ParallelFor(Size(in[0] * in[1]), PlaneGrain(s), [&](size_t begin, size_t end) {
    kernels::AveragePoolF32(s, end - begin, window.pad_end, count_pad, x + begin * s.InPixels(),
                            y + begin * s.OutPixels());
  });
}

}  // namespace

QUANTAB_REGISTER(ops, average_pool) { r.Add({.name = "AveragePool", .compute = InFloat<Compute>}); }

}  // namespace quantab
