#include "core/cli/natural_order.h"

#include <algorithm>

namespace quantab {
namespace {

std::string_view LeadingDigits(std::string_view text) {
  return text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
}

std::string_view WithoutLeadingZeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

bool NaturalLess(std::string_view a, std::string_view b) {
  std::string_view x = a, y = b;
  while (!x.empty() && !y.empty()) {
    const std::string_view digits_x = LeadingDigits(x), digits_y = LeadingDigits(y);
    if (digits_x.empty() || digits_y.empty()) {
      if (x.front() != y.front()) {
        return static_cast<unsigned char>(x.front()) < static_cast<unsigned char>(y.front());
      }
      x.remove_prefix(1);
      y.remove_prefix(1);
      continue;
    }
    const std::string_view value_x = WithoutLeadingZeros(digits_x);
    const std::string_view value_y = WithoutLeadingZeros(digits_y);
    if (value_x.size() != value_y.size()) return value_x.size() < value_y.size();
    if (value_x != value_y) return value_x < value_y;
    x.remove_prefix(digits_x.size());
    y.remove_prefix(digits_y.size());
  }
  if (x.empty() != y.empty()) return x.empty();
  return a < b;
}

}  // namespace quantab
