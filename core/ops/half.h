// Operators written for float32, on float16 and bfloat16 tensors: inputs are widened, outputs are
// rounded once, as ONNX Runtime's CPU kernels do.
//
//   r.Add({.name = "Relu", .compute = InFloat<Compute>});
//
// Outputs get the type of input 0, which is ONNX's rule for almost every operator. Nothing is
// converted, and nothing is lost, when no input is half precision.
#pragma once

#include <limits>

#include "core/ops/op.h"

namespace quantab {

bool HasHalfInput(const OpContext& c);

// What the operator's float32 outputs become: the first `count` of them `dtype`, when that is a
// half precision.
struct HalfOutputs {
  DType dtype = DType::kFloat;
  int count = std::numeric_limits<int>::max();
};
// The type of input `i`.
HalfOutputs OutputsLikeInput(const OpContext& c, int i, int count);

void ComputeInFloat(OpContext& c, void (*compute)(OpContext&), HalfOutputs half);
std::unique_ptr<OpState> PrepareInFloat(PrepareContext& c,
                                        std::unique_ptr<OpState> (*prepare)(PrepareContext&));

// Outputs from number `kOutputs` on stay float32.
template <void (*kCompute)(OpContext&), int kOutputs = std::numeric_limits<int>::max()>
void InFloat(OpContext& c) {
  if (HasHalfInput(c)) {
    ComputeInFloat(c, kCompute, OutputsLikeInput(c, 0, kOutputs));
  } else {
    kCompute(c);
  }
}

// The same for what an operator prepares.
template <std::unique_ptr<OpState> (*kPrepare)(PrepareContext&)>
std::unique_ptr<OpState> InFloat(PrepareContext& c) {
  return PrepareInFloat(c, kPrepare);
}

}  // namespace quantab
