// What the kernel tests share: one test case per kernel of a family's kernels.inc (and per
// behaviour of the relaxed dot it must be right under), buffers that end where their data ends and
// begin misaligned, random data from a printed seed, and typed tolerances.
#ifndef QUANTAB_TESTS_CORE_KERNELS_KERNEL_TEST_H_
#define QUANTAB_TESTS_CORE_KERNELS_KERNEL_TEST_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/kernels/dispatch.h"

namespace quantab::kernels {

// Seed of this run's random data: QUANTAB_TEST_SEED, or a new one. Printed once.
inline uint32_t Seed() {
  static const uint32_t seed = [] {
    const char* given = std::getenv("QUANTAB_TEST_SEED");
    const uint32_t value = given != nullptr
                               ? static_cast<uint32_t>(std::strtoul(given, nullptr, 10))
                               : std::random_device()();
    std::fprintf(stderr, "kernel tests: seed %u (set QUANTAB_TEST_SEED=%u to repeat)\n", value,
                 value);
    return value;
  }();
  return seed;
}

class Random {
 public:
  explicit Random(uint32_t stream) : engine_(Seed() + stream * 7919) {}

  float Float(float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(engine_);
  }
  int Int(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  bool Bool() { return Int(0, 1) == 1; }

 private:
  std::mt19937 engine_;
};

// n elements, on the heap, after `skip` elements and before nothing: the address sanitizer sees a
// read past the end, and the start is aligned to the element at most.
template <typename T>
class Buffer {
 public:
  explicit Buffer(size_t n, size_t skip = 1)
      : size_(n), skip_(skip), data_(std::make_unique<T[]>(n + skip)) {}

  T* data() { return data_.get() + skip_; }
  const T* data() const { return data_.get() + skip_; }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return data()[i]; }
  const T& operator[](size_t i) const { return data()[i]; }

  void Fill(Random& random, float low, float high) {
    for (size_t i = 0; i < size_; ++i) {
      if constexpr (std::is_floating_point_v<T>) {
        data()[i] = random.Float(low, high);
      } else {
        data()[i] = static_cast<T>(random.Int(static_cast<int>(low), static_cast<int>(high)));
      }
    }
  }

 private:
  size_t size_;
  size_t skip_;
  std::unique_ptr<T[]> data_;
};

// Scratch or packed memory, aligned to 16 and not larger than asked.
class Aligned {
 public:
  explicit Aligned(size_t bytes) : data_(::operator new(bytes, std::align_val_t(16))) {}
  ~Aligned() { ::operator delete(data_, std::align_val_t(16)); }
  Aligned(const Aligned&) = delete;
  Aligned& operator=(const Aligned&) = delete;
  void* get() const { return data_; }

 private:
  void* data_;
};

// |got - want| <= relative * eps * |want| + absolute * eps, eps = 2^-23. NaN matches NaN;
// infinities match themselves.
struct Tolerance {
  double relative = 0;
  double absolute = 0;
};

inline testing::AssertionResult Near(double got, double want, Tolerance tolerance) {
  if (std::isnan(want) && std::isnan(got)) return testing::AssertionSuccess();
  if (got == want) return testing::AssertionSuccess();
  constexpr double kEps = std::numeric_limits<float>::epsilon();
  const double allowed = tolerance.relative * kEps * std::fabs(want) + tolerance.absolute * kEps;
  if (std::isfinite(want) && std::fabs(got - want) <= allowed) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "got " << got << ", want " << want << " +- " << allowed;
}

// A kernel, and what the relaxed dot product does while it is tested.
struct KernelCase {
  const KernelFamily* family;
  const KernelEntry* entry;
  RelaxedDot dot;
};

inline void PrintTo(const KernelCase& kernel, std::ostream* out) { *out << kernel.entry->name; }

inline std::vector<KernelCase> CasesOf(const KernelFamily& family) {
  std::vector<KernelCase> cases;
  for (const KernelEntry& entry : family.entries()) {
    if (entry.needs == Needs::kExactDot) {
      cases.push_back({&family, &entry, RelaxedDot::kSigned});
#if !defined(__wasm__)
      cases.push_back({&family, &entry, RelaxedDot::kUnsigned});
#endif
    } else if (entry.needs == Needs::kRelaxedSimd) {
      cases.push_back({&family, &entry, RelaxedDot::kSigned});
    } else {
      cases.push_back({&family, &entry, RelaxedDot::kAbsent});
    }
  }
  return cases;
}

inline std::string CaseName(const testing::TestParamInfo<KernelCase>& info) {
  const std::string name = info.param.entry->name;
  return info.param.dot == RelaxedDot::kUnsigned ? name + "_unsigned" : name;
}

// Natively sets what the relaxed dot product does; in WebAssembly the machine decides.
class EmulatedDot {
 public:
  explicit EmulatedDot([[maybe_unused]] RelaxedDot dot) {
#if !defined(__wasm__)
    emulated_relaxed_dot = dot;
#endif
  }
  ~EmulatedDot() {
#if !defined(__wasm__)
    emulated_relaxed_dot = RelaxedDot::kAbsent;
#endif
  }
  EmulatedDot(const EmulatedDot&) = delete;
  EmulatedDot& operator=(const EmulatedDot&) = delete;
};

// Forces its kernel, and proves at the end that this one ran and no other.
class KernelTest : public testing::TestWithParam<KernelCase> {
 protected:
  void SetUp() override {
    SCOPED_TRACE(Seed());
    if (!CanRun(GetParam().entry->needs)) {
      GTEST_SKIP() << "this machine's relaxed dot product is not exact";
    }
    GetParam().family->Note("none");
    ASSERT_TRUE(ForceKernel(GetParam().entry->name));
  }
  void TearDown() override {
    UnforceKernels();
    if (!IsSkipped()) {
      EXPECT_STREQ(GetParam().family->last(), GetParam().entry->name);
    }
  }
  bool IsRelaxed() const { return GetParam().entry->needs == Needs::kRelaxedSimd; }

 private:
  EmulatedDot dot_{GetParam().dot};
};

#define QUANTAB_TEST_KERNELS(Fixture, family) \
  INSTANTIATE_TEST_SUITE_P(Kernels, Fixture, testing::ValuesIn(CasesOf(family)), CaseName)

// Lengths around powers of two.
inline constexpr size_t kLengths[] = {0,  1,  2,  3,  4,  5,  7,  8,   9,   15,  16,
                                      17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000};

}  // namespace quantab::kernels

#endif  // QUANTAB_TESTS_CORE_KERNELS_KERNEL_TEST_H_
