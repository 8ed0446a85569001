#include "core/kernels/dispatch.h"

#include "core/base/reproducible.h"

namespace quantab::kernels {

#define QUANTAB_KERNEL_FAMILIES(X) \
  X(skeleton)                      \
  X(f32_gemm)                      \
  X(i8_gemm)                       \
  X(im2col)                        \
  X(f32_conv)                      \
  X(f32_winograd)                  \
  X(i8_conv)                       \
  X(i8_depthwise)                  \
  X(quantize)                      \
  X(elementwise)                   \
  X(pool)                          \
  X(softmax)                       \
  X(reduce)                        \
  X(extremes)                      \
  X(histogram)                     \
  X(transpose)                     \
  X(lookup)                        \
  X(pool_last)                     \
  X(qlinear)                       \
  X(norm)                          \
  X(weight_range)                  \
  X(weight_codes)

#define QUANTAB_DECLARE_FAMILY(family) extern KernelFamily family##_family;
QUANTAB_KERNEL_FAMILIES(QUANTAB_DECLARE_FAMILY)
#undef QUANTAB_DECLARE_FAMILY

namespace {

#define QUANTAB_FAMILY_ADDRESS(family) &family##_family,
constexpr KernelFamily* kFamilies[] = {QUANTAB_KERNEL_FAMILIES(QUANTAB_FAMILY_ADDRESS)};
#undef QUANTAB_FAMILY_ADDRESS

}  // namespace

#if QUANTAB_RELAXED_SIMD
RelaxedDot ProbeRelaxedDot() {
  struct Case {
    int8_t a;
    uint8_t b;
  };
  // `volatile` below keeps the compiler from deciding at build time.
  // Products that fit 16 bits, products whose pair saturates in either sign, and a top bit alone.
  constexpr Case kCases[] = {{-1, 0xFF}, {127, 0xFF}, {-128, 0xFF}, {-128, 0x80},
                             {1, 0x80},  {127, 0x7F}, {-128, 0x7F}};
  bool is_signed = true;
  bool is_unsigned = true;
  for (const Case& c : kCases) {
    volatile int8_t a[16];
    volatile uint8_t b[16];
    for (int i = 0; i < 16; ++i) {
      // Lane by lane fewer of the four products, so that pairs and single products are both seen.
      a[i] = i % 4 <= i / 4 ? c.a : int8_t{0};
      b[i] = c.b;
    }
    int8_t a_bytes[16];
    uint8_t b_bytes[16];
    for (int i = 0; i < 16; ++i) {
      a_bytes[i] = a[i];
      b_bytes[i] = b[i];
    }
    const v128_t dot =
        RelaxedDotAdd(wasm_v128_load(a_bytes), wasm_v128_load(b_bytes), wasm_i32x4_splat(1000));
    int32_t lanes[4];
    wasm_v128_store(lanes, dot);
    for (int lane = 0; lane < 4; ++lane) {
      const int count = lane + 1;
      is_signed &= lanes[lane] == 1000 + count * c.a * static_cast<int8_t>(c.b);
      is_unsigned &= lanes[lane] == 1000 + count * c.a * c.b;
    }
  }
  if (is_signed) return RelaxedDot::kSigned;
  if (is_unsigned) return RelaxedDot::kUnsigned;
  return RelaxedDot::kSaturating;
}
#endif

RelaxedDot ThisMachinesDot() {
#if defined(__wasm_relaxed_simd__)
  static const RelaxedDot dot = ProbeRelaxedDot();
  return dot;
#elif QUANTAB_RELAXED_SIMD
  return emulated_relaxed_dot.load(std::memory_order_relaxed);
#else
  return RelaxedDot::kAbsent;
#endif
}

bool CanRun(Needs needs) {
  switch (needs) {
    case Needs::kNothing:
    case Needs::kSimd128:
      return true;
    case Needs::kRelaxedSimd:
      return ThisMachinesDot() != RelaxedDot::kAbsent && !ReproducibleScope::Active();
    case Needs::kExactDot: {
      const RelaxedDot dot = ThisMachinesDot();
      return dot == RelaxedDot::kSigned || dot == RelaxedDot::kUnsigned;
    }
  }
  return false;
}

const KernelEntry& KernelFamily::Choose() const {
  if (const KernelEntry* forced = forced_.load(std::memory_order_relaxed)) return *forced;
  for (size_t i = entries_.size(); i-- > 1;) {
    if (CanRun(entries_[i].needs)) return entries_[i];
  }
  return entries_[0];
}

std::span<KernelFamily* const> Families() { return kFamilies; }

bool ForceKernel(std::string_view name) {
  for (KernelFamily* family : kFamilies) {
    for (const KernelEntry& entry : family->entries_) {
      if (name != entry.name) continue;
      family->forced_.store(&entry, std::memory_order_relaxed);
      return true;
    }
  }
  return false;
}

void UnforceKernels() {
  for (KernelFamily* family : kFamilies) family->forced_.store(nullptr, std::memory_order_relaxed);
}

}  // namespace quantab::kernels
