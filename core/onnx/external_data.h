// Tensors whose data is in other files, as ONNX defines it: entries location, offset, length.
#pragma once

#include <optional>
#include <string>

#include "core/onnx/model.h"

namespace quantab {

// `location` as a relative path of plain parts ("./a//b" becomes "a/b"), or nothing when it is
// empty, absolute, leaves its folder, or is no file name on some system.
std::optional<std::string> SafeLocation(const std::string& location);

// Gives every tensor of `model.proto` that refers to another file its bytes: small ones inline, the
// others as weights. Throws Error(kInvalidModel), naming file and tensor, for an unsafe location, a
// file that was not given, or a range that is not in it.
void AttachExternalData(Model& model, const FileSet* files);

}  // namespace quantab
