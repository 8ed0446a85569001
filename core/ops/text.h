// What the operators on strings share. Strings are UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ops/op.h"

namespace quantab {

// The elements of input `i`; throws Error(kInvalidModel) when they are no strings.
const std::vector<std::string>& StringInput(const OpContext& c, int i);

// What a byte that begins no code point is read as.
inline constexpr char32_t kNoCodePoint = 0xFFFFFFFF;

// The code point at byte `at` of `text`, which is not the end; `at` moves behind it.
char32_t NextCodePoint(std::string_view text, size_t& at);

void AppendCodePoint(std::string& text, char32_t c);

// Unicode's White_Space.
bool IsWhiteSpace(char32_t c);

}  // namespace quantab
