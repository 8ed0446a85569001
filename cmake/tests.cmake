# quantab_tests: every file of tests/core, natively and as WebAssembly for Node (NODERAWFS: tests see
# real files). Tests run with the repository's root as working directory and name files from there.
# quantab_bench: every other file of tests/bench, on Google Benchmark, when QUANTAB_BENCH is on.
file(GLOB_RECURSE test_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/core/*.cc)
file(GLOB_RECURSE bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/bench/*.cc)
list(FILTER bench_sources EXCLUDE REGEX "(_twin|/peaks)\\.cc$")
if(NOT TARGET quantab_cli)
  list(FILTER test_sources EXCLUDE REGEX "/tests/core/cli/")
endif()

function(quantab_node_program target)
  if(EMSCRIPTEN)
    set_target_properties(${target} PROPERTIES SUFFIX .cjs)
    target_link_options(${target} PRIVATE -sNODERAWFS -sEXIT_RUNTIME -sALLOW_MEMORY_GROWTH
      -sMAXIMUM_MEMORY=4GB -sENVIRONMENT=node -sSTACK_SIZE=1MB)
  endif()
endfunction()

if(test_sources AND TARGET quantab_core)
  # Debian's package of GoogleTest is its source; the environment can name a copy elsewhere.
  set(googletest /usr/src/googletest)
  if(DEFINED ENV{QUANTAB_GOOGLETEST})
    set(googletest $ENV{QUANTAB_GOOGLETEST})
  endif()
endif()

# A machine that only builds what it runs needs no GoogleTest.
if(test_sources AND TARGET quantab_core AND EXISTS ${googletest}/CMakeLists.txt)
  set(INSTALL_GTEST OFF)
  set(BUILD_GMOCK ON)
  if(EMSCRIPTEN)
    set(gtest_disable_pthreads ON CACHE BOOL "" FORCE)
  endif()
  set(CMAKE_WARN_DEPRECATED OFF)
  add_subdirectory(${googletest} ${CMAKE_BINARY_DIR}/googletest EXCLUDE_FROM_ALL SYSTEM)

  add_executable(quantab_tests ${test_sources})
  quantab_tune_kernels("/tests/core/kernels/" ${test_sources})
  if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    # Their time goes into the core; unoptimised they take half as long to compile.
    target_compile_options(quantab_tests PRIVATE -O0)
  else()
    quantab_precompile("/tests/core/kernels/" ${test_sources})
  endif()
  target_link_libraries(quantab_tests PRIVATE quantab_core gmock_main)
  if(TARGET quantab_cli)
    target_link_libraries(quantab_tests PRIVATE quantab_cli)
  endif()
  quantab_node_program(quantab_tests)
endif()

# quantab_conformance: runs ONNX's backend test data, natively and as WebAssembly for Node.
file(GLOB conformance_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/conformance/*.cc)
if(conformance_sources AND TARGET quantab_core)
  add_executable(quantab_conformance EXCLUDE_FROM_ALL ${conformance_sources})
  quantab_precompile("^$" ${conformance_sources})
  target_link_libraries(quantab_conformance PRIVATE quantab_core)
  quantab_node_program(quantab_conformance)
endif()

# quantab_convert_twin: what tests/bench/convert.mjs measures conversions within.
if(TARGET quantab_cli)
  add_executable(quantab_convert_twin EXCLUDE_FROM_ALL tests/bench/convert_twin.cc)
  target_link_libraries(quantab_convert_twin PRIVATE quantab_core)
endif()

# quantab_peaks: the most that a machine does of one instruction, for tests/bench/peers.mjs.
if(EMSCRIPTEN)
  set(peaks ${CMAKE_SOURCE_DIR}/tests/bench/peers/peaks.cc)
  add_executable(quantab_peaks EXCLUDE_FROM_ALL ${peaks})
  quantab_tune_kernels("/tests/bench/" ${peaks})
  target_link_libraries(quantab_peaks PRIVATE quantab_options)
  set_target_properties(quantab_peaks PROPERTIES SUFFIX .wasm)
  target_compile_options(quantab_peaks PRIVATE -no-pthread)
  target_link_options(quantab_peaks PRIVATE --no-entry -sSTANDALONE_WASM -no-pthread)
endif()

# <name>_fuzz: one program per tests/fuzz/<name>_fuzz.cc.
if(QUANTAB_FUZZ)
  file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*_fuzz.cc)
  foreach(source IN LISTS fuzz_sources)
    cmake_path(GET source STEM name)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE quantab_core)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  endforeach()
endif()

option(QUANTAB_BENCH "Build the benchmarks" OFF)
if(QUANTAB_BENCH)
  if(EMSCRIPTEN)
    execute_process(
      COMMAND node ${CMAKE_SOURCE_DIR}/scripts/third_party.mjs benchmark
      OUTPUT_VARIABLE benchmark_source OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    set(BENCHMARK_ENABLE_TESTING OFF)
    set(BENCHMARK_ENABLE_GTEST_TESTS OFF)
    set(BENCHMARK_ENABLE_INSTALL OFF)
    set(BENCHMARK_ENABLE_WERROR OFF)
    # What its checks would find by running programs, which a cross build cannot: whether each
    # compiles, and the exit status it then has.
    foreach(feature IN ITEMS STD_REGEX STEADY_CLOCK)
      set(COMPILE_HAVE_${feature} ON)
      set(RUN_HAVE_${feature} 0)
    endforeach()
    foreach(feature IN ITEMS GNU_POSIX_REGEX POSIX_REGEX PTHREAD_AFFINITY)
      set(COMPILE_HAVE_${feature} OFF)
      set(RUN_HAVE_${feature} 1)
    endforeach()
    add_subdirectory(${benchmark_source} ${CMAKE_BINARY_DIR}/benchmark EXCLUDE_FROM_ALL SYSTEM)
  else()
    find_package(benchmark REQUIRED)
  endif()
  add_executable(quantab_bench ${bench_sources})
  quantab_tune_kernels("/tests/bench/" ${bench_sources})
  target_link_libraries(quantab_bench PRIVATE quantab_core benchmark::benchmark_main)
  quantab_node_program(quantab_bench)
endif()
