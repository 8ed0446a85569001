// What kernels on the relaxed int8 dot product share: bytes of the signedness that the machine's
// second operand does not take have their top bits flipped, and so has their zero point.
#ifndef QUANTAB_CORE_KERNELS_RELAXED_DOT_H_
#define QUANTAB_CORE_KERNELS_RELAXED_DOT_H_

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// Whether bytes of that signedness are flipped on this machine.
inline bool RelaxedDotFlips(bool is_signed) {
  const RelaxedDot dot = ThisMachinesDot();
  const bool takes_unsigned = dot == RelaxedDot::kUnsigned || dot == RelaxedDot::kSaturating;
  return is_signed == takes_unsigned;
}

// The zero point of bytes of that signedness, after they were flipped if they were.
inline int32_t ZeroAfterFlip(bool flips, bool is_signed, int32_t zero) {
  if (!flips) return zero;
  return is_signed ? zero + 128 : zero - 128;
}

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_RELAXED_DOT_H_
