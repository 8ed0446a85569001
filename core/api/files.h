// Files of this machine as sources and sinks, for native programs.
#pragma once

#include <cstdint>
#include <string>

#include "core/api/quantab.h"
#include "core/base/posix_file.h"

namespace quantab {

// Opens the model at `path` with its external data.
Model OpenModelFile(const std::string& path, Monitor* monitor = nullptr);

// Writes `model` to `path`, and with options.use_external_data_format its weights to "<path>.data".
// Both files appear only when complete. Returns the bytes written.
uint64_t WriteModelFile(const Model& model, const std::string& path, WriteOptions options = {},
                        Monitor* monitor = nullptr);

}  // namespace quantab
