#include "wasm/thread_guard.h"

#include <emscripten/em_js.h>

#include <cstddef>

#include "core/base/parallel.h"

EM_JS_DEPS(quantab_guard_deps,
           "$getWasmTableEntry,$stackSave,$stackRestore,$stringToUTF8,$UTF8ToString");

using QuantabThreadBody = void (*)(void*);

// clang-format off
EM_JS(bool, QuantabRunGuarded, (QuantabThreadBody body, void* argument, char* reason, size_t room), {
  const stack = stackSave();
  try {
    getWasmTableEntry(body)(argument);
    return true;
  } catch (error) {
    stackRestore(stack);
    stringToUTF8(String(error?.message ?? error), reason, room);
    return false;
  }
});
EM_JS(void, QuantabTellStop, (const char* reason), {
  Module['onAbort']?.('a thread was ended: ' + UTF8ToString(reason));
});
// clang-format on

namespace quantab {
namespace {

// A trap, as nothing else passes by all catch (...) between here and JavaScript.
void Stop(const char* reason) {
  QuantabTellStop(reason);
  __builtin_trap();
}

}  // namespace

void SetGuardedThreads(int count) {
  SetThreadGuard({&QuantabRunGuarded, &Stop});
  SetThreads(count);
}

}  // namespace quantab
