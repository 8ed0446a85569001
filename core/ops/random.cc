#include "core/ops/random.h"

#include <bit>
#include <cmath>
#include <string_view>

#include "core/onnx/model.h"

namespace quantab {
namespace {

// FNV-1a.
uint32_t HashOf(std::string_view text) {
  uint32_t hash = 2166136261u;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

uint32_t SeedOf(const OpContext& c) {
  if (!c.attributes().Has("seed")) {
    return HashOf(c.node().output_size() > 0 ? c.node().output(0) : std::string());
  }
  const float seed = c.attributes().Float("seed", 0);
  return seed >= 0 && seed < 0x1p32f ? static_cast<uint32_t>(seed) : std::bit_cast<uint32_t>(seed);
}

}  // namespace

RandomSource::RandomSource(const OpContext& c) : engine_(SeedOf(c)) {}

double RandomSource::Uniform() {
  const uint32_t high = static_cast<uint32_t>(engine_()) >> 5;
  const uint32_t low = static_cast<uint32_t>(engine_()) >> 6;
  return (high * 0x1p26 + low) * 0x1p-53;
}

double RandomSource::Normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  double a, b, square;
  do {
    a = 2 * Uniform() - 1;
    b = 2 * Uniform() - 1;
    square = a * a + b * b;
  } while (square >= 1 || square == 0);
  const double scale = std::sqrt(-2 * std::log(square) / square);
  spare_ = scale * a;
  has_spare_ = true;
  return scale * b;
}

DType DTypeAttribute(const OpContext& c, DType otherwise) {
  return static_cast<DType>(c.attributes().Int("dtype", static_cast<int64_t>(otherwise)));
}

}  // namespace quantab
