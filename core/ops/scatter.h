// What ScatterElements and ScatterND do with an element that is updated.
#pragma once

#include "core/ops/strided.h"
#include "core/ops/types.h"

namespace quantab {

enum class Reduction { kNone, kAdd, kMul, kMax, kMin };

inline Reduction ReductionOf(const OpContext& c) {
  const std::string name = c.attributes().String("reduction", "none");
  if (name == "none") return Reduction::kNone;
  if (name == "add") return Reduction::kAdd;
  if (name == "mul") return Reduction::kMul;
  if (name == "max") return Reduction::kMax;
  if (name == "min") return Reduction::kMin;
  c.Invalid("attribute 'reduction' is '" + name +
            "', expected 'none', 'add', 'mul', 'max' or 'min'.");
}

// Calls f(zero, reduce): elements of zero's type are at the tensors, and old = reduce(old, update).
template <class F>
void VisitReduction(const OpContext& c, Reduction reduction, size_t element_size, F&& f) {
  if (reduction == Reduction::kNone) {
    VisitElementSize(element_size, [&](auto zero) {
      using T = decltype(zero);
      f(zero, [](T, T update) { return update; });
    });
    return;
  }
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    f(zero, [reduction](T old, T update) {
      switch (reduction) {
        case Reduction::kAdd:
          return WrapAdd(old, update);
        case Reduction::kMul:
          return WrapMul(old, update);
        case Reduction::kMax:
          return MaxOf(old, update);
        default:
          return MinOf(old, update);
      }
    });
  });
}

}  // namespace quantab
