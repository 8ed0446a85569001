// Files of tensors: .npy, .npz and ONNX TensorProto .pb, known by their extension in any case.
#pragma once

#include <string>
#include <string_view>

#include "core/api/quantab.h"

namespace quantab {

enum class TensorFormat { kNone, kNpy, kNpz, kPb };

TensorFormat FormatOf(std::string_view path);

// The tensors of a file by name; one that the file gives no name has the name "". Throws Error
// naming the file.
TensorMap ReadTensors(const std::string& path);

}  // namespace quantab
