// Rounding by addition, shared by kernels that make bytes of floats.
#ifndef QUANTAB_CORE_KERNELS_ROUND_MAGIC_H_
#define QUANTAB_CORE_KERNELS_ROUND_MAGIC_H_

namespace quantab::kernels {

// 1.5 * 2^23: added to a float of magnitude below 2^22 it leaves the value, rounded half to even,
// in the low bits. Floats beyond keep their order as bits, negative ones as negative integers.
// Volatile, to be read once before a loop: engines hold a value that is read in a register, but
// build a constant anew at each use.
inline const volatile float round_magic = 12582912.0F;

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_ROUND_MAGIC_H_
