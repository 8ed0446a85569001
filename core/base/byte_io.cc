#include "core/base/byte_io.h"

#include <cstring>
#include <utility>

#include "core/base/error.h"

namespace quantab {

void CheckRange(const ByteSource& source, uint64_t offset, uint64_t length) {
  const uint64_t size = source.size();
  if (offset > size || length > size - offset) {
    Place place;
    place.file = source.name();
    place.byte = offset;
    ThrowIo("'" + source.name() + "' ends at byte " + std::to_string(size) + ", but " +
                std::to_string(length) + " bytes from byte " + std::to_string(offset) +
                " are needed. The file may be truncated; get it again.",
            place);
  }
}

MemorySource::MemorySource(std::vector<std::byte> bytes, std::string name)
    : owned_(std::move(bytes)), view_(owned_), name_(std::move(name)) {}

MemorySource::MemorySource(std::span<const std::byte> borrowed, std::string name)
    : view_(borrowed), name_(std::move(name)) {}

void MemorySource::Read(uint64_t offset, std::span<std::byte> out) const {
  CheckRange(*this, offset, out.size());
  if (!out.empty()) std::memcpy(out.data(), view_.data() + offset, out.size());
}

void MemorySink::Write(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

}  // namespace quantab
