#include "core/ops/regex.h"

#include <algorithm>

#include "core/ops/text.h"
#include "core/ops/unicode_case.h"

namespace quantab {
namespace {

// The code points on both sides of a place in a text; kNoCodePoint beyond its ends, too.
struct Surroundings {
  char32_t before = kNoCodePoint;
  char32_t after = kNoCodePoint;
  bool at_begin = false;
  bool at_end = false;
};

bool IsWord(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool Holds(RegexStep::Kind kind, const Surroundings& place) {
  const bool boundary = IsWord(place.before) != IsWord(place.after);
  switch (kind) {
    case RegexStep::kTextBegin:
      return place.at_begin;
    case RegexStep::kTextEnd:
      return place.at_end;
    case RegexStep::kLineBegin:
      return place.at_begin || place.before == '\n';
    case RegexStep::kLineEnd:
      return place.at_end || place.after == '\n';
    case RegexStep::kWordBoundary:
      return boundary;
    default:
      return !boundary;
  }
}

// Runs a program on all its ways at once: the steps where the text read so far may have led.
class RegexRun {
 public:
  explicit RegexRun(const RegexProgram& program)
      : program_(program), seen_(program.steps.size() + 1, 0) {}

  bool Matches(std::string_view text) {
    Surroundings place;
    place.at_begin = true;
    size_t at = 0;
    std::vector<size_t> starts = {0};
    while (true) {
      place.at_end = at == text.size();
      place.after = place.at_end ? kNoCodePoint : NextCodePoint(text, at);
      Follow(starts, place);
      if (place.at_end) return seen_.back() == round_;
      starts.clear();
      for (size_t step : reading_) {
        if (Reads(program_.steps[step], place.after)) starts.push_back(step + 1);
      }
      if (starts.empty()) return false;
      place.before = place.after;
      place.at_begin = false;
    }
  }

 private:
  // Collects the steps that read, from `starts` on without reading.
  void Follow(const std::vector<size_t>& starts, const Surroundings& place) {
    ++round_;
    reading_.clear();
    for (size_t start : starts) Visit(start);
    while (!pending_.empty()) {
      const size_t at = pending_.back();
      pending_.pop_back();
      const RegexStep& step = program_.steps[at];
      const size_t target = at + static_cast<size_t>(static_cast<ptrdiff_t>(step.argument));
      switch (step.kind) {
        case RegexStep::kCharacter:
        case RegexStep::kFolded:
        case RegexStep::kSet:
          reading_.push_back(at);
          break;
        case RegexStep::kJump:
          Visit(target);
          break;
        case RegexStep::kSplit:
          Visit(at + 1);
          Visit(target);
          break;
        default:
          if (Holds(step.kind, place)) Visit(at + 1);
      }
    }
  }

  void Visit(size_t step) {
    if (seen_[step] == round_) return;
    seen_[step] = round_;
    if (step < program_.steps.size()) pending_.push_back(step);
  }

  bool Reads(const RegexStep& step, char32_t c) const {
    if (c == kNoCodePoint) return false;
    switch (step.kind) {
      case RegexStep::kCharacter:
        return c == static_cast<char32_t>(step.argument);
      case RegexStep::kFolded:
        return FoldCase(c) == static_cast<char32_t>(step.argument);
      default:
        return program_.sets[static_cast<size_t>(step.argument)].Contains(c);
    }
  }

  const RegexProgram& program_;
  uint64_t round_ = 0;
  std::vector<uint64_t> seen_;  // by step, and one for the end: the round that reached it
  std::vector<size_t> pending_;
  std::vector<size_t> reading_;
};

}  // namespace

void CharacterSet::Add(Range range, bool fold) {
  ranges_.push_back(range);
  folds_ = folds_ || fold;
  if (!fold || range.first != range.last) return;
  const char32_t folded = FoldCase(range.first);
  ranges_.push_back({folded, folded});
}

bool CharacterSet::HasInRange(char32_t c) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const Range& range) { return c >= range.first && c <= range.last; });
}

bool CharacterSet::Contains(char32_t c) const {
  bool has = HasInRange(c);
  if (!has && folds_) {
    has = HasInRange(ToLowerCase(c)) || HasInRange(ToUpperCase(c)) || HasInRange(FoldCase(c));
  }
  return has != negated_;
}

bool FullMatch(const RegexProgram& program, std::string_view text) {
  return RegexRun(program).Matches(text);
}

}  // namespace quantab
