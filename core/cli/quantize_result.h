// What the quantizing commands do with their result.
#pragma once

#include <string>

#include "core/cli/command.h"

namespace quantab {

// Writes `quantized` to the place the user named and returns the report for standard output.
std::string WriteQuantized(const Invocation& invocation, const Model& model,
                           const Model& quantized);

}  // namespace quantab
