// NumPy's .npz: a zip of .npy arrays, stored or deflated.
#pragma once

#include <cstddef>
#include <span>

#include "core/api/quantab.h"

namespace quantab {

// The arrays by name. Throws Error(kInvalidArgument) for bytes that are no .npz, or hold anything
// but arrays.
TensorMap ReadNpz(std::span<const std::byte> bytes);

}  // namespace quantab
