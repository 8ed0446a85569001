// Kernel family `lookup`: functions of one byte, by table.
//
//   y[i] = table[x[i]]
#ifndef QUANTAB_CORE_KERNELS_LOOKUP_LOOKUP_H_
#define QUANTAB_CORE_KERNELS_LOOKUP_LOOKUP_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// table: 256 bytes; x and y: n bytes, equal or apart.
void Lookup(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y);

// One kernel of the family.
struct LookupKernel {
  void (*run)(size_t n, const uint8_t* x, const uint8_t* table, uint8_t* y);
};

extern KernelFamily lookup_family;
#define QUANTAB_KERNEL(name, needs) extern const LookupKernel name;
#include "core/kernels/lookup/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_LOOKUP_LOOKUP_H_
