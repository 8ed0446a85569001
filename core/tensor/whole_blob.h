// A Blob whose bytes are made all at once, by something that cannot make a range of them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/tensor/blob.h"

namespace quantab {

// `size` bytes, which `make` returns. They are made at the first read and kept until their last
// byte is read. Several threads may read. Throws Error(kOutOfMemory) where they do not fit the
// address space.
BlobPtr MakeWholeBlob(uint64_t size, std::function<std::vector<std::byte>()> make);

// Throws Error(kOutOfMemory) unless a tensor of `count` elements can be worked on in memory: there
// is room for the addresses of 8 bytes for each.
void CheckFitsMemory(uint64_t count);

}  // namespace quantab
