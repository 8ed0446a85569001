// Numbers as texts, the way Cast reads and writes them.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace quantab {

// The shortest text that reads back as the same number, "INF", "-INF" or "NaN".
std::string TextOf(float value);
std::string TextOf(double value);
template <class T>
  requires std::is_integral_v<T>
std::string TextOf(T value) {
  return std::to_string(value);
}

// `text` without white space around it.
std::string_view Trimmed(std::string_view text);

// The number a text is, decimal or scientific; "INF", "+INF", "-INF" and "NaN" in any case. Throws
// Error(kInvalidArgument) for others.
double NumberOf(const std::string& text);

// The integer a text is, when it is one that T holds.
template <class T>
std::optional<T> IntegerOf(std::string_view text) {
  text = Trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  T value{};
  const char* first = text.data();
  const char* end = first + text.size();
  const auto [stop, error] = std::from_chars(first, end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace quantab
