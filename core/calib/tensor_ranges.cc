#include "core/calib/tensor_ranges.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr std::string_view kTitle = "# quantab ranges 1";
constexpr std::string_view kMethod = "# method ";

void AppendNumber(std::string& out, float value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

std::string Escaped(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
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
      out += text[++i] == 'n' ? '\n' : text[i];
    }
  }
  return out;
}

[[noreturn]] void BadLine(int number, std::string_view line, const std::string& what) {
  ThrowInvalidArgument("Line " + std::to_string(number) + " of the ranges, '" + std::string(line) +
                       "', " + what + ". Expected '<min> <max> <tensor>'.");
}

// A number and the blank after it, taken from the front of `rest`.
bool TakeNumber(std::string_view& rest, float& value) {
  const size_t blank = rest.find(' ');
  if (blank == 0 || blank == std::string_view::npos) return false;
  const std::string token(rest.substr(0, blank));
  char* end = nullptr;
  value = std::strtof(token.c_str(), &end);
  if (end != token.c_str() + token.size()) return false;
  rest.remove_prefix(blank + 1);
  return true;
}

}  // namespace

std::string ToText(const TensorRanges& ranges) {
  std::string out = std::string(kTitle) + "\n";
  if (!ranges.method.empty()) out += std::string(kMethod) + ranges.method + "\n";
  for (const auto& [name, range] : ranges.ranges) {
    AppendNumber(out, range.min);
    out += ' ';
    AppendNumber(out, range.max);
    out += ' ' + Escaped(name) + '\n';
  }
  return out;
}

TensorRanges RangesFromText(std::string_view text) {
  TensorRanges result;
  int number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.starts_with(kMethod)) result.method = line.substr(kMethod.size());
    if (line.empty() || line.front() == '#') continue;

    std::string_view rest = line;
    TensorRange range;
    if (!TakeNumber(rest, range.min) || !TakeNumber(rest, range.max) || rest.empty()) {
      BadLine(number, line, "is not understood");
    }
    if (!std::isfinite(range.min) || !std::isfinite(range.max)) {
      BadLine(number, line, "has a number that is not finite");
    }
    if (range.min > range.max) BadLine(number, line, "has a minimum above its maximum");
    if (!result.ranges.emplace(Unescaped(rest), range).second) {
      BadLine(number, line, "repeats a tensor");
    }
  }
  return result;
}

}  // namespace quantab
