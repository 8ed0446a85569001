// Our side of convert.mjs within one process: QuantizeDynamic with its defaults, from file to file.
// Reads requests, each a line with the model's path, a tab, and the result's; answers each with a
// line: the milliseconds it took, or "null" where that is an error.
#include <chrono>
#include <iostream>
#include <string>

#include "core/api/files.h"

int main() {
  using Clock = std::chrono::steady_clock;
  std::string line;
  while (std::getline(std::cin, line)) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) return 2;
    const Clock::time_point begin = Clock::now();
    try {
      const quantab::Model model = quantab::OpenModelFile(line.substr(0, tab));
      quantab::WriteModelFile(quantab::QuantizeDynamic(model), line.substr(tab + 1));
      const std::chrono::duration<double, std::milli> taken = Clock::now() - begin;
      std::cout << taken.count() << std::endl;
    } catch (const quantab::Error&) {
      std::cout << "null" << std::endl;
    }
  }
  return 0;
}
