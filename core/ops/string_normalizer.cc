// StringNormalizer (ai.onnx, since 10): the strings that are no stop words, in upper or lower case.
// When none is left there is one, which is empty. Case is Unicode's, whatever the locale.
#include <unordered_set>

#include "core/ops/text.h"
#include "core/ops/unicode_case.h"

namespace quantab {
namespace {

using CaseMapping = char32_t (*)(char32_t);

// Bytes that are no UTF-8 stay as they are. `mapping` may be nullptr: no change.
std::string Mapped(const std::string& text, CaseMapping mapping) {
  if (mapping == nullptr) return text;
  std::string mapped;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = NextCodePoint(text, at);
    if (c == kNoCodePoint) {
      mapped.append(text, begin, at - begin);
    } else {
      AppendCodePoint(mapped, mapping(c));
    }
  }
  return mapped;
}

CaseMapping MappingOf(const OpContext& c) {
  const std::string action = c.attributes().String("case_change_action", "NONE");
  if (action == "NONE") return nullptr;
  if (action == "LOWER") return ToLowerCase;
  if (action == "UPPER") return ToUpperCase;
  c.Invalid("attribute 'case_change_action' is '" + action +
            "', expected 'NONE', 'LOWER' or 'UPPER'.");
}

void Compute(OpContext& c) {
  const std::vector<std::string>& x = StringInput(c, 0);
  Shape shape = c.Input(0).shape();
  if (shape.size() != 1 && !(shape.size() == 2 && shape[0] == 1)) {
    c.Invalid("input 0 has shape " + ToString(shape) + ", expected [C] or [1,C].");
  }
  const CaseMapping mapping = MappingOf(c);
  // Words are compared in one case where case does not matter.
  CaseMapping compared = nullptr;
  if (c.attributes().Int("is_case_sensitive", 0) == 0) {
    compared = mapping == nullptr ? ToLowerCase : mapping;
  }
  std::unordered_set<std::string> stop_words;
  for (const std::string& word : c.attributes().Strings("stopwords")) {
    stop_words.insert(Mapped(word, compared));
  }
  std::vector<std::string> kept;
  for (const std::string& text : x) {
    if (stop_words.contains(Mapped(text, compared))) continue;
    kept.push_back(Mapped(text, mapping));
  }
  if (kept.empty()) kept.emplace_back();
  shape.back() = static_cast<int64_t>(kept.size());
  c.Output(0, DType::kString, std::move(shape)).mutable_strings() = std::move(kept);
}

}  // namespace

QUANTAB_REGISTER(ops, string_normalizer) {
  r.Add({.name = "StringNormalizer", .since = 10, .compute = Compute});
}

}  // namespace quantab
