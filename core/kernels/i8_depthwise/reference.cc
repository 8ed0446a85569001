#include <algorithm>

#include "core/kernels/i8_depthwise/i8_depthwise.h"

namespace quantab::kernels {
namespace {

constexpr size_t kDepth = 2;

void Interleave(size_t n, const uint8_t* const* rows, const size_t* steps, bool is_signed,
                void* values) {
  auto* to = static_cast<int16_t*>(values);
  for (size_t i = 0; i < n; ++i) {
    for (size_t c = 0; c < kI8DepthwiseChannels; ++c) {
      for (size_t r = 0; r < kDepth; ++r) {
        const uint8_t byte = rows[r] == nullptr ? 0 : rows[r][i * steps[r] + c];
        *to++ = is_signed ? static_cast<int8_t>(byte) : byte;
      }
    }
  }
}

void Accumulate(size_t n, size_t terms, const uint8_t* values, const size_t* offsets, size_t step,
                const void* w, int32_t* acc) {
  for (size_t i = 0; i < n; ++i) {
    for (size_t c = 0; c < kI8DepthwiseChannels; ++c) {
      uint32_t sum = 0;
      for (size_t t = 0; t < terms; ++t) {
        const auto* x = reinterpret_cast<const int16_t*>(values + offsets[t] + i * step);
        const auto* weights =
            static_cast<const int16_t*>(w) + t * kI8DepthwiseTermBytes / sizeof(int16_t);
        for (size_t r = 0; r < kDepth; ++r) {
          sum += static_cast<uint32_t>(x[c * kDepth + r] * weights[c * kDepth + r]);
        }
      }
      *acc++ = static_cast<int32_t>(sum);
    }
  }
}

void Pack(const int16_t* w, void* term) {
  std::copy_n(w, kDepth * kI8DepthwiseChannels, static_cast<int16_t*>(term));
}

bool Flips(bool) { return false; }

}  // namespace

const I8DepthwiseKernel i8_depthwise_reference = {.depth = kDepth,
                                                  .narrow_weights = false,
                                                  .interleave = Interleave,
                                                  .accumulate = Accumulate,
                                                  .band3 = nullptr,
                                                  .pack = Pack,
                                                  .flips = Flips};

}  // namespace quantab::kernels
