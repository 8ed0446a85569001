// The most that this machine does of what a family of kernels is made of.
#ifndef QUANTAB_TESTS_BENCH_KERNELS_MACHINE_PEAK_H_
#define QUANTAB_TESTS_BENCH_KERNELS_MACHINE_PEAK_H_

#include <string_view>

namespace quantab::kernels {

// Multiplies and adds in a second on one thread, of the fastest instruction that families of that
// name can use: 8-bit ("i8_...") the exact dot product of 8-bit or of 16-bit values, float
// ("f32_...") the multiply-add. Measured once. 0 for other families, and natively, where the
// instructions are not the machine's own.
double MachinePeak(std::string_view family);

}  // namespace quantab::kernels

#endif  // QUANTAB_TESTS_BENCH_KERNELS_MACHINE_PEAK_H_
