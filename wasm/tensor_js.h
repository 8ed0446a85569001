// Tensors between JavaScript and the core: {dtype: string, dims: number[], data}, where data is a
// Uint8Array of little-endian elements, or an array of strings. One copy each way.
#pragma once

#include <emscripten/val.h>

#include "core/api/quantab.h"

namespace quantab {

// Throws Error(kInvalidArgument), naming `name`, when dtype, dims and data disagree.
Tensor TensorFromJs(const emscripten::val& object, const std::string& name);
TensorMap TensorMapFromJs(const emscripten::val& object);

emscripten::val TensorToJs(const Tensor& tensor);
emscripten::val TensorMapToJs(const TensorMap& tensors);

}  // namespace quantab
