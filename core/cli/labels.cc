#include "core/cli/labels.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/cli/sample_names.h"
#include "core/cli/text_file.h"

namespace quantab {
namespace {

// Larger indices are no classes, and no number of JavaScript.
constexpr int64_t kLargestLabel = (int64_t{1} << 53) - 1;

constexpr std::string_view kSpace = " \t\r";
constexpr std::string_view kBetween = "\t,; ";
constexpr std::string_view kOneForEach = "Give one label for each sample.";

[[noreturn]] void BadLabels(const std::string& path, const std::string& what) {
  Place place;
  place.file = path;
  ThrowInvalidArgument("'" + path + "' " + what, place);
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

std::string_view Unquoted(std::string_view text) {
  text = Trimmed(text);
  const bool is_quoted = text.size() >= 2 && text.starts_with('"') && text.ends_with('"');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

std::optional<int64_t> IndexIn(std::string_view text) {
  int64_t index = -1;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size() || index < 0 ||
      index > kLargestLabel) {
    return std::nullopt;
  }
  return index;
}

struct Line {
  std::optional<std::string> name;
  int64_t label = 0;
  int number = 0;  // counted from 1
};

Line ReadLine(const std::string& path, std::string_view text, int number) {
  if (const std::optional<int64_t> index = IndexIn(Unquoted(text))) return {{}, *index, number};
  const size_t at = text.find_last_of(kBetween);
  if (at != std::string_view::npos && at > 0) {
    const std::string_view name = Unquoted(text.substr(0, text.find_last_not_of(kBetween, at) + 1));
    const std::optional<int64_t> index = IndexIn(Unquoted(text.substr(at + 1)));
    if (index && !name.empty()) return {std::string(name), *index, number};
  }
  BadLabels(path, "line " + std::to_string(number) +
                      " is neither the index of a class nor a name, a comma or a tab, and the "
                      "index. Correct the line.");
}

std::vector<Line> LinesOf(const std::string& path) {
  const std::string text = ReadTextFile(path);
  std::string_view rest = text;
  constexpr std::string_view kByteOrder = "\xEF\xBB\xBF";
  if (rest.starts_with(kByteOrder)) rest.remove_prefix(kByteOrder.size());
  std::vector<Line> lines;
  for (int number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = Trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty()) lines.push_back(ReadLine(path, line, number));
  }
  return lines;
}

std::vector<int64_t> InOrder(const std::string& path, const std::vector<Line>& lines,
                             size_t samples) {
  if (lines.size() != samples) {
    BadLabels(path, "has " + std::to_string(lines.size()) + " labels, but there are " +
                        std::to_string(samples) + " samples. " + std::string(kOneForEach));
  }
  std::vector<int64_t> labels;
  for (const Line& line : lines) labels.push_back(line.label);
  return labels;
}

std::vector<int64_t> ByName(const std::string& path, const std::vector<Line>& lines,
                            const SampleNames& samples) {
  const std::vector<std::string>& names = samples.names();
  std::vector<std::optional<int64_t>> labels(names.size());
  std::vector<int> ranks(names.size(), -1);
  std::string stranger;
  for (const Line& line : lines) {
    const std::string where = "line " + std::to_string(line.number);
    if (!line.name) BadLabels(path, "names no sample at " + where + ", but others are named.");
    const auto& [found, rank] = samples.Find(*line.name);
    if (found.empty()) {
      if (stranger.empty()) {
        stranger = " It names '" + *line.name + "' at " + where + ", and no sample is called so.";
      }
      continue;
    }
    if (found.size() > 1) {
      BadLabels(path, "has the name '" + *line.name + "' at " + where + ", which may be '" +
                          names[found[0]] + "' or '" + names[found[1]] +
                          "'. Write their folders too.");
    }
    std::optional<int64_t>& label = labels[found[0]];
    if (rank < ranks[found[0]]) continue;
    if (rank == ranks[found[0]] && *label != line.label) {
      BadLabels(path, "has the classes " + std::to_string(*label) + " and " +
                          std::to_string(line.label) + " for '" + names[found[0]] +
                          "', the latter at " + where + ". Leave one of them out.");
    }
    label = line.label;
    ranks[found[0]] = rank;
  }
  const auto missing = std::find(labels.begin(), labels.end(), std::nullopt);
  if (missing != labels.end()) {
    BadLabels(path, "has no label for " +
                        std::to_string(std::count(labels.begin(), labels.end(), std::nullopt)) +
                        " of " + std::to_string(labels.size()) + " samples, such as '" +
                        names[static_cast<size_t>(missing - labels.begin())] + "'." + stranger +
                        " " + std::string(kOneForEach));
  }
  std::vector<int64_t> all;
  for (const std::optional<int64_t>& label : labels) all.push_back(*label);
  return all;
}

}  // namespace

std::vector<int64_t> ReadLabels(const std::string& path, const std::vector<std::string>& samples) {
  const std::vector<Line> lines = LinesOf(path);
  const bool are_named =
      std::any_of(lines.begin(), lines.end(), [](const Line& line) { return line.name; });
  return are_named ? ByName(path, lines, SampleNames(samples))
                   : InOrder(path, lines, samples.size());
}

}  // namespace quantab
