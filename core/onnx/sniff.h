// Names what a file is when it is no ONNX model.
#pragma once

#include <optional>
#include <string>

#include "core/base/byte_io.h"

namespace quantab {

// The format of a file that begins unlike any ONNX model, with its article, and what to do:
// {"a TensorFlow Lite file", "Convert it to ONNX first."}.
struct ForeignFormat {
  std::string what;
  std::string advice;
};
std::optional<ForeignFormat> SniffForeignFormat(const ByteSource& source);

// Looks at the top-level fields of a file that is some protobuf message, but no ONNX model.
std::optional<ForeignFormat> SniffForeignProtobuf(const ByteSource& source);

// Throws Error(kInvalidModel) when the file is empty or of a foreign format.
void RejectForeignFormat(const ByteSource& source);

}  // namespace quantab
