# quantab_wasm: the WebAssembly module for browsers and Node, as an ES module and its .wasm:
# build/<preset>/quantab_simd.mjs or quantab_relaxed.mjs. Sizes are checked after each link.
file(GLOB wasm_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/wasm/*.cc)
if(NOT EMSCRIPTEN OR NOT wasm_sources OR NOT TARGET quantab_core)
  return()
endif()

add_executable(quantab_wasm ${wasm_sources})
quantab_precompile("^$" ${wasm_sources})
set(flavor simd)
if(QUANTAB_RELAXED_SIMD)
  set(flavor relaxed)
endif()
set(name quantab_${flavor})
target_compile_definitions(quantab_wasm PRIVATE QUANTAB_FLAVOR="${flavor}")
set_target_properties(quantab_wasm PROPERTIES OUTPUT_NAME ${name} SUFFIX .mjs)
target_link_libraries(quantab_wasm PRIVATE quantab_core embind)

# DYNAMIC_EXECUTION=0: no eval, so that the page's Content-Security-Policy can forbid it.
# FILESYSTEM=0: models come through sources and sinks, never through a virtual file system.
# ENVIRONMENT without node, USE_ES6_IMPORT_META=0: the package hands the glue a compiled module, so
# the glue imports nothing and names no file; it runs in Node as it is and bundlers find nothing in
# it to rewrite.
# EXPORTED_RUNTIME_METHODS, PTHREAD_POOL_SIZE_STRICT: the package makes the workers that threads run
# in, where it can and when a model first runs; without one no thread is started.
target_link_options(quantab_wasm PRIVATE
  -Os
  -sMODULARIZE -sEXPORT_ES6 -sEXPORT_NAME=createQuantab
  -sENVIRONMENT=web,worker -sUSE_ES6_IMPORT_META=0
  -sFILESYSTEM=0 -sDYNAMIC_EXECUTION=0 -sWASM_BIGINT
  -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=4GB -sSTACK_SIZE=1MB
  -sINCOMING_MODULE_JS_API=wasmBinary,instantiateWasm,locateFile,print,printErr,onAbort
  -sEXPORTED_RUNTIME_METHODS=PThread -sPTHREAD_POOL_SIZE_STRICT=2
  --pre-js ${CMAKE_SOURCE_DIR}/wasm/threads.js)
set_property(TARGET quantab_wasm APPEND PROPERTY LINK_DEPENDS ${CMAKE_SOURCE_DIR}/wasm/threads.js)

add_custom_command(TARGET quantab_wasm POST_BUILD
  COMMAND node ${CMAKE_SOURCE_DIR}/scripts/wasm_size.mjs $<TARGET_FILE_DIR:quantab_wasm> ${name}
  VERBATIM)
