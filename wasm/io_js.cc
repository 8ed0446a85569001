#include "wasm/io_js.h"

#include <emscripten/emscripten.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace quantab {
namespace {

using emscripten::typed_memory_view;
using emscripten::val;

constexpr size_t kWindow = size_t{256} << 10;
constexpr size_t kPending = size_t{1} << 20;
constexpr size_t kMany = kPending / 2;  // bytes that are worth a call of their own

// Milliseconds.
constexpr double kProgressInterval = 20;
constexpr double kQuestionInterval = 2;

template <class Byte>
val View(std::span<Byte> bytes) {
  return val(typed_memory_view(bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data())));
}

}  // namespace

JsSource::JsSource(val object)
    : object_(std::move(object)),
      name_(object_["name"].as<std::string>()),
      size_(static_cast<uint64_t>(object_["size"].as<double>())) {}

JsSource::~JsSource() { object_.call<void>("close"); }

void JsSource::ReadThrough(uint64_t offset, std::span<std::byte> out) const {
  const val failure = object_.call<val>("read", static_cast<double>(offset), View(out));
  if (!failure.isUndefined()) {
    ThrowIo(failure.as<std::string>(), {.file = name_, .byte = offset});
  }
}

void JsSource::Read(uint64_t offset, std::span<std::byte> out) const {
  CheckRange(*this, offset, out.size());
  if (out.empty()) return;
  if (out.size() >= kWindow) return ReadThrough(offset, out);
  if (offset < window_offset_ || offset + out.size() > window_offset_ + window_.size()) {
    std::vector<std::byte> window(std::min<uint64_t>(kWindow, size_ - offset));
    ReadThrough(offset, window);
    window_ = std::move(window);
    window_offset_ = offset;
  }
  std::memcpy(out.data(), window_.data() + (offset - window_offset_), out.size());
}

JsSink::JsSink(val object) : object_(std::move(object)), name_(object_["name"].as<std::string>()) {}

void JsSink::Check(const val& failure) const {
  if (!failure.isUndefined()) ThrowIo(failure.as<std::string>(), {.file = name_});
}

void JsSink::Flush() {
  if (pending_.empty()) return;
  Check(object_.call<val>("write", View(std::span<const std::byte>(pending_))));
  pending_.clear();
}

void JsSink::Write(std::span<const std::byte> bytes) {
  if (bytes.size() >= kMany || pending_.size() + bytes.size() > kPending) Flush();
  if (bytes.size() >= kMany) {
    Check(object_.call<val>("write", View(bytes)));
  } else {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  }
}

void JsSink::Finish() {
  Flush();
  Check(object_.call<val>("finish"));
}

std::shared_ptr<ByteSource> JsFileSet::Open(const std::string& location) const {
  val found = object_.call<val>("open", location);
  if (found.isNull()) return nullptr;
  if (found.isString()) ThrowIo(found.as<std::string>(), {.file = location});
  return std::make_shared<JsSource>(std::move(found));
}

void JsMonitor::OnProgress(std::string_view stage, uint64_t done, uint64_t total) {
  const double now = emscripten_get_now();
  if (done != 0 && done != total && stage == stage_ && now - reported_ < kProgressInterval) return;
  stage_ = stage;
  reported_ = now;
  // Whoever hears of it may want to stop.
  asked_ = 0;
  object_.call<void>("progress", std::string(stage), static_cast<double>(done),
                     static_cast<double>(total));
}

void JsMonitor::OnLog(LogLevel level, std::string_view message) {
  object_.call<void>("log", level == LogLevel::kWarning, std::string(message));
}

bool JsMonitor::Cancelled() {
  const double now = emscripten_get_now();
  if (now - asked_ < kQuestionInterval) return false;
  asked_ = now;
  return object_.call<bool>("cancelled");
}

}  // namespace quantab
