#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/ops/regex.h"
#include "core/ops/text.h"
#include "core/ops/unicode_case.h"

namespace quantab {
namespace {

constexpr size_t kMostSteps = 1 << 16;
constexpr size_t kDeepestGroup = 1000;
constexpr int kMostRepeats = 1000;
constexpr int kNoLimit = -1;
constexpr char32_t kLastCodePoint = 0x10FFFF;
constexpr char32_t kLongS = 0x17F;
constexpr char32_t kKelvinSign = 0x212A;

using Range = CharacterSet::Range;
using Ranges = std::vector<Range>;
// Steps whose jumps stay inside them or go just behind them.
using Steps = std::vector<RegexStep>;

struct NamedClass {
  std::string_view name;
  Ranges ranges;
};

const std::vector<NamedClass>& NamedClasses() {
  static const std::vector<NamedClass> classes = {
      {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
      {"alpha", {{'A', 'Z'}, {'a', 'z'}}},
      {"ascii", {{0, 0x7F}}},
      {"blank", {{'\t', '\t'}, {' ', ' '}}},
      {"cntrl", {{0, 0x1F}, {0x7F, 0x7F}}},
      {"digit", {{'0', '9'}}},
      {"graph", {{'!', '~'}}},
      {"lower", {{'a', 'z'}}},
      {"print", {{' ', '~'}}},
      {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
      {"space", {{'\t', '\r'}, {' ', ' '}}},
      {"upper", {{'A', 'Z'}}},
      {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
      {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
  };
  return classes;
}

// What `ranges`, of ASCII, leave; `fold` says that case does not matter. Two letters beyond ASCII
// fold to some in it.
Ranges Complement(const Ranges& ranges, bool fold) {
  CharacterSet set;
  for (const Range& range : ranges) set.Add(range, fold);
  Ranges rest;
  char32_t next = 0;
  const auto leave_out = [&](char32_t c) {
    if (!set.Contains(c)) return;
    if (c > next) rest.push_back({next, c - 1});
    next = c + 1;
  };
  for (char32_t c = 0; c < 0x80; ++c) leave_out(c);
  leave_out(kLongS);
  leave_out(kKelvinSign);
  rest.push_back({next, kLastCodePoint});
  return rest;
}

// The ranges of \d, \s, \w and their opposites; none for another letter.
Ranges PerlClass(char letter, bool fold) {
  switch (letter) {
    case 'd':
      return {{'0', '9'}};
    case 's':
      return {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
    case 'w':
      return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    case 'D':
    case 'S':
    case 'W':
      return Complement(PerlClass(static_cast<char>(letter - 'A' + 'a'), fold), fold);
    default:
      return {};
  }
}

struct Flags {
  bool fold = false;       // i
  bool lines = false;      // m: ^ and $ match at lines, too
  bool dot_lines = false;  // s: the dot matches a newline
};

// An open group, and what has been read of it.
struct Group {
  std::vector<Steps> alternatives;
  Steps sequence;  // of the last alternative, without its last part
  Steps last;      // the part that a repetition would repeat
  bool has_last = false;
  bool repeated = false;  // the last part is a repetition
  Flags outside;          // the flags after the group
};

struct Repeat {
  int least = 0;
  int most = kNoLimit;
};

class RegexParser {
 public:
  explicit RegexParser(std::string_view pattern) : pattern_(pattern), groups_(1) {}

  RegexProgram Parse() {
    while (!AtEnd()) ParseNext();
    if (groups_.size() != 1) Fail("a ')' is missing");
    program_.steps = TakeGroup();
    return std::move(program_);
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    ThrowInvalidModel("attribute 'pattern' is no regular expression: " + what + " in '" +
                      Shorten(pattern_) + "'.");
  }
  [[noreturn]] void NotSupported(const std::string& what) const {
    ThrowUnsupported("attribute 'pattern' has " + what + ", which is not supported: '" +
                     Shorten(pattern_) + "'.");
  }

  // --- reading ---

  bool AtEnd() const { return at_ == pattern_.size(); }
  bool Skip(std::string_view text) {
    if (pattern_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }
  char32_t Next() {
    if (AtEnd()) Fail("something is missing at the end");
    const char32_t c = NextCodePoint(pattern_, at_);
    if (c == kNoCodePoint) Fail("there are bytes that are no UTF-8");
    return c;
  }

  void ParseNext() {
    if (ParseRepetition()) return;
    if (Skip("\\Q")) return ParseQuotation();
    if (Skip("[")) return ParseSet();
    if (Skip("(?")) return ParseFlagsOrGroup();
    if (Skip("(")) return OpenGroup(flags_);
    if (Skip(")")) return CloseGroup();
    if (Skip("|")) return NextAlternative();
    if (Skip("^")) return PushStep({flags_.lines ? RegexStep::kLineBegin : RegexStep::kTextBegin});
    if (Skip("$")) return PushStep({flags_.lines ? RegexStep::kLineEnd : RegexStep::kTextEnd});
    if (Skip(".")) return PushDot();
    if (Skip("\\")) return ParseEscape();
    PushCharacter(Next());
  }

  void ParseQuotation() {
    while (!AtEnd() && !Skip("\\E")) PushCharacter(Next());
  }

  void ParseEscape() {
    if (Skip("A")) return PushStep({RegexStep::kTextBegin});
    if (Skip("z")) return PushStep({RegexStep::kTextEnd});
    if (Skip("b")) return PushStep({RegexStep::kWordBoundary});
    if (Skip("B")) return PushStep({RegexStep::kNoWordBoundary});
    if (Skip("C")) NotSupported("\\C");
    const Ranges ranges = ParsePerlClass();
    if (!ranges.empty()) return PushClass(ranges);
    PushCharacter(EscapedCharacter());
  }

  // After a backslash: the ranges of a class; none, and nothing read, where there is no class.
  Ranges ParsePerlClass() {
    if (AtEnd()) Fail("something is missing after '\\'");
    const char letter = pattern_[at_];
    if (letter == 'p' || letter == 'P') NotSupported(std::string("\\") + letter);
    Ranges ranges = PerlClass(letter, flags_.fold);
    if (!ranges.empty()) ++at_;
    return ranges;
  }

  // After a backslash: the character that the escape stands for.
  char32_t EscapedCharacter() {
    const char32_t c = Next();
    switch (c) {
      case 'a':
        return '\a';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'v':
        return '\v';
      case 'x':
        return Hexadecimal();
      default:
        break;
    }
    if (c >= '0' && c <= '7') return Octal(c);
    const bool is_word =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80;
    if (is_word) Fail("an escape is unknown");
    return c;
  }

  // Up to three digits; a single one other than 0 would refer to a group.
  char32_t Octal(char32_t first) {
    const auto digit = [&] { return !AtEnd() && pattern_[at_] >= '0' && pattern_[at_] <= '7'; };
    if (first != '0' && !digit()) Fail("a group is referred to");
    char32_t value = first - '0';
    for (int more = 0; more < 2 && digit(); ++more) value = value * 8 + (Next() - '0');
    return value;
  }

  std::optional<char32_t> HexadecimalDigit() {
    const char32_t c = FoldCase(Next());
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return std::nullopt;
  }

  char32_t Hexadecimal() {
    const bool braces = Skip("{");
    char32_t value = 0;
    for (int digits = 0; braces || digits < 2; ++digits) {
      if (digits > 0 && braces && Skip("}")) break;
      const std::optional<char32_t> digit = HexadecimalDigit();
      if (!digit) Fail("a hexadecimal digit is missing");
      value = value * 16 + *digit;
      if (value > kLastCodePoint) Fail("a code point is too large");
    }
    return value;
  }

  // --- sets ---

  // After '['.
  void ParseSet() {
    CharacterSet set;
    if (Skip("^")) set.Negate();
    for (bool first = true; first || !Skip("]"); first = false) ParseSetItem(set);
    PushSet(std::move(set));
  }

  void ParseSetItem(CharacterSet& set) {
    if (ParseNamedClass(set)) return;
    if (pattern_.substr(at_, 1) == "\\") {
      ++at_;
      const Ranges ranges = ParsePerlClass();
      for (const Range& range : ranges) set.Add(range, flags_.fold);
      if (!ranges.empty()) return;
      --at_;
    }
    const char32_t first = SetCharacter();
    char32_t last = first;
    const std::string_view ahead = pattern_.substr(at_, 2);
    if (ahead.size() == 2 && ahead[0] == '-' && ahead[1] != ']') {
      ++at_;
      last = SetCharacter();
    }
    if (first > last) Fail("a range is reversed");
    set.Add({first, last}, flags_.fold);
  }

  char32_t SetCharacter() {
    const char32_t c = Next();
    return c == '\\' ? EscapedCharacter() : c;
  }

  // [:alpha:] or [:^alpha:].
  bool ParseNamedClass(CharacterSet& set) {
    if (pattern_.substr(at_, 2) != "[:") return false;
    const size_t end = pattern_.find(":]", at_ + 2);
    if (end == std::string_view::npos) return false;
    std::string_view name = pattern_.substr(at_ + 2, end - at_ - 2);
    const bool negated = name.starts_with('^');
    if (negated) name.remove_prefix(1);
    const auto& classes = NamedClasses();
    const auto found = std::find_if(classes.begin(), classes.end(),
                                    [&](const NamedClass& named) { return named.name == name; });
    if (found == classes.end()) Fail("a class of characters is unknown");
    for (const Range& range : negated ? Complement(found->ranges, flags_.fold) : found->ranges) {
      set.Add(range, flags_.fold);
    }
    at_ = end + 2;
    return true;
  }

  // --- groups ---

  // After "(?".
  void ParseFlagsOrGroup() {
    if (Skip("P<") || Skip("<")) {
      const size_t end = pattern_.find('>', at_);
      if (end == std::string_view::npos || end == at_) Fail("a group's name is missing");
      const bool is_name = std::all_of(pattern_.begin() + static_cast<ptrdiff_t>(at_),
                                       pattern_.begin() + static_cast<ptrdiff_t>(end), [](char c) {
                                         return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                                (c >= 'a' && c <= 'z') || c == '_';
                                       });
      if (!is_name) Fail("a group's name has other characters than letters, digits and '_'");
      at_ = end + 1;
      return OpenGroup(flags_);
    }
    const Flags outside = flags_;
    bool value = true;
    while (true) {
      const char32_t c = Next();
      if (c == ':') return OpenGroup(outside);
      if (c == ')') break;
      if (c == '-' && value) {
        value = false;
      } else if (c == 'i') {
        flags_.fold = value;
      } else if (c == 'm') {
        flags_.lines = value;
      } else if (c == 's') {
        flags_.dot_lines = value;
      } else if (c != 'U') {  // which of the possible matches is found makes no difference
        Fail("'(?' is followed by something unknown");
      }
    }
    // What is in front of flags may be repeated once more behind them.
    groups_.back().repeated = false;
  }

  void OpenGroup(Flags outside) {
    if (groups_.size() > kDeepestGroup) NotSupported("groups too deep inside each other");
    groups_.emplace_back();
    groups_.back().outside = outside;
  }

  void CloseGroup() {
    if (groups_.size() == 1) Fail("a ')' is too many");
    flags_ = groups_.back().outside;
    Steps steps = TakeGroup();
    groups_.pop_back();
    Push(std::move(steps));
  }

  void NextAlternative() {
    Group& group = groups_.back();
    FinishLast(group);
    group.alternatives.push_back(std::exchange(group.sequence, {}));
  }

  // The steps of the innermost group.
  Steps TakeGroup() {
    Group& group = groups_.back();
    FinishLast(group);
    if (group.alternatives.empty()) return std::move(group.sequence);
    group.alternatives.push_back(std::move(group.sequence));
    size_t size = 2 * (group.alternatives.size() - 1);
    for (const Steps& steps : group.alternatives) size += steps.size();
    CheckSize(size);
    Steps all;
    all.reserve(size);
    for (const Steps& steps : group.alternatives) {
      const bool is_last = &steps == &group.alternatives.back();
      if (!is_last) all.push_back({RegexStep::kSplit, static_cast<int32_t>(steps.size()) + 2});
      all.insert(all.end(), steps.begin(), steps.end());
      if (!is_last) all.push_back({RegexStep::kJump, static_cast<int32_t>(size - all.size())});
    }
    return all;
  }

  // --- parts and repetitions ---

  void CheckSize(size_t steps) const {
    if (steps > kMostSteps) NotSupported("more than " + std::to_string(kMostSteps) + " steps");
  }

  void FinishLast(Group& group) {
    if (group.sequence.empty()) {
      group.sequence = std::move(group.last);
    } else {
      CheckSize(group.sequence.size() + group.last.size());
      group.sequence.insert(group.sequence.end(), group.last.begin(), group.last.end());
    }
    group.last.clear();
    group.has_last = false;
    group.repeated = false;
  }

  void Push(Steps steps) {
    Group& group = groups_.back();
    FinishLast(group);
    group.last = std::move(steps);
    group.has_last = true;
  }
  void PushStep(RegexStep step) { Push(Steps{step}); }

  void PushCharacter(char32_t c) {
    if (flags_.fold) return PushStep({RegexStep::kFolded, static_cast<int32_t>(FoldCase(c))});
    PushStep({RegexStep::kCharacter, static_cast<int32_t>(c)});
  }

  void PushSet(CharacterSet set) {
    program_.sets.push_back(std::move(set));
    PushStep({RegexStep::kSet, static_cast<int32_t>(program_.sets.size()) - 1});
  }

  void PushClass(const Ranges& ranges) {
    CharacterSet set;
    for (const Range& range : ranges) set.Add(range, flags_.fold);
    PushSet(std::move(set));
  }

  void PushDot() {
    CharacterSet set;
    if (!flags_.dot_lines) set.Add({'\n', '\n'}, false);
    set.Negate();
    PushSet(std::move(set));
  }

  // A number of repetitions, capped; none where there is none.
  std::optional<int> ParseCount() {
    const size_t begin = at_;
    int value = 0;
    while (!AtEnd() && pattern_[at_] >= '0' && pattern_[at_] <= '9') {
      value = std::min(value * 10 + (pattern_[at_] - '0'), kMostRepeats + 1);
      ++at_;
    }
    const bool leading_zero = at_ - begin > 1 && pattern_[begin] == '0';
    if (at_ == begin || leading_zero) return std::nullopt;
    return value;
  }

  // {n}, {n,} or {n,m}; a brace that begins nothing of the kind is a character.
  std::optional<Repeat> ParseBraces() {
    const size_t begin = at_;
    if (!Skip("{")) return std::nullopt;
    Repeat repeat;
    const std::optional<int> least = ParseCount();
    bool valid = least.has_value();
    repeat.least = repeat.most = least.value_or(0);
    if (valid && Skip(",")) {
      const bool open = pattern_.substr(at_, 1) == "}";
      const std::optional<int> most = open ? kNoLimit : ParseCount();
      valid = most.has_value();
      repeat.most = most.value_or(kNoLimit);
    }
    if (!valid || !Skip("}")) {
      at_ = begin;
      return std::nullopt;
    }
    const bool reversed = repeat.most != kNoLimit && repeat.most < repeat.least;
    if (reversed || std::max(repeat.least, repeat.most) > kMostRepeats) {
      Fail("a number of repetitions is not possible");
    }
    return repeat;
  }

  bool ParseRepetition() {
    std::optional<Repeat> repeat;
    if (Skip("*")) {
      repeat = Repeat{0, kNoLimit};
    } else if (Skip("+")) {
      repeat = Repeat{1, kNoLimit};
    } else if (Skip("?")) {
      repeat = Repeat{0, 1};
    } else {
      repeat = ParseBraces();
    }
    if (!repeat) return false;
    Group& group = groups_.back();
    if (!group.has_last) Fail("there is nothing to be repeated");
    if (group.repeated) Fail("a repetition is repeated");
    Skip("?");  // how much is matched first makes no difference
    group.last = Repeated(group.last, *repeat);
    group.repeated = true;
    return true;
  }

  Steps Repeated(const Steps& part, Repeat repeat) const {
    const int copies = std::max(repeat.least, repeat.most == kNoLimit ? 1 : repeat.most);
    CheckSize((part.size() + 2) * static_cast<size_t>(copies));
    const int32_t size = static_cast<int32_t>(part.size());
    Steps steps;
    const auto append = [&] { steps.insert(steps.end(), part.begin(), part.end()); };
    for (int i = 0; i < repeat.least; ++i) append();
    if (repeat.most != kNoLimit) {
      for (int i = repeat.least; i < repeat.most; ++i) {
        steps.push_back({RegexStep::kSplit, size + 1});
        append();
      }
    } else if (repeat.least > 0) {
      // Back to before the last copy, or on.
      steps.push_back({RegexStep::kSplit, -size});
    } else {
      steps.push_back({RegexStep::kSplit, size + 2});
      append();
      steps.push_back({RegexStep::kJump, -size - 1});
    }
    return steps;
  }

  std::string_view pattern_;
  size_t at_ = 0;
  Flags flags_;
  std::vector<Group> groups_;
  RegexProgram program_;
};

}  // namespace

RegexProgram ParseRegex(std::string_view pattern) { return RegexParser(pattern).Parse(); }

}  // namespace quantab
