// What cannot be, said before work starts.
#pragma once

#include "core/quant/options.h"

namespace quantab {

// Throws Error(kInvalidArgument), which says what would be possible, for types, formats and
// settings that no runtime, or no method here, brings together.
void CheckQuantOptions(const StaticOptions& options);

}  // namespace quantab
