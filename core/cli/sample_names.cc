#include "core/cli/sample_names.h"

#include <algorithm>
#include <utility>

namespace quantab {
namespace {

constexpr size_t kLeastExtension = 2, kMostExtension = 5;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Without spaces around it or "./" before it, and with '/' between folders.
std::string Plain(std::string_view name) {
  constexpr std::string_view kSpace = " \t";
  const size_t begin = std::min(name.find_first_not_of(kSpace), name.size());
  const size_t end = name.find_last_not_of(kSpace) + 1;
  std::string text(name.substr(begin, std::max(begin, end) - begin));
  std::replace(text.begin(), text.end(), '\\', '/');
  while (text.starts_with('/') || text.starts_with("./")) text.erase(0, text[0] == '/' ? 1 : 2);
  return text;
}

// Names such as "v1.5" have no extension.
std::string_view WithoutExtension(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return name;
  const std::string_view extension = name.substr(dot + 1);
  const bool is_one = extension.size() >= kLeastExtension && extension.size() <= kMostExtension &&
                      IsLetter(extension[0]) &&
                      std::all_of(extension.begin(), extension.end(),
                                  [](char c) { return IsLetter(c) || IsDigit(c); });
  return is_one ? name.substr(0, dot) : name;
}

// Takes the first folder off a name. Tells whether there was one.
bool DropFolder(std::string_view& name) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return false;
  name.remove_prefix(slash + 1);
  return true;
}

void Add(std::vector<size_t>& samples, size_t sample) {
  if (samples.empty() || samples.back() != sample) samples.push_back(sample);
}

}  // namespace

SampleNames::SampleNames(std::vector<std::string> names) : names_(std::move(names)) {
  for (size_t i = 0; i < names_.size(); ++i) {
    const std::string plain = Plain(names_[i]);
    std::string_view ending = plain;
    do {
      Add(whole_[std::string(ending)], i);
      Add(bare_[std::string(WithoutExtension(ending))], i);
    } while (DropFolder(ending));
  }
}

const std::vector<size_t>& SampleNames::Find(std::string_view name) const {
  static const std::vector<size_t> none;
  const std::string plain = Plain(name);
  std::string_view ending = plain;
  do {
    if (const auto whole = whole_.find(ending); whole != whole_.end()) return whole->second;
    const auto bare = bare_.find(WithoutExtension(ending));
    if (bare != bare_.end()) return bare->second;
  } while (DropFolder(ending));
  return none;
}

}  // namespace quantab
