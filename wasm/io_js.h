// Byte sources, sinks, file sets and monitors that are JavaScript objects. Their methods do not
// throw: a failure is returned as a sentence, success as undefined.
//
//   source   {name: string, size: number, read(offset: number, out: Uint8Array), close()}
//   sink     {name: string, write(bytes: Uint8Array), finish()}
//   files    {open(location: string): source | null | string}
//   monitor  {progress(stage, done, total), log(isWarning, message), cancelled(): boolean}
//
// A Uint8Array given to them is a view of the module's memory, valid during the call only.
#pragma once

#include <emscripten/val.h>

#include <string>
#include <vector>

#include "core/api/quantab.h"

namespace quantab {

// Small reads are served from a window, since each crossing to JavaScript costs microseconds.
class JsSource final : public ByteSource {
 public:
  explicit JsSource(emscripten::val object);
  ~JsSource() override;
  JsSource(const JsSource&) = delete;
  JsSource& operator=(const JsSource&) = delete;

  const std::string& name() const override { return name_; }
  uint64_t size() const override { return size_; }
  void Read(uint64_t offset, std::span<std::byte> out) const override;

 private:
  void ReadThrough(uint64_t offset, std::span<std::byte> out) const;

  emscripten::val object_;
  std::string name_;
  uint64_t size_ = 0;
  mutable std::vector<std::byte> window_;
  mutable uint64_t window_offset_ = 0;
};

// Gathers small writes before they cross.
class JsSink final : public ByteSink {
 public:
  explicit JsSink(emscripten::val object);

  void Write(std::span<const std::byte> bytes) override;
  void Finish() override;

 private:
  void Flush();
  void Check(const emscripten::val& failure) const;

  emscripten::val object_;
  std::string name_;
  std::vector<std::byte> pending_;
};

class JsFileSet final : public FileSet {
 public:
  explicit JsFileSet(emscripten::val object) : object_(std::move(object)) {}

  std::shared_ptr<ByteSource> Open(const std::string& location) const override;

 private:
  emscripten::val object_;
};

// Small models run in less time than a few calls to JavaScript take: progress between the first and
// the last of a stage, and the question whether to stop, are left out where they came shortly
// before.
class JsMonitor final : public Monitor {
 public:
  explicit JsMonitor(emscripten::val object) : object_(std::move(object)) {}

  void OnProgress(std::string_view stage, uint64_t done, uint64_t total) override;
  void OnLog(LogLevel level, std::string_view message) override;
  bool Cancelled() override;

 private:
  emscripten::val object_;
  std::string stage_;    // of the last progress
  double reported_ = 0;  // when that was, in milliseconds
  double asked_ = 0;     // when the last question was
};

}  // namespace quantab
