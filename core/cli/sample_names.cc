#include "core/cli/sample_names.h"

#include <algorithm>
#include <utility>

namespace quantab {
namespace {

// As a whole, as a name without extension, and without its own extension.
constexpr int kWaysToMatch = 3;
constexpr size_t kLeastExtension = 2, kMostExtension = 5;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Without spaces around it or "./" and "../" before it, and with '/' between folders.
std::string Plain(std::string_view name) {
  constexpr std::string_view kSpace = " \t";
  const size_t begin = std::min(name.find_first_not_of(kSpace), name.size());
  const size_t end = name.find_last_not_of(kSpace) + 1;
  std::string text(name.substr(begin, std::max(begin, end) - begin));
  std::replace(text.begin(), text.end(), '\\', '/');
  for (const std::string_view prefix : {"/", "./", "../"}) {
    if (text.starts_with(prefix)) return Plain(std::string_view(text).substr(prefix.size()));
  }
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

SampleNames::Found SampleNames::Find(std::string_view name) const {
  const std::string plain = Plain(name);
  std::string_view ending = plain;
  do {
    const bool is_whole = ending.size() == plain.size();
    const bool has_folder = ending.find('/') != std::string_view::npos;
    const auto depth = static_cast<int>(std::count(ending.begin(), ending.end(), '/'));
    int rank = kWaysToMatch * (depth + 1);
    for (const auto& [index, key] :
         {std::pair(&whole_, ending), {&bare_, ending}, {&bare_, WithoutExtension(ending)}}) {
      --rank;
      const auto at = index->find(key);
      if (at == index->end()) continue;
      std::vector<size_t> samples;
      for (const size_t sample : at->second) {
        // Without its folder the name is that of samples whose folders are not known.
        if (is_whole || has_folder || Plain(names_[sample]).find('/') == std::string::npos) {
          samples.push_back(sample);
        }
      }
      if (!samples.empty()) return {std::move(samples), rank};
    }
  } while (DropFolder(ending));
  return {};
}

}  // namespace quantab
