// Operators that only move elements, written for elements of 1, 2, 4, 8 or 16 bytes, on strings and
// on elements narrower than a byte: those are replaced by numbers, moved, and put back.
//
//   r.Add({.name = "Gather", .compute = Movable<Compute>});
//
// Zero bytes that the operator fills in are empty strings and zeros.
#pragma once

#include <cstdint>

#include "core/ops/op.h"

namespace quantab {

// Whether one of the inputs that `inputs` names, bit i for input i and bit 31 for all from 31 on,
// holds strings or elements narrower than a byte.
bool HasImmovableInput(const OpContext& c, uint32_t inputs);

void ComputeOnNumbers(OpContext& c, void (*compute)(OpContext&), uint32_t inputs);

inline constexpr uint32_t kAllInputs = ~uint32_t{0};

// kInputs are those whose elements come to the outputs.
template <void (*kCompute)(OpContext&), uint32_t kInputs = 1>
void Movable(OpContext& c) {
  if (HasImmovableInput(c, kInputs)) {
    ComputeOnNumbers(c, kCompute, kInputs);
  } else {
    kCompute(c);
  }
}

}  // namespace quantab
