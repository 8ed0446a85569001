// Operators written for float32, on float16 and bfloat16 tensors: inputs are widened, outputs are
// rounded once, as ONNX Runtime's CPU kernels do.
//
//   r.Add({.name = "Relu", .compute = InFloat<Compute>});
//
// Nothing is converted, and nothing is lost, when no input is half precision.
#pragma once

#include "core/ops/op.h"

namespace quantab {

bool HasHalfInput(const OpContext& c);
void ComputeInFloat(OpContext& c, void (*compute)(OpContext&));
std::unique_ptr<OpState> PrepareInFloat(PrepareContext& c,
                                        std::unique_ptr<OpState> (*prepare)(PrepareContext&));

template <void (*kCompute)(OpContext&)>
void InFloat(OpContext& c) {
  if (HasHalfInput(c)) {
    ComputeInFloat(c, kCompute);
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
