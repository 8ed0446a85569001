#include "wasm/answer.h"

namespace quantab {

emscripten::val ErrorAnswer(const Error& error) {
  emscripten::val answer = emscripten::val::object();
  answer.set("error", ToJson(error));
  return answer;
}

}  // namespace quantab
