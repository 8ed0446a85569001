#include "core/cli/samples.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "core/cli/natural_order.h"
#include "core/cli/paths.h"
#include "core/cli/tensor_file.h"

namespace quantab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSetFolder = "test_data_set_";

enum class Kind { kNpz, kNpy, kPb, kInputs, kSets };

// The digits of "<stem>_<digits>.pb", or empty.
std::string NumberIn(std::string_view path, std::string_view stem) {
  const std::string name = LowerCase(BaseName(path));
  const std::string prefix = std::string(stem) + "_";
  constexpr std::string_view kExtension = ".pb";
  if (!name.starts_with(prefix) || !name.ends_with(kExtension)) return "";
  if (name.size() <= prefix.size() + kExtension.size()) return "";
  const std::string digits =
      name.substr(prefix.size(), name.size() - prefix.size() - kExtension.size());
  return digits.find_first_not_of("0123456789") == std::string::npos ? digits : "";
}

bool IsNumberedInput(std::string_view path) { return !NumberIn(path, "input").empty(); }

std::optional<Kind> KindOf(std::string_view path) {
  switch (FormatOf(path)) {
    case TensorFormat::kNpz:
      return Kind::kNpz;
    case TensorFormat::kNpy:
      return Kind::kNpy;
    case TensorFormat::kPb:
      if (!NumberIn(path, "output").empty()) return std::nullopt;
      return IsNumberedInput(path) ? Kind::kInputs : Kind::kPb;
    case TensorFormat::kNone:
      return std::nullopt;
  }
  return std::nullopt;
}

// Whether 'npx quantab' reads samples from such a file although this program does not.
bool IsForPackage(std::string_view path) {
  constexpr std::string_view kExtensions[] = {".jpg", ".jpeg", ".png",   ".webp",
                                              ".wav", ".csv",  ".jsonl", ".zip"};
  const std::string name = LowerCase(path);
  return std::any_of(std::begin(kExtensions), std::end(kExtensions),
                     [&](std::string_view extension) { return name.ends_with(extension); });
}

// What is in a folder, sorted, and whether each is a folder itself.
std::vector<std::pair<std::string, bool>> List(const std::string& folder) {
  std::error_code error;
  std::vector<std::pair<std::string, bool>> entries;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    entries.emplace_back(InFolder(folder, at->path().filename().string()),
                         at->is_directory(unknown));
  }
  if (error) ThrowSystem(folder, "cannot be read", error);
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return NaturalLess(a.first, b.first); });
  return entries;
}

std::vector<std::string> NumberedInputsIn(const std::string& folder) {
  std::vector<std::string> files;
  for (auto& [path, is_folder] : List(folder)) {
    if (!is_folder && IsNumberedInput(path)) files.push_back(std::move(path));
  }
  return files;
}

[[noreturn]] void Bad(const std::string& file, const std::string& what) {
  Place place;
  place.file = file;
  ThrowInvalidArgument(what, place);
}

// "the model has 2 inputs: 'x', 'y'".
std::string HasInputs(const std::vector<InputInfo>& inputs) {
  std::string text = "the model has " + (inputs.empty() ? "no" : std::to_string(inputs.size())) +
                     " input" + (inputs.size() == 1 ? "" : "s");
  for (size_t i = 0; i < inputs.size(); ++i) {
    text += (i == 0 ? ": '" : ", '") + inputs[i].name + "'";
  }
  return text;
}

// The input that a tensor of `path` is for: the one of its name, that of the file's number, or the
// model's only one.
const std::string& InputFor(const std::string& name, const std::string& path,
                            const std::vector<InputInfo>& inputs) {
  for (const InputInfo& input : inputs) {
    if (input.name == name) return input.name;
  }
  const std::string number = NumberIn(path, "input");
  if (number.empty()) {
    if (inputs.size() == 1) return inputs.front().name;
    Bad(path, "'" + path + "' holds a tensor without the name of an input, but " +
                  HasInputs(inputs) + ". Use .npz files with these names.");
  }
  size_t index = 0;
  for (const char digit : number) {
    index = std::min(inputs.size(), index * 10 + static_cast<size_t>(digit - '0'));
  }
  if (index < inputs.size()) return inputs[index].name;
  Bad(path, "'" + path + "' is for input number " + number + ", counted from 0, but " +
                HasInputs(inputs) + ". Leave it out, or name its tensor after an input.");
}

}  // namespace

SampleFolder::SampleFolder(const std::string& folder, std::vector<InputInfo> inputs)
    : inputs_(std::move(inputs)) {
  std::map<Kind, std::string> kinds;  // and the first of each
  std::vector<std::string> numbered;
  std::string for_package;
  for (const auto& [path, is_folder] : List(folder)) {
    if (is_folder) {
      if (!BaseName(path).starts_with(kSetFolder)) continue;
      std::vector<std::string> files = NumberedInputsIn(path);
      if (files.empty()) continue;
      kinds.emplace(Kind::kSets, path);
      samples_.push_back(std::move(files));
    } else if (const std::optional<Kind> kind = KindOf(path)) {
      kinds.emplace(*kind, path);
      if (*kind == Kind::kInputs) {
        numbered.push_back(path);
      } else {
        samples_.push_back({path});
      }
    } else if (for_package.empty() && IsForPackage(path)) {
      for_package = path;
    }
  }
  if (!numbered.empty()) samples_.push_back(std::move(numbered));
  if (kinds.size() == 1) return;
  if (kinds.empty() && !for_package.empty()) {
    Bad(folder, "'" + folder + "' holds no arrays, but such files as '" +
                    std::string(BaseName(for_package)) +
                    "'. The native program reads arrays only (.npz, .npy, .pb); 'npx quantab' "
                    "reads pictures, sounds, texts and tables as well.");
  }
  std::string what = "no samples.";
  if (!kinds.empty()) {
    what = "several kinds of samples, such as '" + std::string(BaseName(kinds.begin()->second)) +
           "' and '" + std::string(BaseName(std::next(kinds.begin())->second)) + "'.";
  }
  Bad(folder, "'" + folder + "' holds " + what +
                  " Give one .npz per sample, one .npy or .pb per sample (models with one input), "
                  "or test_data_set_*/input_N.pb.");
}

std::vector<std::string> SampleFolder::Names() const {
  std::vector<std::string> names;
  for (const std::vector<std::string>& files : samples_) {
    const std::string& first = files.front();
    if (!IsNumberedInput(first)) {
      names.push_back(first);
      continue;
    }
    const size_t slash = first.rfind('/');
    names.push_back(slash == std::string::npos ? "." : first.substr(0, slash));
  }
  return names;
}

TensorMap SampleFolder::Read(size_t index) const {
  TensorMap sample;
  std::map<std::string, std::string> from;
  for (const std::string& path : samples_[index]) {
    TensorMap tensors = ReadTensors(path);
    if (FormatOf(path) == TensorFormat::kNpz) return tensors;
    for (auto& [name, tensor] : tensors) {
      const std::string& input = InputFor(name, path, inputs_);
      const auto [earlier, is_new] = from.emplace(input, path);
      if (!is_new) {
        Bad(path, "'" + earlier->second + "' and '" + path + "' are both for input '" + input +
                      "'. Leave one of them out.");
      }
      sample[input] = std::move(tensor);
    }
  }
  return sample;
}

}  // namespace quantab
