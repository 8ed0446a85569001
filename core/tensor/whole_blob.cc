#include "core/tensor/whole_blob.h"

#include <cstring>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr uint64_t kMostBytes = std::numeric_limits<size_t>::max() / 2;
constexpr uint64_t kMostElements = std::numeric_limits<size_t>::max() / 8;

struct Whole {
  std::mutex mutex;
  std::vector<std::byte> bytes;
};

}  // namespace

BlobPtr MakeWholeBlob(uint64_t size, std::function<std::vector<std::byte>()> make) {
  if (size > kMostBytes) {
    throw Error(ErrorCode::kOutOfMemory, "A quantized tensor of " + std::to_string(size) +
                                             " bytes does not fit the address space.");
  }
  return MakeComputedBlob(size, [make = std::move(make), whole = std::make_shared<Whole>(), size](
                                    uint64_t offset, std::span<std::byte> out) {
    if (out.empty()) return;
    const std::lock_guard lock(whole->mutex);
    if (whole->bytes.empty()) whole->bytes = make();
    if (whole->bytes.size() != size) ThrowInternal("A tensor was made in another size.");
    std::memcpy(out.data(), whole->bytes.data() + offset, out.size());
    if (offset + out.size() == size) std::vector<std::byte>().swap(whole->bytes);
  });
}

void CheckFitsMemory(uint64_t count) {
  if (count <= kMostElements) return;
  throw Error(ErrorCode::kOutOfMemory, "A tensor of " + std::to_string(count) +
                                           " elements does not fit the address space. Exclude the "
                                           "node that reads it, or use the native program.");
}

}  // namespace quantab
