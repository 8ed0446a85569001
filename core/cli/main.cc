#include <iostream>

#include "core/cli/command.h"

int main(int argc, char** argv) {
  return quantab::Main({argv + 1, argv + argc}, std::cout, std::cerr);
}
