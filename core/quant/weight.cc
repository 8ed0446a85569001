#include "core/quant/weight.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/kernels/transpose/transpose.h"
#include "core/kernels/weight_codes/weight_codes.h"
#include "core/kernels/weight_range/weight_range.h"
#include "core/quant/weight_groups.h"
#include "core/tensor/half.h"
#include "core/tensor/small_float.h"
#include "core/tensor/whole_blob.h"

namespace quantab {
namespace {

constexpr size_t kBlock = size_t{1} << 16;  // elements converted at once: 256 KB of float32
constexpr size_t kGrain = GrainFor(2);
static_assert(kGrain % 2 == 0 && kBlock % 2 == 0, "parts of codes of 4 bits are whole bytes");

// What one thread knows of the range of each group.
class Ranges {
 public:
  explicit Ranges(const WeightGroups& groups)
      : groups_(groups),
        min_(static_cast<size_t>(groups.count()), std::numeric_limits<float>::infinity()),
        max_(min_.size(), -std::numeric_limits<float>::infinity()) {}

  bool finite() const { return finite_; }

  // `x` are the `n` elements from `begin` on.
  void Add(const float* x, int64_t begin, int64_t n) {
    groups_.ForEachRun(begin, n, [&](int64_t group, int64_t first, int64_t length) {
      float* min = min_.data() + group;
      float* max = max_.data() + group;
      const size_t count = static_cast<size_t>(length);
      finite_ &= groups_.consecutive() ? kernels::WidenRanges(count, x + first, min, max)
                                       : kernels::WidenRange(count, x + first, *min, *max);
    });
  }

  void Add(const Ranges& other) {
    for (size_t i = 0; i < min_.size(); ++i) {
      min_[i] = std::min(min_[i], other.min_[i]);
      max_[i] = std::max(max_[i], other.max_[i]);
    }
    finite_ &= other.finite_;
  }

  std::vector<RealRange> Take() const {
    std::vector<RealRange> ranges(min_.size());
    for (size_t i = 0; i < ranges.size(); ++i) {
      if (min_[i] <= max_[i]) ranges[i] = {min_[i], max_[i]};
    }
    return ranges;
  }

 private:
  const WeightGroups& groups_;
  std::vector<float> min_, max_;
  bool finite_ = true;
};

// A weight and how it is quantized.
class Quantized {
 public:
  Quantized(BlobPtr source, const Shape& shape, const WeightParams& params)
      : source_(std::move(source)),
        type_(params.type),
        real_(params.real),
        count_(source_->size() / SizeOf(params.real)),
        groups_(shape, params.axis, params.block_size) {
    scales_.reserve(params.params.size());
    zeros_.reserve(params.params.size());
    for (const QParams& p : params.params) {
      scales_.push_back(p.scale);
      zeros_.push_back(p.zero_point);
    }
    if (type_ == DType::kFloat8E4M3FN) return;
    const QRange full = QRangeOf(type_, false, false);
    low_ = full.min;
    high_ = full.max;
  }

  uint64_t size() const { return (count_ * static_cast<uint64_t>(BitsOf(type_)) + 7) / 8; }

  void Read(uint64_t offset, std::span<std::byte> out) const {
    if (out.empty()) return;
    const uint64_t bits = static_cast<uint64_t>(BitsOf(type_));
    const uint64_t end = offset + out.size();
    const uint64_t last = std::min(count_, (end * 8 + bits - 1) / bits);
    uint64_t begin = offset * 8 / bits;
    std::vector<float> reals(static_cast<size_t>(std::min<uint64_t>(last - begin, kBlock)));
    std::vector<std::byte> codes(bits == 8 ? 0 : reals.size() * CodeSize());
    while (begin < last) {
      const size_t n = static_cast<size_t>(std::min<uint64_t>(last - begin, reals.size()));
      const std::span<float> part = std::span(reals).first(n);
      ReadReals(*source_, real_, begin, part);
      if (bits == 8) {
        Encode(begin, part, out.data() + (begin - offset));
      } else {
        Encode(begin, part, codes.data());
        Place(begin, std::span(codes).first(n * CodeSize()), offset, out);
      }
      begin += n;
    }
  }

 private:
  // Bytes of a code before those of 4 bits are put together.
  size_t CodeSize() const { return BitsOf(type_) == 16 ? 2 : 1; }

  // The codes of the elements from `begin` on.
  void Encode(uint64_t begin, std::span<const float> reals, std::byte* codes) const {
    ParallelFor(reals.size(), kGrain, [&](size_t first, size_t end) {
      const float* x = reals.data() + first;
      std::byte* out = codes + first * CodeSize();
      groups_.ForEachRun(static_cast<int64_t>(begin + first), static_cast<int64_t>(end - first),
                         [&](int64_t group, int64_t at, int64_t n) {
                           EncodeRun(static_cast<size_t>(group), x + at, static_cast<size_t>(n),
                                     out + static_cast<size_t>(at) * CodeSize());
                         });
    });
  }

  // The codes of `n` elements of one group, or of one group each from `group` on.
  void EncodeRun(size_t group, const float* x, size_t n, std::byte* codes) const {
    const kernels::CodeParameters parameters = {.scale = scales_.data() + group,
                                                .zero = zeros_.data() + group,
                                                .each = groups_.consecutive(),
                                                .low = low_,
                                                .high = high_};
    switch (type_) {
      case DType::kUint8:
      case DType::kUint4:
        return kernels::WeightCodes(n, x, parameters, reinterpret_cast<uint8_t*>(codes));
      case DType::kInt8:
      case DType::kInt4:
        return kernels::WeightCodes(n, x, parameters, reinterpret_cast<int8_t*>(codes));
      case DType::kUint16:
        return kernels::WeightCodes(n, x, parameters, reinterpret_cast<uint16_t*>(codes));
      case DType::kInt16:
        return kernels::WeightCodes(n, x, parameters, reinterpret_cast<int16_t*>(codes));
      default:
        for (size_t i = 0; i < n; ++i) {
          codes[i] = std::byte{Float8(x[i] / parameters.scale[parameters.each ? i : 0])};
        }
    }
  }

  // The quotient is a float16 where the reals are.
  uint8_t Float8(float quotient) const {
    return SmallFloatCode(DType::kFloat8E4M3FN, double{RoundToReal(quotient, real_)});
  }

  // Puts what Encode made of the elements from `begin` on where it belongs in `out`, which begins
  // at byte `offset`. Codes of 4 bits begin at an even element.
  void Place(uint64_t begin, std::span<const std::byte> codes, uint64_t offset,
             std::span<std::byte> out) const {
    if (CodeSize() == 1) {
      kernels::PackNibbles(codes.size(), reinterpret_cast<const uint8_t*>(codes.data()),
                           reinterpret_cast<uint8_t*>(out.data() + (begin / 2 - offset)));
      return;
    }
    const uint64_t first = begin * CodeSize();
    const uint64_t from = std::max(offset, first);
    const uint64_t to = std::min(offset + out.size(), first + codes.size());
    std::memcpy(out.data() + (from - offset), codes.data() + (from - first),
                static_cast<size_t>(to - from));
  }

  BlobPtr source_;
  DType type_, real_;
  uint64_t count_;  // elements
  WeightGroups groups_;
  std::vector<float> scales_;
  std::vector<int32_t> zeros_;
  int32_t low_ = 0, high_ = 0;
};

// Puts the `n` elements from `first` on into the transposes: whole rows of a matrix at once, parts
// of a row as matrices of one row.
void Transpose(const std::byte* in, std::byte* out, int64_t first, int64_t n, int64_t rows,
               int64_t cols, size_t size) {
  for (int64_t done = 0; done < n;) {
    const int64_t row = (first + done) / cols;
    const int64_t col = (first + done) % cols;
    const int64_t width = std::min(cols - col, n - done);
    const int64_t height = width < cols ? 1 : std::min((n - done) / cols, rows - row % rows);
    const int64_t to = row / rows * rows * cols + col * rows + row % rows;
    kernels::Transpose2D(static_cast<size_t>(height), static_cast<size_t>(width), size,
                         in + static_cast<size_t>(done) * size, static_cast<size_t>(width),
                         out + static_cast<size_t>(to) * size, static_cast<size_t>(rows));
    done += width * height;
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
  // Each thread would need as much memory as there are groups.
  constexpr int64_t kMostShared = 1 << 14;
  const WeightGroups groups(shape, axis, block_size);
  const uint64_t count = bytes.size() / SizeOf(real);
  std::vector<float> block(static_cast<size_t>(std::min<uint64_t>(count, kBlock)));
  const size_t lanes = groups.count() > kMostShared ? 1 : LanesOf(block.size(), kGrain);
  std::vector<Ranges> ranges(lanes, Ranges(groups));
  const auto finite = [](const Ranges& each) { return each.finite(); };
  for (uint64_t begin = 0; begin < count; begin += block.size()) {
    const size_t n = static_cast<size_t>(std::min<uint64_t>(count - begin, block.size()));
    ReadReals(bytes, real, begin, std::span(block).first(n));
    const auto add = [&](size_t first, size_t end, size_t lane) {
      ranges[lane].Add(block.data() + first, static_cast<int64_t>(begin + first),
                       static_cast<int64_t>(end - first));
    };
    if (lanes == 1) {
      add(0, n, 0);
    } else {
      ParallelFor(n, kGrain, add);
    }
    if (!std::all_of(ranges.begin(), ranges.end(), finite)) return std::nullopt;
  }
  for (size_t lane = 1; lane < lanes; ++lane) ranges[0].Add(ranges[lane]);
  return ranges[0].Take();
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
  Quantized quantized(std::move(source), shape, params);
  const uint64_t size = quantized.size();
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
  return MakeWholeBlob(size, [source = std::move(source), rows, cols, element_size] {
    std::vector<std::byte> result(static_cast<size_t>(source->size()));
    ForEachChunk(*source, element_size, [&](uint64_t at, std::span<const std::byte> part) {
      Transpose(part.data(), result.data(), static_cast<int64_t>(at / element_size),
                static_cast<int64_t>(part.size() / element_size), rows, cols, element_size);
    });
    return result;
  });
}

}  // namespace quantab
