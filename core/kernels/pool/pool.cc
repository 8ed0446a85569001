#include "core/kernels/pool/pool.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/pool/kernels.inc"
#undef QUANTAB_KERNEL
};

}  // namespace

constinit KernelFamily pool_family("pool", kEntries);

void MaxPoolF32(const ConvShape& shape, size_t planes, const float* x, float* y) {
  pool_family.Get<PoolKernel>().max_f32(shape, planes, x, y);
}

void MaxPoolU8(const ConvShape& shape, size_t planes, const uint8_t* x, uint8_t* y) {
  pool_family.Get<PoolKernel>().max_u8(shape, planes, x, y);
}

void MaxPoolS8(const ConvShape& shape, size_t planes, const int8_t* x, int8_t* y) {
  pool_family.Get<PoolKernel>().max_s8(shape, planes, x, y);
}

void AveragePoolF32(const ConvShape& shape, size_t planes, const std::array<size_t, 3>& pad_end,
                    bool count_pad, const float* x, float* y) {
  pool_family.Get<PoolKernel>().average_f32(shape, planes, pad_end, count_pad, x, y);
}

}  // namespace quantab::kernels
