#include "core/calib/tensor_ranges.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr std::string_view kTitle = "# quantab ranges 1";
constexpr std::string_view kMethod = "# method ";
constexpr std::string_view kMoments = "  moments ";
constexpr std::string_view kChannel = "  channel ";

template <class Number>
void AppendNumber(std::string& out, Number value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

// "<prefix><first> <second>"
template <class Number>
void AppendPair(std::string& out, std::string_view prefix, Number first, Number second) {
  out += prefix;
  AppendNumber(out, first);
  out += ' ';
  AppendNumber(out, second);
}

std::string Escaped(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else {
      ++i;
      out += text[i] == 'n' ? '\n' : text[i] == 'r' ? '\r' : text[i];
    }
  }
  return out;
}

// A line of the text, for messages.
struct Line {
  int number;
  std::string_view text;

  [[noreturn]] void Reject(const std::string& what) const {
    ThrowInvalidArgument("Line " + std::to_string(number) + " of the ranges, '" + Shorten(text) +
                         "', " + what + ".");
  }
};

void Parse(const std::string& token, char** end, float& value) {
  value = std::strtof(token.c_str(), end);
}
void Parse(const std::string& token, char** end, double& value) {
  value = std::strtod(token.c_str(), end);
}

// A number, and a blank after it if there is one, taken from the front of `rest`.
template <class Number>
bool TakeNumber(std::string_view& rest, Number& value) {
  const std::string token(rest.substr(0, rest.find(' ')));
  char* end = nullptr;
  Parse(token, &end, value);
  if (token.empty() || end != token.c_str() + token.size()) return false;
  rest.remove_prefix(std::min(rest.size(), token.size() + 1));
  return true;
}

// Two numbers from the front of `rest`.
template <class Number>
std::pair<Number, Number> TakePair(const Line& line, std::string_view& rest,
                                   const std::string& expected) {
  std::pair<Number, Number> pair;
  if (!TakeNumber(rest, pair.first) || !TakeNumber(rest, pair.second)) {
    line.Reject("is not understood. Expected '" + expected + "'");
  }
  if (!std::isfinite(pair.first) || !std::isfinite(pair.second)) {
    line.Reject("has a number that is not finite");
  }
  return pair;
}

std::pair<float, float> TakeRange(const Line& line, std::string_view& rest,
                                  const std::string& expected) {
  const auto range = TakePair<float>(line, rest, expected);
  if (range.first > range.second) line.Reject("has a minimum above its maximum");
  return range;
}

// A line that says more of a tensor whose range was read.
void ReadMore(const Line& line, TensorRange* range) {
  const bool is_channel = line.text.starts_with(kChannel);
  if (!is_channel && !line.text.starts_with(kMoments)) {
    line.Reject("is not understood. Expected 'moments' or 'channel' after the two blanks");
  }
  if (range == nullptr) line.Reject("comes before the tensor it belongs to");
  std::string_view rest = line.text.substr((is_channel ? kChannel : kMoments).size());
  if (is_channel) {
    range->channels.push_back(TakeRange(line, rest, "  channel <min> <max>"));
  } else {
    const auto moments = TakePair<double>(line, rest, "  moments <average> <deviation>");
    range->moments = {moments.first, moments.second};
  }
  if (!rest.empty()) line.Reject("has more than two numbers");
}

}  // namespace

std::string ToText(const TensorRanges& ranges) {
  std::string out = std::string(kTitle) + "\n";
  if (!ranges.method.empty()) out += std::string(kMethod) + ranges.method + "\n";
  for (const auto& [name, range] : ranges.ranges) {
    AppendPair(out, "", range.min, range.max);
    out += ' ' + Escaped(name) + '\n';
    if (range.moments) {
      AppendPair(out, kMoments, range.moments->average, range.moments->deviation);
      out += '\n';
    }
    for (const auto& [min, max] : range.channels) {
      AppendPair(out, kChannel, min, max);
      out += '\n';
    }
  }
  return out;
}

TensorRanges RangesFromText(std::string_view text) {
  TensorRanges result;
  TensorRange* last = nullptr;
  for (Line line{1, {}}; !text.empty(); ++line.number) {
    const size_t end = text.find('\n');
    line.text = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.text.empty() && line.text.back() == '\r') line.text.remove_suffix(1);
    if (line.text.starts_with(kMethod)) result.method = line.text.substr(kMethod.size());
    if (line.text.empty() || line.text.front() == '#') continue;
    if (line.text.starts_with("  ")) {
      ReadMore(line, last);
      continue;
    }
    constexpr const char* kExpected = "<min> <max> <tensor>";
    std::string_view rest = line.text;
    TensorRange range;
    std::tie(range.min, range.max) = TakeRange(line, rest, kExpected);
    if (rest.empty()) line.Reject("is not understood. Expected '" + std::string(kExpected) + "'");
    const auto [place, added] = result.ranges.emplace(Unescaped(rest), range);
    if (!added) line.Reject("repeats a tensor");
    last = &place->second;
  }
  return result;
}

}  // namespace quantab
