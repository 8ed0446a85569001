#include "core/cli/labels.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/base/error.h"
#include "core/cli/text_file.h"

namespace quantab {
namespace {

// Larger indices are no classes, and no number of JavaScript.
constexpr int64_t kLargestLabel = (int64_t{1} << 53) - 1;

[[noreturn]] void BadLabels(const std::string& path, const std::string& what) {
  Place place;
  place.file = path;
  ThrowInvalidArgument("'" + path + "' " + what, place);
}

}  // namespace

std::vector<int64_t> ReadLabels(const std::string& path, size_t samples) {
  const std::string text = ReadTextFile(path);
  std::vector<int64_t> labels;
  int number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line(text.data() + at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const std::string_view index = line.substr(line.rfind('\t') + 1);
    int64_t label = -1;
    const auto [stop, error] = std::from_chars(index.data(), index.data() + index.size(), label);
    if (error != std::errc() || stop != index.data() + index.size() || label < 0 ||
        label > kLargestLabel) {
      BadLabels(path, "line " + std::to_string(number) +
                          " is neither the index of a class nor a name, a tab and the index.");
    }
    labels.push_back(label);
  }
  if (labels.size() != samples) {
    BadLabels(path, "has " + std::to_string(labels.size()) + " labels, but there are " +
                        std::to_string(samples) + " samples. Give one label for each sample.");
  }
  return labels;
}

}  // namespace quantab
