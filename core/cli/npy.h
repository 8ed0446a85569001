// NumPy's .npy format (versions 1 to 3), as numpy.lib.format describes it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/api/quantab.h"

namespace quantab {

// Throws Error(kInvalidArgument) naming `where` for bytes that are no .npy array of numbers;
// Fortran order and big-endian elements are converted.
Tensor ReadNpy(std::span<const std::byte> bytes, const std::string& where);

// Throws Error(kUnsupported) for types NumPy has no name for.
std::vector<std::byte> WriteNpy(const Tensor& tensor);

}  // namespace quantab
