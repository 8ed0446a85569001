#include <iostream>

#include "core/cli/command.h"
#include "core/cli/signals.h"

int main(int argc, char** argv) {
  quantab::HandleSignals();
  return quantab::Main({argv + 1, argv + argc}, std::cout, std::cerr);
}
