#include "core/tensor/blob.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "core/base/error.h"

namespace quantab {
namespace {

class RangeBlob final : public Blob {
 public:
  RangeBlob(std::shared_ptr<const ByteSource> source, uint64_t offset, uint64_t length)
      : source_(std::move(source)), offset_(offset), length_(length) {}

  uint64_t size() const override { return length_; }
  void Read(uint64_t offset, std::span<std::byte> out) const override {
    source_->Read(offset_ + offset, out);
  }
  const std::byte* Contiguous() const override {
    const std::byte* all = source_->Contiguous();
    return all == nullptr ? nullptr : all + offset_;
  }

 private:
  std::shared_ptr<const ByteSource> source_;
  uint64_t offset_;
  uint64_t length_;
};

class MemoryBlob final : public Blob {
 public:
  explicit MemoryBlob(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  uint64_t size() const override { return bytes_.size(); }
  void Read(uint64_t offset, std::span<std::byte> out) const override {
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
  }
  const std::byte* Contiguous() const override { return bytes_.data(); }

 private:
  std::vector<std::byte> bytes_;
};

class ComputedBlob final : public Blob {
 public:
  ComputedBlob(uint64_t size, std::function<void(uint64_t, std::span<std::byte>)> read)
      : size_(size), read_(std::move(read)) {}

  uint64_t size() const override { return size_; }
  void Read(uint64_t offset, std::span<std::byte> out) const override { read_(offset, out); }

 private:
  uint64_t size_;
  std::function<void(uint64_t, std::span<std::byte>)> read_;
};

}  // namespace

BlobPtr MakeRangeBlob(std::shared_ptr<const ByteSource> source, uint64_t offset, uint64_t length) {
  CheckRange(*source, offset, length);
  return std::make_shared<RangeBlob>(std::move(source), offset, length);
}

BlobPtr MakeMemoryBlob(std::vector<std::byte> bytes) {
  return std::make_shared<MemoryBlob>(std::move(bytes));
}

BlobPtr MakeComputedBlob(uint64_t size, std::function<void(uint64_t, std::span<std::byte>)> read) {
  return std::make_shared<ComputedBlob>(size, std::move(read));
}

void ForEachChunk(const Blob& blob, size_t granule,
                  const std::function<void(uint64_t, std::span<const std::byte>)>& take,
                  size_t chunk) {
  const uint64_t size = blob.size();
  const size_t step = std::max(granule, chunk / granule * granule);
  if (const std::byte* all = blob.Contiguous(); all != nullptr) {
    for (uint64_t at = 0; at < size; at += step) {
      take(at, {all + at, static_cast<size_t>(std::min<uint64_t>(step, size - at))});
    }
    return;
  }
  std::vector<std::byte> buffer(static_cast<size_t>(std::min<uint64_t>(step, size)));
  for (uint64_t at = 0; at < size; at += step) {
    const std::span<std::byte> part(buffer.data(),
                                    static_cast<size_t>(std::min<uint64_t>(step, size - at)));
    blob.Read(at, part);
    take(at, part);
  }
}

std::vector<std::byte> LoadBlob(const Blob& blob) {
  if (blob.size() > std::numeric_limits<size_t>::max() / 2) {
    throw Error(ErrorCode::kOutOfMemory, "A tensor of " + std::to_string(blob.size()) +
                                             " bytes does not fit the address space.");
  }
  std::vector<std::byte> bytes(static_cast<size_t>(blob.size()));
  if (!bytes.empty()) blob.Read(0, bytes);
  return bytes;
}

}  // namespace quantab
