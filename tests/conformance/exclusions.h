// Cases that are not expected to pass, and why.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace quantab::conformance {

class Exclusions {
 public:
  Exclusions() = default;
  // A file of lines "<pattern> | <reason>"; '#' begins a comment. The pattern, as of a shell's
  // files, matches a whole name ("node/test_abs*"). Throws Error(kInvalidArgument) for any other
  // line.
  explicit Exclusions(const std::filesystem::path& file);

  // The reason, or nullptr.
  const std::string* Find(const std::string& name) const;

 private:
  struct Entry {
    std::string pattern;
    std::string reason;
  };
  std::vector<Entry> entries_;
};

}  // namespace quantab::conformance
