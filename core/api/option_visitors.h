// Visitors of an options struct's Describe(): reading from JSON, and describing as JSON. Internal
// to the API layer.
#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/error.h"
#include "core/quant/config.h"
#include "core/quant/options.h"

namespace quantab {

inline std::string CamelCase(std::string_view snake) {
  std::string out;
  for (size_t i = 0; i < snake.size(); ++i) {
    if (snake[i] == '_' && i + 1 < snake.size()) {
      ++i;
      out +=
          static_cast<char>(snake[i] >= 'a' && snake[i] <= 'z' ? snake[i] - 'a' + 'A' : snake[i]);
    } else {
      out += snake[i];
    }
  }
  return out;
}

// The spelling of an option's type in descriptions: "bool", "number", "string", "list", "choice",
// or "json" for what is an object.
template <class T>
constexpr std::string_view OptionTypeName() {
  if constexpr (requires { typename T::value_type; } && requires(T t) { t.has_value(); }) {
    return OptionTypeName<typename T::value_type>();
  } else if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else if constexpr (std::is_arithmetic_v<T>) {
    return "number";
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return "list";
  } else if constexpr (std::is_same_v<T, QuantType>) {
    return "choice";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "string";
  } else {
    return "json";
  }
}

template <class Options>
void ReadObject(nlohmann::ordered_json object, Options& options, const std::string& what);

inline std::string QuantTypeChoices() {
  std::string names;
  for (const QuantTypeInfo& info : kQuantTypes) {
    names += (names.empty() ? "'" : ", '") + std::string(info.name) + "'";
  }
  return "one of " + names;
}

// What a JSON value has to be for an option of type T; empty when it fits and was stored. `name` is
// the option's, for what is wrong deeper inside.
template <class T>
std::string Store(const std::string& name, const nlohmann::ordered_json& value, T& member) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) return "true or false";
    member = value.get<bool>();
  } else if constexpr (std::is_same_v<T, double>) {
    if (!value.is_number()) return "a number";
    member = value.get<double>();
  } else if constexpr (std::is_same_v<T, int64_t>) {
    // JavaScript and the command line have no integers of their own.
    const double number = value.is_number() ? value.get<double>() : 0.5;
    if (number != std::trunc(number) || std::fabs(number) > 9007199254740992.0) {
      return "a whole number";
    }
    member = static_cast<int64_t>(number);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) return "a string";
    member = value.get<std::string>();
  } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    const auto is_string = [](const nlohmann::ordered_json& item) { return item.is_string(); };
    if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_string)) {
      return "a list of strings";
    }
    member = value.get<std::vector<std::string>>();
  } else if constexpr (std::is_same_v<T, QuantType>) {
    const std::string given = value.is_string() ? value.get<std::string>() : "";
    const auto found = std::find_if(std::begin(kQuantTypes), std::end(kQuantTypes),
                                    [&](const QuantTypeInfo& info) { return info.name == given; });
    if (found == std::end(kQuantTypes)) return QuantTypeChoices();
    member = static_cast<QuantType>(found - std::begin(kQuantTypes));
  } else if constexpr (requires { member.has_value(); }) {
    if (value.is_null()) {
      member.reset();
      return "";
    }
    typename T::value_type inner{};
    std::string wanted = Store(name, value, inner);
    if (wanted.empty()) member = std::move(inner);
    return wanted;
  } else if constexpr (requires { typename T::mapped_type; }) {
    if (!value.is_object()) return "an object";
    member.clear();
    for (const auto& [key, inner] : value.items()) {
      const std::string wanted = Store(name + "." + key, inner, member[key]);
      if (!wanted.empty()) return "an object whose '" + key + "' is " + wanted;
    }
  } else if constexpr (requires { member.push_back({}); }) {
    if (!value.is_array()) return "a list";
    member.clear();
    for (const auto& inner : value) {
      const std::string wanted = Store(name, inner, member.emplace_back());
      if (!wanted.empty()) return "a list of which each is " + wanted;
    }
  } else {
    if (!value.is_object()) return "an object";
    ReadObject(value, member, " of '" + name + "'");
  }
  return "";
}

// Takes options out of a JSON object; what is left over at the end is unknown.
class JsonReader {
 public:
  // `what` is said after an option's name where it is not one of the conversion's.
  explicit JsonReader(nlohmann::ordered_json object, std::string what = "")
      : object_(std::move(object)), what_(std::move(what)) {
    for (const char* key : {"extraOptions", "extra_options"}) {
      const auto extra = object_.find(key);
      if (extra == object_.end()) continue;
      if (!extra->is_object()) {
        ThrowInvalidArgument("Option '" + std::string(key) + "' is " + extra->dump() +
                             ", expected an object.");
      }
      extra_.update(*extra);
      object_.erase(extra);
    }
  }

  template <class T>
  void Option(std::string_view name, T& member, std::string_view, std::string_view extra_key) {
    Take(object_, std::string(name), member);
    Take(object_, CamelCase(name), member);
    known_ += (known_.empty() ? "'" : ", '") + CamelCase(name) + "'";
    if (!extra_key.empty()) {
      Take(extra_, std::string(extra_key), member);
      known_extra_ += (known_extra_.empty() ? "'" : ", '") + std::string(extra_key) + "'";
    }
  }

  void CheckNothingIsLeft() const {
    if (!object_.empty()) {
      ThrowInvalidArgument("There is no option '" + object_.begin().key() + "'" + what_ +
                           ". The options are " + known_ + ".");
    }
    if (!extra_.empty()) {
      ThrowInvalidArgument("There is no extra option '" + extra_.begin().key() + "'" + what_ +
                           ". The extra options are " + known_extra_ + ".");
    }
  }

 private:
  template <class T>
  void Take(nlohmann::ordered_json& object, const std::string& key, T& member) const {
    const auto found = object.find(key);
    if (found == object.end()) return;
    const std::string wanted = Store(key, *found, member);
    if (!wanted.empty()) {
      ThrowInvalidArgument("Option '" + key + "'" + what_ + " is " + found->dump() + ", expected " +
                           wanted + ".");
    }
    object.erase(found);
  }

  nlohmann::ordered_json object_;
  nlohmann::ordered_json extra_ = nlohmann::ordered_json::object();
  std::string what_, known_, known_extra_;
};

template <class Options>
void ReadObject(nlohmann::ordered_json object, Options& options, const std::string& what) {
  if constexpr (std::is_same_v<Options, StaticOptions>) {
    // What is given counts more than the defaults of the configuration, in whatever order they
    // come.
    Options given = options;
    JsonReader first(object, what);
    Describe(given, first);
    SwitchConfig(options, given.config);
  }
  JsonReader reader(std::move(object), what);
  Describe(options, reader);
  reader.CheckNothingIsLeft();
}

template <class Options>
Options OptionsFromJson(std::string_view text) {
  nlohmann::ordered_json object = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!object.is_object()) ThrowInvalidArgument("Options must be a JSON object.");
  Options options;
  ReadObject(std::move(object), options, "");
  return options;
}

}  // namespace quantab
