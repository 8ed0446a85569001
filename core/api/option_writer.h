// Options structs as JSON, by their Describe(): what is at its default is left out. Internal to the
// API layer.
#pragma once

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/quant/config.h"
#include "core/quant/options.h"

namespace quantab {

// One option's value. `extra_key` is its key under onnxruntime's extra_options, or empty.
struct WrittenOption {
  std::string name;
  std::string extra_key;
  nlohmann::ordered_json value;  // null when unset
};

class OptionWriter;

template <class Options>
nlohmann::ordered_json ToObject(const Options& options);

inline nlohmann::ordered_json ToJsonValue(QuantType type) { return std::string(NameOf(type)); }
inline nlohmann::ordered_json ToJsonValue(bool value) { return value; }
inline nlohmann::ordered_json ToJsonValue(int64_t value) { return value; }
inline nlohmann::ordered_json ToJsonValue(const std::string& value) { return value; }

// Whole numbers without a fraction, so that they read as they were written.
inline nlohmann::ordered_json ToJsonValue(double value) {
  constexpr double kExact = 9007199254740992.0;
  if (value == std::trunc(value) && std::fabs(value) < kExact) return static_cast<int64_t>(value);
  return value;
}

template <class T>
nlohmann::ordered_json ToJsonValue(const std::optional<T>& value);
template <class T>
nlohmann::ordered_json ToJsonValue(const std::map<std::string, T>& value);
template <class T>
nlohmann::ordered_json ToJsonValue(const std::vector<T>& value);
template <class T>
nlohmann::ordered_json ToJsonValue(const T& value)
  requires requires(OptionWriter& writer) { Describe(value, writer); }
{
  return ToObject(value);
}

template <class T>
nlohmann::ordered_json ToJsonValue(const std::optional<T>& value) {
  return value ? ToJsonValue(*value) : nlohmann::ordered_json();
}
template <class T>
nlohmann::ordered_json ToJsonValue(const std::map<std::string, T>& value) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [key, inner] : value) object[key] = ToJsonValue(inner);
  return object;
}
template <class T>
nlohmann::ordered_json ToJsonValue(const std::vector<T>& value) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& inner : value) list.push_back(ToJsonValue(inner));
  return list;
}

class OptionWriter {
 public:
  template <class T>
  void Option(std::string_view name, const T& member, std::string_view,
              std::string_view extra_key) {
    options_.push_back({std::string(name), std::string(extra_key), ToJsonValue(member)});
  }
  const std::vector<WrittenOption>& options() const { return options_; }

 private:
  std::vector<WrittenOption> options_;
};

// What options like these are when nothing else is given: by their configuration, if they have one.
template <class Options>
Options DefaultsLike(const Options& options) {
  Options defaults = {};
  if constexpr (std::is_same_v<Options, StaticOptions>) {
    defaults = DefaultsOfConfig(options.config);
    defaults.config = Options().config;
  }
  return defaults;
}

// The options that are not at their defaults, in the order of their description.
template <class Options>
std::vector<WrittenOption> ChangedOptions(const Options& options) {
  OptionWriter given, defaults;
  Describe(options, given);
  const Options fresh = DefaultsLike(options);
  Describe(fresh, defaults);
  std::vector<WrittenOption> changed;
  for (size_t i = 0; i < given.options().size(); ++i) {
    const WrittenOption& option = given.options()[i];
    if (option.value != defaults.options()[i].value) changed.push_back(option);
  }
  return changed;
}

template <class Options>
nlohmann::ordered_json ToObject(const Options& options) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  nlohmann::ordered_json extra = nlohmann::ordered_json::object();
  for (const WrittenOption& option : ChangedOptions(options)) {
    if (option.extra_key.empty()) {
      object[option.name] = option.value;
    } else {
      extra[option.extra_key] = option.value;
    }
  }
  if (!extra.empty()) object["extra_options"] = std::move(extra);
  return object;
}

}  // namespace quantab
