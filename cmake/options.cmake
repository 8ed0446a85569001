# The flags of every target of ours, as the interface library quantab_options.
option(QUANTAB_SANITIZE "Build with address and undefined behaviour sanitizers (native)" OFF)
option(QUANTAB_FUZZ "Build the fuzz targets (native, clang)" OFF)
option(QUANTAB_RELAXED_SIMD "Build with relaxed SIMD (WebAssembly)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# Optimised enough that the sanitized tests run in minutes, with the lines of whole stack traces.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -gline-tables-only -fno-omit-frame-pointer")
if(EMSCRIPTEN)
  # Assertions of the standard library and assert() stay out of what is shipped. Size first: time is
  # spent in the kernels, which are optimised for speed (quantab_tune_kernels below).
  set(CMAKE_CXX_FLAGS_RELEASE "-Oz -DNDEBUG")
else()
  set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1 -DNDEBUG")
endif()

# One definition of floating point for all targets: a product and a sum are never fused, so native
# and WebAssembly results have the same bits.
add_compile_options(-ffp-contract=off)

add_library(quantab_options INTERFACE)
target_include_directories(quantab_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(quantab_options INTERFACE
  -Wall -Wextra -Werror
  # GCC 12 and 13, optimising, warn of overlapping copies inside std::string's own operator+.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # clang warns of what gcc's <algorithm> itself calls.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)  # __FILE__ says no path of this machine

if(EMSCRIPTEN)
  # Global, because test libraries must agree with the code they link. -pthread also for who will use
  # one thread only: it costs nothing that can be measured, and saves the builds without it.
  add_compile_options(-fwasm-exceptions -msimd128 -pthread)
  # A function declared one way and defined another links with a warning, and traps when called.
  add_link_options(-fwasm-exceptions -pthread -Wno-pthreads-mem-growth LINKER:--fatal-warnings)
else()
  # SIMDe maps the WebAssembly intrinsics to these instructions; every x86-64 since 2009 has them.
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    add_compile_options(-march=x86-64-v2)
  endif()
  if(QUANTAB_SANITIZE)
    # Left out for the compiler's time: null pointers and accesses beyond an object, which the address
    # sanitizer sees; pointers that wrap around without being read through; and vptr.
    add_compile_options(-fsanitize=address,undefined
                        -fno-sanitize=null,object-size,pointer-overflow,vptr
                        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=address,undefined)
  endif()
  if(QUANTAB_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
  find_package(Threads REQUIRED)
  target_link_libraries(quantab_options INTERFACE Threads::Threads)
endif()

# For WebAssembly, compiles those of the listed sources that match `pattern` for speed, and for relaxed
# SIMD in builds that have it. Only kernels, and what tests them, have code of their own for it: all
# other objects of the two builds are the same, and a compiler cache makes them once.
function(quantab_tune_kernels pattern)
  set(sources ${ARGN})
  list(FILTER sources INCLUDE REGEX "${pattern}")
  if(EMSCRIPTEN AND sources)
    set_source_files_properties(${sources} PROPERTIES
      COMPILE_OPTIONS "-O3;$<$<BOOL:${QUANTAB_RELAXED_SIMD}>:-mrelaxed-simd>")
  endif()
endfunction()
