#include <cmath>

#include "core/kernels/weight_codes/weight_codes.h"

namespace quantab::kernels {
namespace {

template <typename Code>
void Codes(size_t n, const float* x, const CodeParameters& p, Code* y) {
  const auto low = static_cast<float>(p.low);
  const auto high = static_cast<float>(p.high);
  for (size_t i = 0; i < n; ++i) {
    const size_t at = p.each ? i : 0;
    const float code = std::nearbyint(x[i] / p.scale[at]) + static_cast<float>(p.zero[at]);
    // Written so that NaN gives the lowest value.
    y[i] = static_cast<Code>(code > low ? (code < high ? code : high) : low);
  }
}

void Pack(size_t n, const uint8_t* codes, uint8_t* y) {
  for (size_t i = 0; i < n; i += 2) {
    const unsigned high = i + 1 < n ? codes[i + 1] & 15U : 0U;
    y[i / 2] = static_cast<uint8_t>((codes[i] & 15U) | high << 4);
  }
}

}  // namespace

const WeightCodesKernel weight_codes_reference = {.u8 = Codes<uint8_t>,
                                                  .s8 = Codes<int8_t>,
                                                  .u16 = Codes<uint16_t>,
                                                  .s16 = Codes<int16_t>,
                                                  .pack = Pack};

}  // namespace quantab::kernels
