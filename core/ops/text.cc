#include "core/ops/text.h"

namespace quantab {
namespace {

struct Lead {
  int more;       // bytes that follow
  char32_t bits;  // of the code point
  char32_t least;
};

Lead LeadOf(unsigned char byte) {
  if (byte < 0x80) return {0, byte, 0};
  if (byte >= 0xC2 && byte < 0xE0) return {1, byte & 0x1Fu, 0x80};
  if (byte >= 0xE0 && byte < 0xF0) return {2, byte & 0x0Fu, 0x800};
  if (byte >= 0xF0 && byte < 0xF5) return {3, byte & 0x07u, 0x10000};
  return {-1, 0, 0};
}

}  // namespace

const std::vector<std::string>& StringInput(const OpContext& c, int i) {
  const Tensor& input = c.Input(i);
  if (input.dtype() != DType::kString) {
    c.Invalid("input " + std::to_string(i) + " has type '" + std::string(NameOf(input.dtype())) +
              "', expected 'string'.");
  }
  return input.strings();
}

char32_t NextCodePoint(std::string_view text, size_t& at) {
  const Lead lead = LeadOf(static_cast<unsigned char>(text[at]));
  ++at;
  if (lead.more < 0 || text.size() - at < static_cast<size_t>(lead.more)) return kNoCodePoint;
  char32_t c = lead.bits;
  for (size_t i = 0; i < static_cast<size_t>(lead.more); ++i) {
    const unsigned char byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0) != 0x80) return kNoCodePoint;
    c = c << 6 | (byte & 0x3Fu);
  }
  if (c < lead.least || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return kNoCodePoint;
  at += static_cast<size_t>(lead.more);
  return c;
}

void AppendCodePoint(std::string& text, char32_t c) {
  const auto byte = [&](char32_t bits) { text.push_back(static_cast<char>(bits)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

bool IsWhiteSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace quantab
