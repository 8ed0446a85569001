// How calls end: C++ exceptions never cross to JavaScript. A bound function returns {value} or
// {error}, the latter an Error as JSON text.
#pragma once

#include <emscripten/val.h>

#include <string>
#include <type_traits>

#include "core/api/json.h"

namespace quantab {

emscripten::val ErrorAnswer(const Error& error);

// {value: body()} or {error: "<json>"}. `body` returns void or anything emscripten::val takes.
template <class Body>
emscripten::val Answer(Body&& body) {
  try {
    return Guard([&] {
      emscripten::val answer = emscripten::val::object();
      if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
        body();
        answer.set("value", emscripten::val::undefined());
      } else {
        answer.set("value", body());
      }
      return answer;
    });
  } catch (const Error& error) {
    return ErrorAnswer(error);
  }
}

}  // namespace quantab
