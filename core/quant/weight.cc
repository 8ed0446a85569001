#include "core/quant/weight.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/base/error.h"
#include "core/kernels/quantize/quantize.h"
#include "core/quant/weight_groups.h"
#include "core/tensor/half.h"
#include "core/tensor/small_float.h"

namespace quantab {
namespace {

constexpr int64_t kBlock = 1 << 16;  // elements converted at once: 256 KB of float32

void Extend(RealRange& range, const float* x, int64_t n, bool& finite) {
  float low = range.min;
  float high = range.max;
  bool ok = true;
  for (int64_t i = 0; i < n; ++i) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
    ok &= std::fabs(x[i]) <= std::numeric_limits<float>::max();
  }
  range = {low, high};
  finite &= ok;
}

// Turns reals into integers.
template <class Q>
struct ToInteger {
  using Code = Q;
  float low, high;

  explicit ToInteger(DType type) {
    const QRange full = QRangeOf(type, false, false);
    low = static_cast<float>(full.min);
    high = static_cast<float>(full.max);
  }
  void Run(const float* x, Q* out, int64_t n, QParams params) const {
    if (RunKernel(x, out, n, params)) return;
    const float zero_point = static_cast<float>(params.zero_point);
    for (int64_t i = 0; i < n; ++i) {
      out[i] = static_cast<Q>(QuantizeToFloat(x[i], params.scale, zero_point, low, high));
    }
  }

 private:
  // By the kernel, which gives the same integers, where it is of use; false elsewhere.
  bool RunKernel(const float* x, Q* out, int64_t n, QParams params) const {
    constexpr int64_t kFew = 16;
    if constexpr (sizeof(Q) == 1) {
      if (n < kFew || high - low != 255 || params.scale == 0) return false;
      if constexpr (std::is_signed_v<Q>) {
        kernels::QuantizeS8(static_cast<size_t>(n), x, params.scale, params.zero_point, out);
      } else {
        kernels::QuantizeU8(static_cast<size_t>(n), x, params.scale, params.zero_point, out);
      }
      return true;
    }
    return false;
  }
};

// Turns reals into float8e4m3fn; the quotient is a float16 where the reals are.
struct ToFloat8 {
  using Code = uint8_t;
  DType real;

  void Run(const float* x, uint8_t* out, int64_t n, QParams params) const {
    for (int64_t i = 0; i < n; ++i) {
      out[i] = SmallFloatCode(DType::kFloat8E4M3FN, double{RoundToReal(x[i] / params.scale, real)});
    }
  }
};

template <class Quantizer>
void QuantizeElements(const Quantizer& quantizer, const float* x, typename Quantizer::Code* out,
                      int64_t begin, int64_t n, const WeightGroups& groups,
                      const WeightParams& params) {
  if (groups.count() == 1) {
    quantizer.Run(x, out, n, params.params[0]);
    return;
  }
  groups.ForEachRun(begin, n, [&](int64_t group, int64_t first, int64_t length) {
    const QParams* p = params.params.data() + group;
    if (!groups.consecutive()) {
      quantizer.Run(x + first, out + first, length, *p);
      return;
    }
    for (int64_t i = 0; i < length; ++i) quantizer.Run(x + first + i, out + first + i, 1, p[i]);
  });
}

// A weight and how it is quantized.
struct Quantized {
  BlobPtr source;
  uint64_t count;  // elements
  WeightGroups groups;
  WeightParams params;

  // Calls take(first, codes) with the codes of the elements [begin, end), some at a time.
  template <class Quantizer, class Take>
  void ForEachPart(const Quantizer& quantizer, uint64_t begin, uint64_t end, Take take) const {
    const uint64_t part = std::min<uint64_t>(end - begin, kBlock);
    std::vector<float> reals(static_cast<size_t>(part));
    std::vector<typename Quantizer::Code> codes(reals.size());
    while (begin < end) {
      const size_t n = static_cast<size_t>(std::min<uint64_t>(end - begin, part));
      ReadReals(*source, params.real, begin, std::span(reals).first(n));
      QuantizeElements(quantizer, reals.data(), codes.data(), static_cast<int64_t>(begin),
                       static_cast<int64_t>(n), groups, params);
      take(begin, std::span(codes).first(n));
      begin += n;
    }
  }

  // Codes of whole bytes.
  template <class Quantizer>
  void Read(const Quantizer& quantizer, uint64_t offset, std::span<std::byte> out) const {
    constexpr uint64_t kSize = sizeof(typename Quantizer::Code);
    const uint64_t end = offset + out.size();
    ForEachPart(
        quantizer, offset / kSize, (end + kSize - 1) / kSize, [&](uint64_t first, auto codes) {
          const uint64_t from = std::max(offset, first * kSize);
          const uint64_t to = std::min(end, first * kSize + codes.size_bytes());
          std::memcpy(out.data() + (from - offset),
                      reinterpret_cast<const std::byte*>(codes.data()) + (from - first * kSize),
                      static_cast<size_t>(to - from));
        });
  }

  // Codes of 4 bits. Parts begin at even elements, since `begin` and their length are even.
  template <class Quantizer>
  void ReadNibbles(const Quantizer& quantizer, uint64_t offset, std::span<std::byte> out) const {
    const uint64_t end = std::min(count, (offset + out.size()) * 2);
    ForEachPart(quantizer, offset * 2, end, [&](uint64_t first, auto codes) {
      std::byte* to = out.data() + (first / 2 - offset);
      for (size_t i = 0; i < codes.size(); i += 2) {
        const unsigned low = static_cast<uint8_t>(codes[i]) & 15U;
        const unsigned high = i + 1 < codes.size() ? static_cast<uint8_t>(codes[i + 1]) & 15U : 0U;
        to[i / 2] = static_cast<std::byte>(low | high << 4);
      }
    });
  }

  void Read(uint64_t offset, std::span<std::byte> out) const {
    if (out.empty()) return;
    switch (params.type) {
      case DType::kUint8:
        return Read(ToInteger<uint8_t>(params.type), offset, out);
      case DType::kInt8:
        return Read(ToInteger<int8_t>(params.type), offset, out);
      case DType::kUint16:
        return Read(ToInteger<uint16_t>(params.type), offset, out);
      case DType::kInt16:
        return Read(ToInteger<int16_t>(params.type), offset, out);
      case DType::kUint4:
        return ReadNibbles(ToInteger<uint8_t>(params.type), offset, out);
      case DType::kInt4:
        return ReadNibbles(ToInteger<int8_t>(params.type), offset, out);
      default:
        return Read(ToFloat8{params.real}, offset, out);
    }
  }
};

void Transpose(const std::byte* in, std::byte* out, int64_t first, int64_t n, int64_t rows,
               int64_t cols, size_t size) {
  const int64_t matrix = rows * cols;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = first + i;
    const int64_t base = at / matrix * matrix;
    const int64_t row = at % matrix / cols;
    const int64_t col = at % cols;
    std::memcpy(out + static_cast<size_t>(base + col * rows + row) * size,
                in + static_cast<size_t>(i) * size, size);
  }
}

}  // namespace

void ReadReals(const Blob& bytes, DType real, uint64_t first, std::span<float> out) {
  if (real != DType::kFloat16) {
    bytes.Read(first * sizeof(float), std::as_writable_bytes(out));
    return;
  }
  std::vector<uint16_t> halves(out.size());
  bytes.Read(first * sizeof(uint16_t), std::as_writable_bytes(std::span(halves)));
  std::transform(halves.begin(), halves.end(), out.begin(),
                 [](uint16_t half) { return HalfToFloat(half); });
}

std::optional<std::vector<RealRange>> ScanRanges(const Blob& bytes, const Shape& shape,
                                                 std::optional<int64_t> axis, DType real,
                                                 int64_t block_size) {
  const WeightGroups groups(shape, axis, block_size);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<RealRange> ranges(static_cast<size_t>(groups.count()), {kInfinity, -kInfinity});
  bool finite = true;
  const uint64_t count = bytes.size() / SizeOf(real);
  std::vector<float> block(static_cast<size_t>(std::min<uint64_t>(count, kBlock)));
  for (uint64_t begin = 0; begin < count && finite; begin += block.size()) {
    const size_t n = static_cast<size_t>(std::min<uint64_t>(count - begin, block.size()));
    ReadReals(bytes, real, begin, std::span(block).first(n));
    groups.ForEachRun(static_cast<int64_t>(begin), static_cast<int64_t>(n),
                      [&](int64_t group, int64_t first, int64_t length) {
                        RealRange* range = &ranges[static_cast<size_t>(group)];
                        const float* x = &block[static_cast<size_t>(first)];
                        if (!groups.consecutive()) return Extend(*range, x, length, finite);
                        for (int64_t i = 0; i < length; ++i) Extend(range[i], x + i, 1, finite);
                      });
  }
  if (!finite) return std::nullopt;
  for (RealRange& range : ranges) {
    if (range.min > range.max) range = {};
  }
  return ranges;
}

WeightParams ComputeWeightParams(const std::vector<RealRange>& ranges, std::optional<int64_t> axis,
                                 const ParamRules& rules, int64_t block_size) {
  WeightParams result{rules.type, axis, {}, block_size, rules.real};
  result.params.reserve(ranges.size());
  for (const RealRange& range : ranges) {
    result.params.push_back(block_size > 0 ? ComputeBlockParams(range.min, range.max, rules)
                                           : ComputeParams(range.min, range.max, rules));
  }
  return result;
}

BlobPtr QuantizedBlob(BlobPtr source, Shape shape, WeightParams params) {
  const uint64_t count = source->size() / SizeOf(params.real);
  const uint64_t bits = static_cast<uint64_t>(BitsOf(params.type));
  const WeightGroups groups(shape, params.axis, params.block_size);
  Quantized quantized{std::move(source), count, groups, std::move(params)};
  const uint64_t size = (count * bits + 7) / 8;
  return MakeComputedBlob(
      size, [quantized = std::move(quantized)](uint64_t offset, std::span<std::byte> out) {
        quantized.Read(offset, out);
      });
}

BlobPtr TransposedBlob(BlobPtr source, int64_t batch, int64_t rows, int64_t cols,
                       size_t element_size) {
  const uint64_t size = source->size();
  if (static_cast<uint64_t>(batch) * static_cast<uint64_t>(rows) * static_cast<uint64_t>(cols) *
          element_size !=
      size) {
    ThrowInternal("A transposed tensor has another size than its source.");
  }
  auto whole = std::make_shared<std::vector<std::byte>>();
  auto read = [source = std::move(source), whole, rows, cols, element_size, size](
                  uint64_t offset, std::span<std::byte> out) {
    if (out.empty()) return;
    if (whole->empty()) {
      std::vector<std::byte> result(static_cast<size_t>(size));
      ForEachChunk(*source, element_size, [&](uint64_t at, std::span<const std::byte> part) {
        Transpose(part.data(), result.data(), static_cast<int64_t>(at / element_size),
                  static_cast<int64_t>(part.size() / element_size), rows, cols, element_size);
      });
      *whole = std::move(result);
    }
    std::memcpy(out.data(), whole->data() + offset, out.size());
    if (offset + out.size() == size) std::vector<std::byte>().swap(*whole);
  };
  return MakeComputedBlob(size, std::move(read));
}

}  // namespace quantab
