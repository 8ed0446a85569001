// Small text files that the user reads and writes too.
#pragma once

#include <string>

namespace quantab {

bool FileExists(const std::string& path);

// The whole file. Throws Error(kIo) when it cannot be read, Error(kInvalidArgument) when it is too
// large to be such a file (64 MiB).
std::string ReadTextFile(const std::string& path);

// Writes the file; it changes only when all is written. Throws Error(kIo).
void WriteTextFile(const std::string& path, const std::string& text);

}  // namespace quantab
