// Upper and lower case by Unicode's simple mappings, one code point to one, whatever the locale.
#pragma once

namespace quantab {

char32_t ToUpperCase(char32_t c);
char32_t ToLowerCase(char32_t c);

// One of the forms that differ only in case.
inline char32_t FoldCase(char32_t c) { return ToLowerCase(ToUpperCase(c)); }

}  // namespace quantab
