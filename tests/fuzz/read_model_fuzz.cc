// A libFuzzer program for the reader. Build it with clang's -fsanitize=fuzzer,address,undefined and
// link quantab_core; seeds are the .onnx files under tests/.
#include "tests/fuzz/read_model_fuzz.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bool accepted = false;
  if (!quantab::FuzzReadModel(std::as_bytes(std::span(data, size)), accepted)) std::abort();
  return 0;
}
