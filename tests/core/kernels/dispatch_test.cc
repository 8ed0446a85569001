#include "core/kernels/dispatch.h"

#include <set>
#include <string>

#include "core/base/reproducible.h"
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/i8_gemm/i8_gemm.h"
#include "tests/core/kernels/kernel_test.h"

namespace quantab::kernels {
namespace {

TEST(DispatchTest, NamesAreUniqueAndBeginWithTheirFamily) {
  std::set<std::string> names;
  for (const KernelFamily* family : Families()) {
    for (const KernelEntry& entry : family->entries()) {
      const std::string name = entry.name;
      EXPECT_TRUE(names.insert(name).second) << name;
      EXPECT_EQ(name.rfind(std::string(family->name()) + "_", 0), 0U) << name;
    }
  }
}

TEST(DispatchTest, EveryFamilyBeginsWithItsReference) {
  for (const KernelFamily* family : Families()) {
    ASSERT_FALSE(family->entries().empty());
    EXPECT_EQ(std::string(family->entries()[0].name), std::string(family->name()) + "_reference");
    EXPECT_EQ(family->entries()[0].needs, Needs::kNothing);
  }
}

TEST(DispatchTest, ForcesAndReleasesEveryKernel) {
  for (const KernelFamily* family : Families()) {
    const KernelEntry* free_choice = &family->Choose();
    for (const KernelEntry& entry : family->entries()) {
      ASSERT_TRUE(ForceKernel(entry.name));
      EXPECT_EQ(&family->Choose(), &entry);
    }
    UnforceKernels();
    EXPECT_EQ(&family->Choose(), free_choice);
  }
}

TEST(DispatchTest, RefusesAnUnknownName) {
  EXPECT_FALSE(ForceKernel("skeleton"));
  EXPECT_FALSE(ForceKernel(""));
  EXPECT_FALSE(ForceKernel("skeleton_avx1024"));
}

TEST(DispatchTest, NeverChoosesTheReferenceWhereSimdIsListed) {
  for (const KernelFamily* family : Families()) {
    if (family->entries().size() > 1) {
      EXPECT_NE(&family->Choose(), &family->entries()[0]) << family->name();
    }
  }
}

#if !defined(__wasm__)

TEST(DispatchTest, ProbeTellsTheBehavioursApart) {
  for (const RelaxedDot dot :
       {RelaxedDot::kSigned, RelaxedDot::kUnsigned, RelaxedDot::kSaturating}) {
    const EmulatedDot emulated(dot);
    EXPECT_EQ(ProbeRelaxedDot(), dot);
  }
}

TEST(DispatchTest, ChoosesByWhatTheMachineDoes) {
  const auto chosen = [] { return std::string(i8_gemm_family.Choose().name); };
  EXPECT_EQ(chosen(), "i8_gemm_simd128_4x8c2");
  {
    const EmulatedDot emulated(RelaxedDot::kSigned);
    EXPECT_EQ(chosen(), "i8_gemm_relaxed_2x24c4");
  }
  {
    const EmulatedDot emulated(RelaxedDot::kUnsigned);
    EXPECT_EQ(chosen(), "i8_gemm_relaxed_2x24c4");
  }
  {
    const EmulatedDot emulated(RelaxedDot::kSaturating);
    EXPECT_EQ(chosen(), "i8_gemm_simd128_4x8c2");
  }
}

TEST(DispatchTest, FusedMultiplyAddsStayOutOfAReproducibleScope) {
  const EmulatedDot emulated(RelaxedDot::kUnsigned);
  const auto chosen = [](const KernelFamily& family) { return std::string(family.Choose().name); };
  EXPECT_EQ(chosen(f32_gemm_family), "f32_gemm_relaxed_6x8");
  {
    const ReproducibleScope scope;
    EXPECT_EQ(chosen(f32_gemm_family), "f32_gemm_simd128_6x8");
    EXPECT_EQ(chosen(i8_gemm_family), "i8_gemm_relaxed_2x24c4");  // integers are exact
    {
      const ReproducibleScope inner(false);
    }
    EXPECT_EQ(chosen(f32_gemm_family), "f32_gemm_simd128_6x8");
  }
  EXPECT_EQ(chosen(f32_gemm_family), "f32_gemm_relaxed_6x8");
}

// Forced on a machine whose dot product saturates, the relaxed kernel gives what that dot product
// gives: it ran.
TEST(DispatchTest, ForcedKernelRunsEvenWhereItIsWrong) {
  const EmulatedDot emulated(RelaxedDot::kSaturating);
  const int8_t b[4] = {127, 127, 127, 127};
  const uint8_t a[4] = {255, 255, 255, 255};
  const Aligned packed(I8GemmPackedBytes(1, 4));
  int32_t chosen = 0;
  int32_t forced = 0;
  I8GemmPack(1, 4, {.data = b, .is_signed = true, .k_stride = 1, .n_stride = 4}, packed.get());
  I8Gemm(1, 1, 4, a, false, 4, 0, packed.get(), &chosen, 1, {});
  ASSERT_TRUE(ForceKernel("i8_gemm_relaxed_2x16c4"));
  I8GemmPack(1, 4, {.data = b, .is_signed = true, .k_stride = 1, .n_stride = 4}, packed.get());
  UnforceKernels();
  I8Gemm(1, 1, 4, a, false, 4, 0, packed.get(), &forced, 1, {});
  EXPECT_EQ(chosen, 4 * 255 * 127);
  EXPECT_EQ(forced, 2 * 32767);
}

#endif  // !__wasm__

TEST(DispatchTest, RelaxedKernelsServeWidthsByTheirCost) {
#if QUANTAB_RELAXED_SIMD
  const EmulatedDot emulated(RelaxedDot::kUnsigned);
  if (!CanRun(Needs::kExactDot)) GTEST_SKIP() << "this machine's relaxed dot product is not exact";
  const int8_t b[48] = {};
  const auto chosen = [&](size_t n) {
    const Aligned packed(I8GemmPackedBytes(n, 1));
    const uint8_t a = 0;
    int32_t c[48];
    I8GemmPack(n, 1, {.data = b, .is_signed = true, .k_stride = n, .n_stride = 1}, packed.get());
    I8Gemm(1, n, 1, &a, false, 1, 0, packed.get(), c, n, {});
    return std::string(i8_gemm_family.last());
  };
  EXPECT_EQ(chosen(16), "i8_gemm_relaxed_2x16c4");
  EXPECT_EQ(chosen(24), "i8_gemm_relaxed_2x24c4");
  EXPECT_EQ(chosen(32), "i8_gemm_relaxed_2x16c4");
  EXPECT_EQ(chosen(48), "i8_gemm_relaxed_2x24c4");
#endif
}

}  // namespace
}  // namespace quantab::kernels
