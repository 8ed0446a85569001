#include "core/kernels/weight_codes/weight_codes.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/weight_codes/kernels.inc"
#undef QUANTAB_KERNEL
};

const WeightCodesKernel& Kernel() { return weight_codes_family.Get<WeightCodesKernel>(); }

}  // namespace

constinit KernelFamily weight_codes_family("weight_codes", kEntries);

void WeightCodes(size_t n, const float* x, const CodeParameters& parameters, uint8_t* y) {
  Kernel().u8(n, x, parameters, y);
}

void WeightCodes(size_t n, const float* x, const CodeParameters& parameters, int8_t* y) {
  Kernel().s8(n, x, parameters, y);
}

void WeightCodes(size_t n, const float* x, const CodeParameters& parameters, uint16_t* y) {
  Kernel().u16(n, x, parameters, y);
}

void WeightCodes(size_t n, const float* x, const CodeParameters& parameters, int16_t* y) {
  Kernel().s16(n, x, parameters, y);
}

void PackNibbles(size_t n, const uint8_t* codes, uint8_t* y) { Kernel().pack(n, codes, y); }

}  // namespace quantab::kernels
