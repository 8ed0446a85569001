// Files of the machine the program runs on, for native programs and Node.
#pragma once

#include <memory>
#include <string>

#include "core/base/byte_io.h"

namespace quantab {

// A regular file, read in ranges. Its name in messages is `path`. May be read from several threads
// at once. Throws Error(kIo) when it is missing, unreadable or no regular file. Any number may be
// alive: those not read for long have no descriptor, and reading one again throws Error(kIo) when
// the file was changed or replaced in between.
std::shared_ptr<ByteSource> OpenFile(const std::string& path);

// A file that appears at `path` only when the sink is finished: bytes go to a temporary file beside
// it, which Settle() brings to the disk and Finish() renames, and which the destructor removes
// otherwise. A file that is replaced passes on its permissions. A `path` that is there and no
// regular file (a device, a pipe) is written to directly. Throws Error(kIo) with path and reason:
// no such folder, no permission, disk full.
std::unique_ptr<ByteSink> CreateFile(const std::string& path);

// The files in the folder of the model at `model_path`, and below. Symbolic links that lead out of
// the folder, and what is no regular file, are refused with Error(kIo).
std::unique_ptr<FileSet> FilesBeside(const std::string& model_path);

}  // namespace quantab
