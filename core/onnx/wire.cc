#include "core/onnx/wire.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr uint64_t kWindow = 64 * 1024;
// Groups left protobuf before ONNX began; deeper nesting is somebody's attack.
constexpr size_t kMaxGroupDepth = 32;

}  // namespace

WireReader::WireReader(const ByteSource& source)
    : source_(source), size_(source.size()), all_(source.Contiguous()) {}

uint8_t WireReader::Byte(uint64_t position) {
  if (all_ != nullptr) return static_cast<uint8_t>(all_[position]);
  if (position < window_begin_ || position >= window_end_) {
    const uint64_t count = std::min(kWindow, size_ - position);
    window_.resize(static_cast<size_t>(count));
    source_.Read(position, window_);
    window_begin_ = position;
    window_end_ = position + count;
  }
  return static_cast<uint8_t>(window_[static_cast<size_t>(position - window_begin_)]);
}

void WireReader::Fail(const std::string& what, uint64_t byte) const {
  Place place;
  place.file = source_.name();
  place.byte = byte;
  ThrowInvalidModel("'" + source_.name() + "' " + what, place);
}

void WireReader::FailEnd(uint64_t begin, uint64_t end) const {
  if (end == size_) {
    Fail("is truncated: the field at byte " + std::to_string(begin) +
             " reaches past the end of the file at byte " + std::to_string(end) +
             ". Get the file again.",
         begin);
  }
  Fail("is damaged: the field at byte " + std::to_string(begin) +
           " reaches past the message it is in, which ends at byte " + std::to_string(end) +
           ". Get the file again.",
       begin);
}

uint64_t WireReader::Varint(uint64_t& position, uint64_t end) {
  const uint64_t begin = position;
  uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (position >= end) FailEnd(begin, end);
    const uint64_t byte = Byte(position++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  Fail("is damaged: no number ends within ten bytes from byte " + std::to_string(begin) +
           ". Get the file again.",
       begin);
}

bool WireReader::ReadTag(uint64_t& position, uint64_t end, uint32_t& number, uint32_t& type) {
  if (position >= end) return false;
  const uint64_t begin = position;
  const uint64_t tag = Varint(position, end);
  number = static_cast<uint32_t>(tag >> 3);
  type = static_cast<uint32_t>(tag & 7);
  if (tag > std::numeric_limits<uint32_t>::max() || number == 0 || type > 5) {
    Fail("is damaged: there is no valid field at byte " + std::to_string(begin) +
             ". Get the file again.",
         begin);
  }
  return true;
}

void WireReader::SkipLength(uint64_t begin, uint64_t& position, uint64_t end) {
  const uint64_t length = Varint(position, end);
  if (length > end - position) FailEnd(begin, end);
  position += length;
}

void WireReader::SkipGroup(uint32_t number, uint64_t& position, uint64_t end) {
  const uint64_t group_begin = position;
  std::vector<uint32_t> open = {number};
  while (!open.empty()) {
    const uint64_t begin = position;
    uint32_t inner = 0;
    uint32_t type = 0;
    if (!ReadTag(position, end, inner, type)) FailEnd(group_begin, end);
    switch (type) {
      case 0:
        Varint(position, end);
        break;
      case 1:
      case 5: {
        const uint64_t width = type == 1 ? 8 : 4;
        if (width > end - position) FailEnd(begin, end);
        position += width;
        break;
      }
      case 2:
        SkipLength(begin, position, end);
        break;
      case 3:
        if (open.size() >= kMaxGroupDepth) {
          Fail("is damaged: groups are nested too deeply at byte " + std::to_string(begin) +
                   ". Get the file again.",
               begin);
        }
        open.push_back(inner);
        break;
      default:  // 4, the end of a group
        if (inner != open.back()) {
          Fail("is damaged: a group ends wrongly at byte " + std::to_string(begin) +
                   ". Get the file again.",
               begin);
        }
        open.pop_back();
    }
  }
}

bool WireReader::Next(uint64_t& position, uint64_t end, WireField& field) {
  field.begin = position;
  uint32_t type = 0;
  if (!ReadTag(position, end, field.number, type)) return false;
  field.type = static_cast<WireType>(type);
  field.value_begin = position;
  switch (type) {
    case 0:
      field.value = Varint(position, end);
      break;
    case 1:
    case 5: {
      const uint64_t width = type == 1 ? 8 : 4;
      if (width > end - position) FailEnd(field.begin, end);
      position += width;
      break;
    }
    case 2: {
      const uint64_t length = Varint(position, end);
      field.value_begin = position;
      if (length > end - position) FailEnd(field.begin, end);
      position += length;
      break;
    }
    case 3:
      SkipGroup(field.number, position, end);
      break;
    default:  // 4, the end of a group
      Fail("is damaged: a group ends at byte " + std::to_string(field.begin) +
               " that never began. Get the file again.",
           field.begin);
  }
  field.end = position;
  return true;
}

void WireReader::Copy(uint64_t begin, uint64_t end, std::string& out) {
  if (begin >= end) return;
  const size_t count = static_cast<size_t>(end - begin);
  if (count != end - begin || count > out.max_size() - out.size()) {
    throw Error(ErrorCode::kOutOfMemory, "'" + source_.name() + "' has a field of " +
                                             std::to_string(end - begin) +
                                             " bytes, which does not fit the address space.");
  }
  if (all_ != nullptr) {
    out.append(reinterpret_cast<const char*>(all_ + begin), count);
    return;
  }
  if (begin >= window_begin_ && end <= window_end_) {
    out.append(reinterpret_cast<const char*>(window_.data() + (begin - window_begin_)), count);
    return;
  }
  const size_t at = out.size();
  out.resize(at + count);
  source_.Read(begin, std::as_writable_bytes(std::span(out.data() + at, count)));
}

std::string WireReader::Text(const WireField& field, uint64_t limit) {
  std::string text;
  Copy(field.value_begin, field.value_begin + std::min(field.size(), limit), text);
  return text;
}

size_t VarintSize(uint64_t value) {
  size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

void AppendVarint(uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void AppendTag(uint32_t number, WireType type, std::string& out) {
  AppendVarint(uint64_t{number} << 3 | static_cast<uint64_t>(type), out);
}

}  // namespace quantab
