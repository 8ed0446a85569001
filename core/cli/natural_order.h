// The order of samples.
#pragma once

#include <string_view>

namespace quantab {

// Whether `a` comes before `b`: byte by byte, but runs of digits by their value, so that "s9" comes
// before "s10". Names that differ in leading zeros only are ordered by their bytes after all.
bool NaturalLess(std::string_view a, std::string_view b);

}  // namespace quantab
