#include "core/quant/block_codes.h"

#include <utility>

#include "core/base/parallel.h"
#include "core/kernels/weight_codes/weight_codes.h"
#include "core/quant/block_encoder.h"
#include "core/quant/reals_blob.h"
#include "core/quant/weight.h"
#include "core/quant/weight_groups.h"

namespace quantab {
namespace {

constexpr size_t kPart = size_t{1} << 16;  // elements converted at once: 256 KB of float32
constexpr size_t kGrain = GrainFor(4);
static_assert(kPart % 2 == 0, "parts are whole bytes");

template <class Encoder>
void EncodePart(const WeightGroups& groups, const Encoder& encoder, uint64_t begin,
                std::span<const float> reals, std::span<uint8_t> codes) {
  ParallelFor(reals.size(), kGrain, [&](size_t first, size_t end) {
    groups.ForEachRun(static_cast<int64_t>(begin + first), static_cast<int64_t>(end - first),
                      [&](int64_t group, int64_t at, int64_t n) {
                        const size_t from = first + static_cast<size_t>(at);
                        EncodeElements(encoder, static_cast<size_t>(n), reals.data() + from,
                                       static_cast<size_t>(group), groups.consecutive(),
                                       codes.data() + from);
                      });
  });
}

void ReadCodes(const Blob& source, const BlockParams& params, uint64_t offset,
               std::span<std::byte> out) {
  const BlockRules& rules = params.rules;
  const WeightGroups groups({params.rows, params.cols}, rules.axis, rules.block_size);
  const uint64_t count = static_cast<uint64_t>(params.rows) * static_cast<uint64_t>(params.cols);
  const uint64_t last = std::min(count, (offset + out.size()) * 2);
  std::vector<float> reals(static_cast<size_t>(std::min<uint64_t>(last - offset * 2, kPart)));
  std::vector<uint8_t> codes(reals.size());
  for (uint64_t begin = offset * 2; begin < last; begin += reals.size()) {
    const size_t n = static_cast<size_t>(std::min<uint64_t>(last - begin, reals.size()));
    const std::span<float> part = std::span(reals).first(n);
    ReadReals(source, rules.real, begin, part);
    if (rules.arithmetic == BlockArithmetic::kDequantizeLinear) {
      EncodePart(groups, DequantizeLinearEncoder(params), begin, part, codes);
    } else {
      EncodePart(groups, GatherEncoder(params), begin, part, codes);
    }
    if (rules.symmetric) {
      const auto middle = static_cast<uint8_t>(params.middle());
      for (uint8_t& code : codes) code = static_cast<uint8_t>(code - middle) & 15;
    }
    kernels::PackNibbles(n, codes.data(),
                         reinterpret_cast<uint8_t*>(out.data() + (begin / 2 - offset)));
  }
}

}  // namespace

BlobPtr BlockCodes(BlobPtr source, BlockParamsPtr params) {
  const uint64_t count = static_cast<uint64_t>(params->rows) * static_cast<uint64_t>(params->cols);
  return MakeComputedBlob((count + 1) / 2, [source = std::move(source), params = std::move(params)](
                                               uint64_t offset, std::span<std::byte> out) {
    if (!out.empty()) ReadCodes(*source, *params, offset, out);
  });
}

BlobPtr BlockScales(const BlockParams& params) {
  return RealsBlob(params.scales, params.rules.real);
}

BlobPtr BlockZeros(const BlockParams& params) {
  std::vector<std::byte> bytes((params.zeros.size() + 1) / 2);
  kernels::PackNibbles(params.zeros.size(), params.zeros.data(),
                       reinterpret_cast<uint8_t*>(bytes.data()));
  return MakeMemoryBlob(std::move(bytes));
}

BlobPtr ColumnScales(const BlockParams& params) {
  const size_t blocks = static_cast<size_t>(params.blocks());
  const size_t cols = static_cast<size_t>(params.cols);
  std::vector<float> scales(params.scales.size());
  for (size_t b = 0; b < blocks; ++b) {
    for (size_t c = 0; c < cols; ++c) scales[c * blocks + b] = params.scales[b * cols + c];
  }
  return RealsBlob(scales, params.rules.real);
}

BlobPtr ColumnZeros(const BlockParams& params) {
  const size_t blocks = static_cast<size_t>(params.blocks());
  const size_t cols = static_cast<size_t>(params.cols);
  const size_t bits = static_cast<size_t>(params.rules.bits), pack = 8 / bits;
  const size_t row = (blocks + pack - 1) / pack;
  std::vector<std::byte> bytes(cols * row);
  for (size_t c = 0; c < cols; ++c) {
    for (size_t i = 0; i < row * pack; ++i) {
      const int zero = i < blocks ? params.zeros[i * cols + c] : params.middle();
      bytes[c * row + i / pack] |= std::byte(zero << (i % pack * bits));
    }
  }
  return MakeMemoryBlob(std::move(bytes));
}

}  // namespace quantab
