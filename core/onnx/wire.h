// Walks protobuf's wire format over a ByteSource, field by field, without building messages and
// without reading what the caller does not ask for. See protobuf's "Encoding" document.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/byte_io.h"

namespace quantab {

enum class WireType : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kLength = 2,  // strings, bytes, messages, packed numbers
  kGroup = 3,   // a whole group, up to and with its end
  kFixed32 = 5,
};

struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t begin = 0;        // of the tag
  uint64_t value_begin = 0;  // of the value; for kLength, after the length
  uint64_t end = 0;          // after the value
  uint64_t value = 0;        // of a varint

  uint64_t size() const { return end - value_begin; }
};

// Offsets are of the source and 64 bits wide: files over 4 GiB work on 32-bit machines.
// Throws Error(kInvalidModel), with the byte, for what is no wire format or does not fit its
// parent.
class WireReader {
 public:
  explicit WireReader(const ByteSource& source);

  uint64_t size() const { return size_; }

  // Reads the field at `position` of a message that ends at `end`, and moves `position` behind it.
  // Returns false at the message's end. Payloads are not read.
  bool Next(uint64_t& position, uint64_t end, WireField& field);

  // Appends bytes [begin, end) to `out`.
  void Copy(uint64_t begin, uint64_t end, std::string& out);

  // At most `limit` bytes of a kLength field.
  std::string Text(const WireField& field, uint64_t limit = UINT64_MAX);

  // Throws Error(kInvalidModel): "'<file>' <what>" with the byte as the place.
  [[noreturn]] void Fail(const std::string& what, uint64_t byte) const;

 private:
  uint8_t Byte(uint64_t position);
  uint64_t Varint(uint64_t& position, uint64_t end);
  void SkipGroup(uint32_t number, uint64_t& position, uint64_t end);
  bool ReadTag(uint64_t& position, uint64_t end, uint32_t& number, uint32_t& type);
  void SkipLength(uint64_t begin, uint64_t& position, uint64_t end);
  [[noreturn]] void FailEnd(uint64_t begin, uint64_t end) const;

  const ByteSource& source_;
  uint64_t size_;
  const std::byte* all_;           // the whole source when it is in memory
  std::vector<std::byte> window_;  // otherwise a piece of it
  uint64_t window_begin_ = 0;
  uint64_t window_end_ = 0;
};

// Writing, into strings and counts.
size_t VarintSize(uint64_t value);
void AppendVarint(uint64_t value, std::string& out);
// The tag of a field; `type` is not kGroup.
void AppendTag(uint32_t number, WireType type, std::string& out);

}  // namespace quantab
