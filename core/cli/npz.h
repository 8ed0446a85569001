// NumPy's .npz: a zip of .npy arrays, stored or deflated.
#pragma once

#include <string>

#include "core/api/quantab.h"

namespace quantab {

// The arrays of the file by name. Throws Error(kIo) when it cannot be opened and
// Error(kInvalidArgument) when it is no .npz.
TensorMap ReadNpzFile(const std::string& path);

}  // namespace quantab
