// How the native program talks: progress and messages on one stream, tables and sizes as text.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/api/quantab.h"

namespace quantab {

// Prints stages and messages to `err`: a stage's line once it begins, and every tenth of it. Stops
// work when the user interrupts the program.
class Console final : public Monitor {
 public:
  Console(std::ostream& err, bool quiet) : err_(err), quiet_(quiet) {}

  void OnProgress(std::string_view stage, uint64_t done, uint64_t total) override;
  void OnLog(LogLevel level, std::string_view message) override;
  bool Cancelled() override;

 private:
  std::ostream& err_;
  bool quiet_;
  std::string stage_;
  uint64_t tenths_ = 0;
};

// "1.21 MB" (powers of ten).
std::string HumanBytes(uint64_t bytes);

// `digits` significant digits, plainly: "0.00123", "12.3", "inf", "nan".
std::string HumanNumber(double value, int digits = 4);

// Columns padded with spaces, by code points of UTF-8; the first row is the head. Numbers (every
// column but the first) are flush right.
std::string Table(const std::vector<std::vector<std::string>>& rows);

}  // namespace quantab
