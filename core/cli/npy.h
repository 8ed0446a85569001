// NumPy's .npy format (versions 1.0 to 3.0), as numpy.lib.format describes it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/api/quantab.h"

namespace quantab {

// Throws Error(kInvalidArgument) for bytes that are not exactly one array of real numbers; Fortran
// order and big-endian elements are converted.
Tensor ReadNpy(std::span<const std::byte> bytes);

// Throws Error(kUnsupported) for types NumPy has no name for.
std::vector<std::byte> WriteNpy(const Tensor& tensor);

}  // namespace quantab
