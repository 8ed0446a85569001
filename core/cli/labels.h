// The classes of samples, from a text file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quantab {

// A label for each of `samples` samples, in their order: a line each, with the index of the class,
// or a name, a tab and the index; the name is for the reader. Empty lines do not count. Throws
// Error(kIo) when the file cannot be read, Error(kInvalidArgument) for a line that is neither and
// for another number of labels.
std::vector<int64_t> ReadLabels(const std::string& path, size_t samples);

}  // namespace quantab
