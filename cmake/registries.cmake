# A registry is a folder. Every file of the folder that contains QUANTAB_REGISTER(<registry>, <stem>)
# is a member, <stem> being the file's name without '.cc'; a generated file calls them all:
#
#   quantab_generate_registry(<target> <registry> <folder> <header> <type>)
#
# generates <build>/generated/<registry>.inc.cc, which defines
#   void quantab::RegisterAll_<registry>(<type>& r)
# and compiles it into the target. A folder whose header does not exist is left out. The list is
# made at build time, so a file that becomes a member, or ceases to be one, is noticed.
function(quantab_generate_registry target registry folder header type)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${header})
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.cc)
  set(output ${CMAKE_BINARY_DIR}/generated/${registry}.inc.cc)
  set(list_file ${CMAKE_BINARY_DIR}/generated/${registry}.list)
  # The list is rewritten only when it changes, so that a removed file also leads to a new output.
  string(REPLACE ";" "\n" list_text "${sources}")
  file(CONFIGURE OUTPUT ${list_file} CONTENT "${list_text}\n" @ONLY)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DREGISTRY=${registry} -DHEADER=${header} -DTYPE=${type}
            -DLIST=${list_file} -DOUTPUT=${output}
            -P ${CMAKE_SOURCE_DIR}/cmake/generate_registry.cmake
    DEPENDS ${sources} ${list_file} ${CMAKE_SOURCE_DIR}/cmake/generate_registry.cmake
    COMMENT "Listing the members of ${folder}" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
