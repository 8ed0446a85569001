// A libFuzzer program for the reader and what is asked of a model that was read: npm run fuzz.
#include "tests/fuzz/read_model_fuzz.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bool accepted = false;
  if (!quantab::FuzzReadModel(std::as_bytes(std::span(data, size)), accepted)) std::abort();
  return 0;
}
