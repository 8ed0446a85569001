// A registry is a folder: each member file registers itself with this macro, and the build
// generates the list of calls from the file names (see cmake/registries.cmake). A file whose name
// does not match the macro's second argument is a link error. There are no static initialisers.
//
//   QUANTAB_REGISTER(ops, hard_swish) { r.Add({...}); }      in core/ops/hard_swish.cc
#pragma once

namespace quantab {

// The type behind `r` in each registry; specialised next to the registry's class:
//   template <> struct RegistryType<struct ops_tag> { using type = OpRegistry; };
template <class Tag>
struct RegistryType;

}  // namespace quantab

#define QUANTAB_REGISTER(registry, name) \
  void Register_##registry##_##name(RegistryType<struct registry##_tag>::type& r)
