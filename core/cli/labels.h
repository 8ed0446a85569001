// The classes of samples, from a text file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quantab {

// A label for each of these samples, in their order: a line each, with the index of the class; or
// in any order its name, as SampleNames finds it, a tab, comma, semicolon or space, and the index.
// Empty lines do not count, nor do labels of other samples. Throws Error(kIo) when the file cannot
// be read, Error(kInvalidArgument) for a line that is neither and for a sample without a label or
// with two.
std::vector<int64_t> ReadLabels(const std::string& path, const std::vector<std::string>& samples);

}  // namespace quantab
