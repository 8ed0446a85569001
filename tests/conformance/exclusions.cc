#include "tests/conformance/exclusions.h"

#include <fnmatch.h>

#include <fstream>

#include "core/base/error.h"

namespace quantab::conformance {

Exclusions::Exclusions(const std::filesystem::path& file) {
  std::ifstream lines(file);
  if (!lines) ThrowInvalidArgument("'" + file.string() + "' cannot be read.");
  std::string line;
  while (std::getline(lines, line)) {
    if (line.empty() || line.front() == '#') continue;
    const size_t bar = line.find(" | ");
    if (bar == std::string::npos || bar == 0 || bar + 3 == line.size()) {
      ThrowInvalidArgument("'" + file.string() + "' has a line without a reason: '" + line + "'.");
    }
    entries_.push_back({line.substr(0, bar), line.substr(bar + 3)});
  }
}

const std::string* Exclusions::Find(const std::string& name) const {
  for (const Entry& entry : entries_) {
    if (fnmatch(entry.pattern.c_str(), name.c_str(), 0) == 0) return &entry.reason;
  }
  return nullptr;
}

}  // namespace quantab::conformance
