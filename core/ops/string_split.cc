// StringSplit (ai.onnx, since 20): the parts of each string between delimiters, and how many they
// are; the rows of parts are filled up with empty strings. Without a delimiter, white space
// delimits, and none is left at either end. After `maxsplit` parts comes the rest, unsplit.
#include <algorithm>
#include <limits>

#include "core/ops/text.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

using Parts = std::vector<std::string_view>;

// The bytes of `text` up to the first code point from `at` on that is white space, or is not.
size_t FindSpace(std::string_view text, size_t at, bool space) {
  while (at < text.size()) {
    size_t next = at;
    if (IsWhiteSpace(NextCodePoint(text, next)) == space) break;
    at = next;
  }
  return at;
}

std::string_view WithoutSpaceBehind(std::string_view text) {
  size_t end = 0;
  for (size_t at = FindSpace(text, 0, false); at < text.size(); at = FindSpace(text, end, false)) {
    end = FindSpace(text, at, true);
  }
  return text.substr(0, end);
}

Parts SplitAtSpace(std::string_view text, int64_t most) {
  Parts parts;
  size_t at = FindSpace(text, 0, false);
  while (at < text.size()) {
    if (static_cast<int64_t>(parts.size()) == most) {
      parts.push_back(WithoutSpaceBehind(text.substr(at)));
      break;
    }
    const size_t end = FindSpace(text, at, true);
    parts.push_back(text.substr(at, end - at));
    at = FindSpace(text, end, false);
  }
  return parts;
}

Parts SplitAt(std::string_view text, std::string_view delimiter, int64_t most) {
  Parts parts;
  while (static_cast<int64_t>(parts.size()) < most) {
    const size_t end = text.find(delimiter);
    if (end == std::string_view::npos) break;
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + delimiter.size());
  }
  parts.push_back(text);
  return parts;
}

void Compute(OpContext& c) {
  const std::vector<std::string>& x = StringInput(c, 0);
  const Shape& shape = c.Input(0).shape();
  const std::string delimiter = c.attributes().String("delimiter", "");
  int64_t most = c.attributes().Int("maxsplit", -1);
  if (most < 0) most = std::numeric_limits<int64_t>::max();
  std::vector<Parts> parts;
  size_t width = 0;
  for (const std::string& text : x) {
    parts.push_back(delimiter.empty() ? SplitAtSpace(text, most) : SplitAt(text, delimiter, most));
    width = std::max(width, parts.back().size());
  }
  Shape wide = shape;
  wide.push_back(static_cast<int64_t>(width));
  std::vector<std::string>& y = c.Output(0, DType::kString, std::move(wide)).mutable_strings();
  int64_t* counts = c.Output(1, DType::kInt64, shape).mutable_data<int64_t>();
  for (size_t i = 0; i < parts.size(); ++i) {
    std::copy(parts[i].begin(), parts[i].end(), y.begin() + static_cast<ptrdiff_t>(i * width));
    counts[i] = static_cast<int64_t>(parts[i].size());
  }
}

}  // namespace

QUANTAB_REGISTER(ops, string_split) {
  r.Add({.name = "StringSplit", .since = 20, .compute = Compute});
}

}  // namespace quantab
