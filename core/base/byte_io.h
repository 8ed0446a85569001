// Where bytes come from and go to. Models may be larger than memory, so nothing here reads a whole
// file: a ByteSource gives ranges on demand, a ByteSink takes a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace quantab {

// Random access to immutable bytes. Not thread-safe unless a subclass says so.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // A name for messages: a file name, or "<bytes>".
  virtual const std::string& name() const = 0;

  virtual uint64_t size() const = 0;

  // Fills `out` from `offset`. Throws Error(kIo) unless all of it could be read; a range that
  // reaches past size() is an error of the same kind.
  virtual void Read(uint64_t offset, std::span<std::byte> out) const = 0;

  // All bytes in memory when they are there anyway (valid as long as the source), else nullptr.
  virtual const std::byte* Contiguous() const { return nullptr; }
};

// Takes bytes in order. Nothing may be considered written before Finish() returns; a sink that is
// destroyed without Finish() leaves nothing behind.
class ByteSink {
 public:
  virtual ~ByteSink() = default;

  // Throws Error(kIo), naming the target, when the bytes cannot be taken (disk full, closed).
  virtual void Write(std::span<const std::byte> bytes) = 0;

  // Called after the last Write, or not at all: does all that may fail, such as bringing the bytes
  // to the disk, and leaves Finish() the least. Several sinks that belong together are settled
  // before the first of them is finished.
  virtual void Settle() {}

  // Called once, after the last Write.
  virtual void Finish() = 0;
};

// The files a user gave along with a model. `location` has been validated (relative, no "..").
class FileSet {
 public:
  virtual ~FileSet() = default;

  // The file at `location`, relative to the model, or nullptr when the user did not give it.
  // Throws Error(kIo) when it is there but cannot be read or lies outside (a symlink out).
  virtual std::shared_ptr<ByteSource> Open(const std::string& location) const = 0;
};

// A source over memory: either owned, or borrowed (the caller keeps it alive).
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::vector<std::byte> bytes, std::string name = "<bytes>");
  explicit MemorySource(std::span<const std::byte> borrowed, std::string name = "<bytes>");

  const std::string& name() const override { return name_; }
  uint64_t size() const override { return view_.size(); }
  void Read(uint64_t offset, std::span<std::byte> out) const override;
  const std::byte* Contiguous() const override { return view_.data(); }

 private:
  std::vector<std::byte> owned_;
  std::span<const std::byte> view_;
  std::string name_;
};

// A sink into memory.
class MemorySink final : public ByteSink {
 public:
  void Write(std::span<const std::byte> bytes) override;
  void Finish() override { finished_ = true; }

  bool finished() const { return finished_; }
  const std::vector<std::byte>& bytes() const { return bytes_; }
  std::vector<std::byte> Take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
  bool finished_ = false;
};

// Throws Error(kIo) when [offset, offset + length) does not lie in a source of `size` bytes.
void CheckRange(const ByteSource& source, uint64_t offset, uint64_t length);

}  // namespace quantab
