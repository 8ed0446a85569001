# The interface library quantab_third_party: onnx, protobuf-lite and the header-only libraries, from
# the prefix that scripts/third_party.mjs prints. The first configure with a new compiler builds them
# (minutes); later ones find them in the cache.
# Natively another compiler of the same binary interface can make them, so that two builds share one.
set(QUANTAB_THIRD_PARTY_CXX ${CMAKE_CXX_COMPILER} CACHE STRING
    "The compiler of the native third-party libraries")
if(EMSCRIPTEN)
  set(third_party_command node ${CMAKE_SOURCE_DIR}/scripts/third_party.mjs wasm)
else()
  set(third_party_command node ${CMAKE_SOURCE_DIR}/scripts/third_party.mjs native
                          --cxx ${QUANTAB_THIRD_PARTY_CXX})
endif()
execute_process(COMMAND ${third_party_command}
                OUTPUT_VARIABLE prefix OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "The third-party libraries could not be prepared; the reason is above.")
endif()
message(STATUS "Third-party libraries: ${prefix}")
set(QUANTAB_THIRD_PARTY_PREFIX ${prefix})

add_library(quantab_third_party INTERFACE)
target_include_directories(quantab_third_party SYSTEM INTERFACE ${prefix}/include)
target_compile_definitions(quantab_third_party INTERFACE
  ONNX_NAMESPACE=onnx ONNX_ML=1 ONNX_USE_LITE_PROTO=1 __ONNX_NO_DOC_STRINGS)
target_link_libraries(quantab_third_party INTERFACE
  ${prefix}/lib/libonnx.a ${prefix}/lib/libprotobuf-lite.a)
