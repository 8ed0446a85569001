#include <cstdlib>
#include <iostream>

#include "core/cli/command.h"
#include "core/cli/signals.h"

int main(int argc, char** argv) {
  quantab::HandleSignals();
  const int status = quantab::Main({argv + 1, argv + argc}, std::cout, std::cerr);
#if defined(NDEBUG)
  // Everything is flushed and every file closed by now. Taking down the operators' tables piece by
  // piece would be a fifth of the time that a small model takes.
  std::_Exit(status);
#else
  return status;
#endif
}
