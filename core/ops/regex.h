// Regular expressions in RE2's syntax. A text is matched in time linear in its length, whatever the
// expression.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace quantab {

// A class of characters: [a-z], \d, the dot.
class CharacterSet {
 public:
  struct Range {
    char32_t first, last;
  };

  // Adds a range; `fold` says that case does not matter.
  void Add(Range range, bool fold);
  void Negate() { negated_ = !negated_; }
  bool Contains(char32_t c) const;

 private:
  bool HasInRange(char32_t c) const;

  std::vector<Range> ranges_;
  bool negated_ = false;
  bool folds_ = false;
};

// One step of an expression's program. After the last one the text has matched.
struct RegexStep {
  enum Kind : uint8_t {
    kCharacter,  // reads the code point `argument`
    kFolded,     // reads a code point that folds to `argument`
    kSet,        // reads one of set number `argument`
    kJump,       // goes on `argument` steps from here
    kSplit,      // goes on both with the next step and `argument` steps from here
    // Go on only at such a place:
    kTextBegin,
    kTextEnd,
    kLineBegin,
    kLineEnd,
    kWordBoundary,
    kNoWordBoundary,
  };
  Kind kind;
  int32_t argument = 0;
};

struct RegexProgram {
  std::vector<RegexStep> steps;
  std::vector<CharacterSet> sets;
};

// Throws Error(kInvalidModel) for what is no expression, and Error(kUnsupported) for \p, \C and
// what is too large.
RegexProgram ParseRegex(std::string_view pattern);

// Whether the whole of `text`, UTF-8, matches.
bool FullMatch(const RegexProgram& program, std::string_view text);

}  // namespace quantab
