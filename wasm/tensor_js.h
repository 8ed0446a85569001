// Tensors between JavaScript and the core: {dtype: string, dims: number[], data}, where data is a
// Uint8Array of little-endian elements, or an array of strings. One copy each way.
#pragma once

#include <emscripten/val.h>

#include "core/api/quantab.h"

namespace quantab {

// An object of tensors by name. Throws Error(kInvalidArgument), naming the tensor, when dtype, dims
// and data disagree.
TensorMap TensorMapFromJs(const emscripten::val& object);

emscripten::val TensorMapToJs(const TensorMap& tensors);

}  // namespace quantab
