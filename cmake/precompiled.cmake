# quantab_precompile(pattern source...): gives the sources that do not match `pattern` the headers of
# third_party.h precompiled, where QUANTAB_PRECOMPILE is on. Reading those takes a compiler longer than
# most files of ours take. A header is precompiled beside the third-party libraries, once per compiler
# and flags, so that a compiler cache sees the same file from every build and checkout. Sources say what
# they include as if it were not there; the optimised native build goes without and holds them to it.
# For clang: gcc 12 forgets what of a precompiled header is the system's, and warns of that too.
option(QUANTAB_PRECOMPILE "Precompile the headers of the standard and of third-party libraries" OFF)

# Sets `result` to the header to include, precompiled.
function(quantab_precompiled_header result)
  set(source ${CMAKE_SOURCE_DIR}/cmake/third_party.h)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" config)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${config}}")
  get_directory_property(options COMPILE_OPTIONS)
  get_target_property(definitions quantab_third_party INTERFACE_COMPILE_DEFINITIONS)
  get_target_property(includes quantab_third_party INTERFACE_INCLUDE_DIRECTORIES)
  list(TRANSFORM definitions PREPEND -D)
  list(TRANSFORM includes PREPEND -isystem)
  list(APPEND flags ${options} ${definitions} ${includes} ${CMAKE_CXX20_STANDARD_COMPILE_OPTION})
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} --version OUTPUT_VARIABLE version)

  file(SHA256 ${source} content)
  string(SHA256 key "${version} ${flags} ${content}")
  string(SUBSTRING ${key} 0 12 key)
  set(folder ${QUANTAB_THIRD_PARTY_PREFIX}/precompiled-${key})
  if(NOT EXISTS ${folder}/third_party.h.pch)
    # Whole or not there: several builds may be configured at once.
    string(RANDOM LENGTH 8 suffix)
    file(COPY ${source} DESTINATION ${folder})
    execute_process(
      COMMAND ${CMAKE_CXX_COMPILER} ${flags} -x c++-header ${folder}/third_party.h
              -o ${folder}/${suffix}
      COMMAND_ERROR_IS_FATAL ANY)
    file(RENAME ${folder}/${suffix} ${folder}/third_party.h.pch)
  endif()
  set(${result} ${folder}/third_party.h PARENT_SCOPE)
endfunction()

if(QUANTAB_PRECOMPILE)
  quantab_precompiled_header(QUANTAB_PRECOMPILED_HEADER)
endif()

function(quantab_precompile pattern)
  set(sources ${ARGN})
  list(FILTER sources EXCLUDE REGEX "${pattern}")
  if(QUANTAB_PRECOMPILE AND sources)
    set_source_files_properties(${sources} PROPERTIES
      COMPILE_OPTIONS "-include;${QUANTAB_PRECOMPILED_HEADER}")
  endif()
endfunction()
