// The bytes of a weight, wherever they are: a range of a file, memory, or the result of a
// transformation that is computed when somebody reads it. Models are edited and written in terms of
// Blobs, so that no model needs to be in memory as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/base/byte_io.h"

namespace quantab {

// Immutable. Elements are little-endian and row-major, as in TensorProto.raw_data.
class Blob {
 public:
  virtual ~Blob() = default;

  virtual uint64_t size() const = 0;

  // Fills `out` from `offset`. Reading in order, front to back, is the cheap way for every kind.
  // Throws Error(kIo) when the range is not there or cannot be read.
  virtual void Read(uint64_t offset, std::span<std::byte> out) const = 0;

  // All bytes, when they are in memory anyway, else nullptr.
  virtual const std::byte* Contiguous() const { return nullptr; }
};

using BlobPtr = std::shared_ptr<const Blob>;

// [offset, offset + length) of `source`. Throws Error(kIo) when the source is shorter.
BlobPtr MakeRangeBlob(std::shared_ptr<const ByteSource> source, uint64_t offset, uint64_t length);

// Bytes in memory.
BlobPtr MakeMemoryBlob(std::vector<std::byte> bytes);

// `size` bytes that `read(offset, out)` computes on demand.
BlobPtr MakeComputedBlob(uint64_t size,
                         std::function<void(uint64_t offset, std::span<std::byte> out)> read);

// Calls `take(offset, bytes)` over all bytes in order, at most `chunk` at a time, and a whole
// number of `granule` bytes each (so that no element is cut).
void ForEachChunk(const Blob& blob, size_t granule,
                  const std::function<void(uint64_t offset, std::span<const std::byte>)>& take,
                  size_t chunk = size_t{1} << 20);

// All bytes, in memory. Throws Error(kOutOfMemory).
std::vector<std::byte> LoadBlob(const Blob& blob);

}  // namespace quantab
