// The types of options as TypeScript writes them, by their C++ types. Internal to the API layer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/api/option_visitors.h"
#include "core/quant/options.h"

namespace quantab {

template <class T>
std::string TypeText();

// Lists an object's members: "{ scale?: number; axis?: number }".
class MemberLister {
 public:
  template <class T>
  void Option(std::string_view name, const T&, std::string_view, std::string_view) {
    text_ += (text_.empty() ? "" : "; ") + CamelCase(name) + "?: " + TypeText<T>();
  }
  std::string text() const { return "{ " + text_ + " }"; }

 private:
  std::string text_;
};

template <class T>
std::string TypeText() {
  if constexpr (requires(T t) { t.has_value(); }) {
    return TypeText<typename T::value_type>();
  } else if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (std::is_arithmetic_v<T>) {
    return "number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "string";
  } else if constexpr (std::is_same_v<T, QuantType>) {
    std::string text;
    for (const QuantTypeInfo& info : kQuantTypes) {
      text += (text.empty() ? "'" : " | '") + std::string(info.name) + "'";
    }
    return text;
  } else if constexpr (requires { typename T::mapped_type; }) {
    return "Record<string, " + TypeText<typename T::mapped_type>() + ">";
  } else if constexpr (requires { typename T::value_type; }) {
    return TypeText<typename T::value_type>() + "[]";
  } else {
    MemberLister members;
    const T defaults = {};
    Describe(defaults, members);
    return members.text();
  }
}

}  // namespace quantab
