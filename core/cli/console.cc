#include "core/cli/console.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/cli/signals.h"

namespace quantab {
namespace {

size_t CodePoints(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // no byte that continues one
  }));
}

}  // namespace

void Console::OnProgress(std::string_view stage, uint64_t done, uint64_t total) {
  if (quiet_) return;
  const uint64_t tenths = total == 0 ? 0 : done * 10 / total;
  if (stage == stage_ && tenths == tenths_) return;
  if (stage != stage_ && total != 0 && done == total) {
    stage_ = stage;
    tenths_ = tenths;
    return;
  }
  stage_ = stage;
  tenths_ = tenths;
  err_ << stage;
  if (total != 0) err_ << " " << done << "/" << total;
  err_ << "\n";
}

void Console::OnLog(LogLevel level, std::string_view message) {
  if (level == LogLevel::kInfo && quiet_) return;
  err_ << (level == LogLevel::kWarning ? "warning: " : "") << message << "\n";
}

bool Console::Cancelled() { return Interrupted(); }

std::string HumanBytes(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? std::to_string(bytes) + " B" : HumanNumber(value, 3) + " " + kUnits[unit];
}

std::string HumanNumber(double value, int digits) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), "%.*g", digits, value);
  return buffer;
}

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], CodePoints(row[i]));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - CodePoints(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i == 0 ? row[i] + pad : pad + row[i]);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

}  // namespace quantab
