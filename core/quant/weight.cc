#include "core/quant/weight.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr int64_t kBlock = 1 << 16;  // elements converted at once: 256 KB of float32

// Channels of a row-major tensor: element i belongs to channel (i / inner) % count.
struct Channels {
  int64_t count = 1;
  int64_t inner = std::numeric_limits<int64_t>::max();

  Channels(const Shape& shape, std::optional<int64_t> axis) {
    if (!axis) return;
    count = shape[static_cast<size_t>(*axis)];
    inner = 1;
    for (size_t i = static_cast<size_t>(*axis) + 1; i < shape.size(); ++i) inner *= shape[i];
  }

  // Calls visit(channel, first, n) for the runs of [begin, begin + n): with inner > 1 a run is of
  // one channel; with inner == 1 its elements belong to channel, channel + 1, ...
  template <class Visit>
  void ForEachRun(int64_t begin, int64_t n, Visit visit) const {
    for (int64_t i = 0; i < n;) {
      const int64_t at = begin + i;
      int64_t length;
      int64_t channel;
      if (inner == 1) {
        channel = at % count;
        length = std::min(n - i, count - channel);
      } else {
        channel = at / inner % count;
        length = std::min(n - i, inner - at % inner);
      }
      visit(channel, i, length);
      i += length;
    }
  }
};

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

template <class Q>
void QuantizeRun(const float* x, Q* out, int64_t n, QParams params, QRange full) {
  const float zero_point = static_cast<float>(params.zero_point);
  const float low = static_cast<float>(full.min);
  const float high = static_cast<float>(full.max);
  for (int64_t i = 0; i < n; ++i) {
    out[i] = static_cast<Q>(QuantizeToFloat(x[i], params.scale, zero_point, low, high));
  }
}

template <class Q>
void QuantizeBlock(const float* x, Q* out, int64_t begin, int64_t n, const Channels& channels,
                   const WeightParams& params) {
  const QRange full = QRangeOf(params.type, false, false);
  if (!params.axis) {
    QuantizeRun(x, out, n, params.params[0], full);
    return;
  }
  const float low = static_cast<float>(full.min);
  const float high = static_cast<float>(full.max);
  channels.ForEachRun(begin, n, [&](int64_t channel, int64_t first, int64_t length) {
    const QParams* p = params.params.data() + channel;
    if (channels.inner > 1) {
      QuantizeRun(x + first, out + first, length, *p, full);
      return;
    }
    for (int64_t i = 0; i < length; ++i) {
      out[first + i] = static_cast<Q>(QuantizeToFloat(
          x[first + i], p[i].scale, static_cast<float>(p[i].zero_point), low, high));
    }
  });
}

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

std::optional<std::vector<RealRange>> ScanRanges(const Blob& bytes, const Shape& shape,
                                                 std::optional<int64_t> axis) {
  const Channels channels(shape, axis);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<RealRange> ranges(static_cast<size_t>(channels.count), {kInfinity, -kInfinity});
  bool finite = true;
  std::vector<float> block(static_cast<size_t>(kBlock));
  ForEachChunk(bytes, sizeof(float), [&](uint64_t offset, std::span<const std::byte> part) {
    const int64_t total = static_cast<int64_t>(part.size() / sizeof(float));
    const int64_t begin = static_cast<int64_t>(offset / sizeof(float));
    for (int64_t at = 0; at < total && finite; at += kBlock) {
      const int64_t n = std::min(kBlock, total - at);
      std::memcpy(block.data(), part.data() + static_cast<size_t>(at) * sizeof(float),
                  static_cast<size_t>(n) * sizeof(float));
      channels.ForEachRun(begin + at, n, [&](int64_t channel, int64_t first, int64_t length) {
        if (axis && channels.inner == 1) {
          for (int64_t i = 0; i < length; ++i) {
            Extend(ranges[static_cast<size_t>(channel + i)], &block[static_cast<size_t>(first + i)],
                   1, finite);
          }
        } else {
          Extend(ranges[static_cast<size_t>(channel)], &block[static_cast<size_t>(first)], length,
                 finite);
        }
      });
    }
  });
  if (!finite) return std::nullopt;
  for (RealRange& range : ranges) {
    if (range.min > range.max) range = {};
  }
  return ranges;
}

WeightParams ComputeWeightParams(const std::vector<RealRange>& ranges, std::optional<int64_t> axis,
                                 const ParamRules& rules) {
  WeightParams result{rules.type, axis, {}};
  result.params.reserve(ranges.size());
  for (const RealRange& range : ranges) {
    result.params.push_back(ComputeParams(range.min, range.max, rules));
  }
  return result;
}

BlobPtr QuantizedBlob(BlobPtr source, Shape shape, WeightParams params) {
  const uint64_t count = source->size() / sizeof(float);
  const Channels channels(shape, params.axis);
  auto read = [source = std::move(source), channels, params = std::move(params)](
                  uint64_t offset, std::span<std::byte> out) {
    std::vector<float> block(std::min<size_t>(out.size(), static_cast<size_t>(kBlock)));
    for (size_t done = 0; done < out.size();) {
      const size_t n = std::min(out.size() - done, block.size());
      const uint64_t begin = offset + done;
      source->Read(begin * sizeof(float), std::as_writable_bytes(std::span(block).first(n)));
      const int64_t first = static_cast<int64_t>(begin);
      const int64_t length = static_cast<int64_t>(n);
      if (params.type == DType::kUint8) {
        QuantizeBlock(block.data(), reinterpret_cast<uint8_t*>(out.data() + done), first, length,
                      channels, params);
      } else {
        QuantizeBlock(block.data(), reinterpret_cast<int8_t*>(out.data() + done), first, length,
                      channels, params);
      }
      done += n;
    }
  };
  return MakeComputedBlob(count, std::move(read));
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
