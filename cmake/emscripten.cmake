# Toolchain file of the wasm presets: Emscripten's own, found by scripts/lib/emscripten.mjs.
# CMake reads a toolchain file many times in one configure; the environment carries the answer on.
if(NOT DEFINED ENV{QUANTAB_EMSCRIPTEN_TOOLCHAIN})
  execute_process(
    COMMAND node ${CMAKE_CURRENT_LIST_DIR}/../scripts/find_emscripten.mjs
    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "Emscripten was not found. Run: node scripts/setup.mjs")
  endif()
  set(ENV{QUANTAB_EMSCRIPTEN_TOOLCHAIN} ${found})
endif()
include($ENV{QUANTAB_EMSCRIPTEN_TOOLCHAIN})
