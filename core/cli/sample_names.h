// Samples by what a file of labels calls them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quantab {

// Finds samples by their names with more folders than here, fewer or none, and with an extension or
// without.
class SampleNames {
 public:
  explicit SampleNames(std::vector<std::string> names);

  struct Found {
    // One, none, or several that the name does not tell apart.
    std::vector<size_t> samples;
    // The larger, the more of the name is that of the samples.
    int rank = -1;
  };

  // The samples that are called so. One that lies in another folder than the name says is not.
  Found Find(std::string_view name) const;

  const std::vector<std::string>& names() const { return names_; }

 private:
  using Index = std::map<std::string, std::vector<size_t>, std::less<>>;

  std::vector<std::string> names_;
  Index whole_, bare_;  // the latter without extensions
};

}  // namespace quantab
