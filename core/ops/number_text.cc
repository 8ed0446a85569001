#include "core/ops/number_text.h"

#include <cmath>
#include <cstdlib>

#include "core/base/error.h"

namespace quantab {
namespace {

template <class T>
std::string FloatText(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-INF" : "INF";
  const T magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= T(1e-5) && magnitude < T(1e16));
  char text[64];
  const auto [end, error] =
      std::to_chars(text, text + sizeof(text), value,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {text, end};
}

}  // namespace

std::string TextOf(float value) { return FloatText(value); }
std::string TextOf(double value) { return FloatText(value); }

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

double NumberOf(const std::string& text) {
  const std::string trimmed(Trimmed(text));
  // What strtod also reads, but ONNX does not know: hexadecimal numbers and NaNs with a payload.
  const bool known = trimmed.find_first_of("xX(") == std::string::npos;
  char* end = nullptr;
  const double value = std::strtod(trimmed.c_str(), &end);
  if (!known || trimmed.empty() || end != trimmed.c_str() + trimmed.size()) {
    ThrowInvalidArgument("The text '" + text + "' is not a number.");
  }
  return value;
}

}  // namespace quantab
