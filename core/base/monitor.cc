#include "core/base/monitor.h"

#include "core/base/error.h"

namespace quantab {

void CheckCancelled(Monitor* monitor) {
  if (monitor != nullptr && monitor->Cancelled()) {
    throw Error(ErrorCode::kCancelled, "Cancelled. Nothing was written.");
  }
}

void Report(Monitor* monitor, std::string_view stage, uint64_t done, uint64_t total) {
  if (monitor == nullptr) return;
  CheckCancelled(monitor);
  monitor->OnProgress(stage, done, total);
}

void Warn(Monitor* monitor, std::string_view message) {
  if (monitor != nullptr) monitor->OnLog(LogLevel::kWarning, message);
}

}  // namespace quantab
