// Visitors of an options struct's Describe(): reading from JSON, and describing as JSON. Internal
// to the API layer.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/error.h"
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

// The spelling of an option's type in descriptions: "bool", "number", "string", "list", "choice".
template <class T>
constexpr std::string_view OptionTypeName() {
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::optional<bool>>) return "bool";
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, std::optional<double>>) {
    return "number";
  }
  if constexpr (std::is_same_v<T, std::vector<std::string>>) return "list";
  if constexpr (std::is_same_v<T, QuantType>) return "choice";
  return "string";
}

inline constexpr std::string_view kQuantTypeNames[] = {"QInt8", "QUInt8"};

// What a JSON value has to be for an option of type T; empty when it fits and was stored.
template <class T>
std::string Store(const nlohmann::ordered_json& value, T& member) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) return "true or false";
    member = value.get<bool>();
  } else if constexpr (std::is_same_v<T, double>) {
    if (!value.is_number()) return "a number";
    member = value.get<double>();
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
    const auto found = std::find(std::begin(kQuantTypeNames), std::end(kQuantTypeNames),
                                 value.is_string() ? value.get<std::string>() : "");
    if (found == std::end(kQuantTypeNames)) return "'QInt8' or 'QUInt8'";
    member = static_cast<QuantType>(found - std::begin(kQuantTypeNames));
  } else {
    if (value.is_null()) {
      member.reset();
      return "";
    }
    typename T::value_type inner{};
    std::string wanted = Store(value, inner);
    if (wanted.empty()) member = inner;
    return wanted;
  }
  return "";
}

// Takes options out of a JSON object; what is left over at the end is unknown.
class JsonReader {
 public:
  explicit JsonReader(nlohmann::ordered_json object) : object_(std::move(object)) {
    const auto extra = object_.find("extraOptions");
    if (extra != object_.end()) {
      extra_ = *extra;
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
      ThrowInvalidArgument("There is no option '" + object_.begin().key() + "'. The options are " +
                           known_ + ".");
    }
    if (!extra_.empty()) {
      ThrowInvalidArgument("There is no extra option '" + extra_.begin().key() +
                           "'. The extra options are " + known_extra_ + ".");
    }
  }

 private:
  template <class T>
  static void Take(nlohmann::ordered_json& object, const std::string& key, T& member) {
    const auto found = object.find(key);
    if (found == object.end()) return;
    const std::string wanted = Store(*found, member);
    if (!wanted.empty()) {
      ThrowInvalidArgument("Option '" + key + "' is " + found->dump() + ", expected " + wanted +
                           ".");
    }
    object.erase(found);
  }

  nlohmann::ordered_json object_;
  nlohmann::ordered_json extra_ = nlohmann::ordered_json::object();
  std::string known_, known_extra_;
};

template <class Options>
Options OptionsFromJson(std::string_view text) {
  nlohmann::ordered_json object = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!object.is_object() ||
      (object.contains("extraOptions") && !object["extraOptions"].is_object())) {
    ThrowInvalidArgument("Options must be a JSON object, and so must 'extraOptions' in it.");
  }
  Options options;
  JsonReader reader(std::move(object));
  Describe(options, reader);
  reader.CheckNothingIsLeft();
  return options;
}

}  // namespace quantab
