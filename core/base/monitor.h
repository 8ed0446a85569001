// How long work talks to its caller: progress, log lines, and the wish to stop.
#pragma once

#include <cstdint>
#include <string_view>

namespace quantab {

enum class LogLevel { kInfo, kWarning };

// All calls come from the thread that does the work. The default implementation is silent and
// never cancels. Functions that take a `Monitor*` accept nullptr.
class Monitor {
 public:
  virtual ~Monitor() = default;

  // `stage` is one of "read", "prepare", "calibrate", "quantize", "write", "run", "compare",
  // "benchmark"; `done` of `total` units of it are finished (`total` 0: unknown).
  virtual void OnProgress(std::string_view stage, uint64_t done, uint64_t total) {
    (void)stage, (void)done, (void)total;
  }

  // One sentence a user should see, such as a tensor that was left in float and why.
  virtual void OnLog(LogLevel level, std::string_view message) { (void)level, (void)message; }

  // Asked between units of work.
  virtual bool Cancelled() { return false; }
};

// Passes on messages and the wish to stop, but no progress: for a step of some larger work that
// reports its own. `inner` may be nullptr.
class QuietMonitor final : public Monitor {
 public:
  explicit QuietMonitor(Monitor* inner) : inner_(inner) {}
  void OnLog(LogLevel level, std::string_view message) override {
    if (inner_ != nullptr) inner_->OnLog(level, message);
  }
  bool Cancelled() override { return inner_ != nullptr && inner_->Cancelled(); }

 private:
  Monitor* inner_;
};

// Reports progress to `monitor` (may be nullptr) and throws Error(kCancelled) if it wants to stop.
void Report(Monitor* monitor, std::string_view stage, uint64_t done, uint64_t total);

// Throws Error(kCancelled) if `monitor` (may be nullptr) wants to stop.
void CheckCancelled(Monitor* monitor);

// Logs a warning to `monitor` (may be nullptr).
void Warn(Monitor* monitor, std::string_view message);

}  // namespace quantab
