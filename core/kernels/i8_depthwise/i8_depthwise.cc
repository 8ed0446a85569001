#include "core/kernels/i8_depthwise/i8_depthwise.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "core/kernels/bytes.h"
#include "core/kernels/im2col/window.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/i8_depthwise/kernels.inc"
#undef QUANTAB_KERNEL
};

constexpr size_t kChannels = kI8DepthwiseChannels;
constexpr size_t kTermBytes = kI8DepthwiseTermBytes;

// What packed bytes begin with. Then, for each block of 8 channels: the sums of their weights, and
// their terms, one for each group of window rows and column of the window.
struct alignas(16) PackedHeader {
  const KernelEntry* entry;
};

const I8DepthwiseKernel& KernelOf(const KernelEntry& entry) {
  return *static_cast<const I8DepthwiseKernel*>(entry.kernel);
}

size_t RoundUp(size_t value) { return SaturatingRoundUp(value, 16); }

size_t WindowRows(const ConvShape& shape) {
  return SaturatingMul(shape.kernel[0], shape.kernel[1]);
}
size_t Groups(const I8DepthwiseKernel& kernel, const ConvShape& shape) {
  return DivideUp(WindowRows(shape), kernel.depth);
}
size_t Terms(const I8DepthwiseKernel& kernel, const ConvShape& shape) {
  return SaturatingMul(Groups(kernel, shape), shape.kernel[2]);
}
size_t BlockBytes(const I8DepthwiseKernel& kernel, const ConvShape& shape) {
  return SaturatingAdd(kChannels * sizeof(int32_t),
                       SaturatingMul(Terms(kernel, shape), kTermBytes));
}
size_t Blocks(const ConvShape& shape) { return DivideUp(shape.in_channels, kChannels); }

// The last block begins where it still has 8 channels, some of them a second time.
size_t FirstChannel(const ConvShape& shape, size_t block) {
  return std::min(block * kChannels, shape.in_channels - kChannels);
}

// Columns that the windows of an output row reach, padding included.
size_t Reach(const ConvShape& shape) {
  return (shape.out[2] - 1) * shape.stride[2] + (shape.kernel[2] - 1) * shape.dilation[2] + 1;
}

// The parts of the scratch memory.
size_t PaddingBytes(const ConvShape& shape) { return RoundUp(shape.in_channels); }
size_t OffsetBytes(const ConvShape& shape) {
  return RoundUp(SaturatingMul(shape.Taps(), sizeof(size_t)));
}
size_t AccBytes(const ConvShape& shape) {
  return SaturatingMul(shape.out[2], kChannels * sizeof(int32_t));
}
size_t RowPointerBytes(const ConvShape& shape) {
  const size_t rows = SaturatingAdd(WindowRows(shape), kI8DepthwiseMaxDepth);
  return RoundUp(SaturatingMul(rows, sizeof(const uint8_t*) + sizeof(size_t)));
}
size_t ValueBytes(const ConvShape& shape) {
  return SaturatingMul(WindowRows(shape), Reach(shape), kTermBytes);
}

int32_t Weight(const I8DepthwiseWeights& weights, size_t taps, size_t channel, size_t tap) {
  const uint8_t byte = weights.data[channel * taps + tap];
  const int32_t zero = weights.zero == nullptr ? 0 : weights.zero[channel * weights.zero_stride];
  return (weights.is_signed ? int32_t{static_cast<int8_t>(byte)} : int32_t{byte}) - zero;
}

bool FitInt8(const ConvShape& shape, const I8DepthwiseWeights& weights) {
  for (size_t c = 0; c < shape.in_channels; ++c) {
    for (size_t tap = 0; tap < shape.Taps(); ++tap) {
      const int32_t w = Weight(weights, shape.Taps(), c, tap);
      if (w < -128 || w > 127) return false;
    }
  }
  return true;
}

// The chosen kernel, or the last of the list that takes any weights.
const KernelEntry& ChooseFor(const ConvShape& shape, const I8DepthwiseWeights& weights) {
  const KernelEntry* entry = &i8_depthwise_family.Choose();
  if (KernelOf(*entry).narrow_weights && !FitInt8(shape, weights)) {
    for (const KernelEntry& other : kEntries) {
      if (!KernelOf(other).narrow_weights) entry = &other;
    }
  }
  return *entry;
}

// One convolution being run.
struct Run {
  const ConvShape& shape;
  const I8DepthwiseKernel& kernel;
  bool x_signed;
  const uint8_t* padding;  // x_zero, for each channel
  size_t* offsets = nullptr;         // of each term, in values
  int32_t* acc = nullptr;            // of an output row
  const uint8_t** rows = nullptr;    // under an output row: the first byte of each
  size_t* steps = nullptr;           // from pixel to pixel of each
  uint8_t* values = nullptr;

  size_t GroupBytes() const { return Reach(shape) * kTermBytes; }

  void SetOffsets() const {
    size_t term = 0;
    for (size_t group = 0; group < Groups(kernel, shape); ++group) {
      for (size_t kw = 0; kw < shape.kernel[2]; ++kw) {
        offsets[term++] = group * GroupBytes() + kw * shape.dilation[2] * kTermBytes;
      }
    }
  }

  // Rows outside the input, and those that fill the last group, are padding.
  void SetRows(const uint8_t* x, size_t od, size_t oh) const {
    const size_t count = Groups(kernel, shape) * kernel.depth;
    std::fill_n(rows, count, padding);
    std::fill_n(steps, count, size_t{0});
    VisitRows(shape, od, oh, [&](size_t kernel_row, size_t input_row) {
      rows[kernel_row] = x + input_row * shape.in[2] * shape.in_channels;
      steps[kernel_row] = shape.in_channels;
    });
  }

  // Lays together what an output row needs of 8 channels.
  void Interleave(size_t channel) const {
    const size_t reach = Reach(shape);
    const size_t begin = std::min(shape.pad[2], reach);
    const size_t end = std::max(begin, std::min(reach, shape.pad[2] + shape.in[2]));
    const uint8_t* outside[kI8DepthwiseMaxDepth];
    const uint8_t* inside[kI8DepthwiseMaxDepth];
    constexpr size_t kStill[kI8DepthwiseMaxDepth] = {};
    std::fill_n(outside, kernel.depth, padding + channel);
    for (size_t group = 0; group < Groups(kernel, shape); ++group) {
      const size_t first = group * kernel.depth;
      for (size_t r = 0; r < kernel.depth; ++r) inside[r] = rows[first + r] + channel;
      uint8_t* to = values + group * GroupBytes();
      kernel.interleave(begin, outside, kStill, x_signed, to);
      kernel.interleave(end - begin, inside, steps + first, x_signed, to + begin * kTermBytes);
      kernel.interleave(reach - end, outside, kStill, x_signed, to + end * kTermBytes);
    }
  }
};

// What a block's channels need to be finished.
struct Columns {
  alignas(16) int32_t base[kChannels];
  alignas(16) float scale[kChannels];
  alignas(16) float float_bias[kChannels];

  I8GemmFinish Set(const I8GemmEpilogue& epilogue, const int32_t* sums, int32_t zero,
                   size_t first) {
    for (size_t c = 0; c < kChannels; ++c) {
      const int32_t bias = epilogue.bias == nullptr ? 0 : epilogue.bias[first + c];
      base[c] = static_cast<int32_t>(static_cast<uint32_t>(bias) -
                                     static_cast<uint32_t>(zero) * static_cast<uint32_t>(sums[c]));
      scale[c] =
          epilogue.scale == nullptr ? 1 : epilogue.scale[(first + c) * epilogue.scale_stride];
      float_bias[c] = epilogue.float_bias == nullptr ? 0 : epilogue.float_bias[first + c];
    }
    return {.base = base,
            .scale = scale,
            .float_bias = epilogue.float_bias == nullptr ? nullptr : float_bias,
            .out = epilogue.out,
            .out_signed = epilogue.out_signed,
            .out_zero = epilogue.out_zero};
  }
};

}  // namespace

constinit KernelFamily i8_depthwise_family("i8_depthwise", kEntries);

bool IsI8Depthwise(const ConvShape& shape) {
  return shape.in_channels == shape.groups && shape.out_channels == shape.groups &&
         shape.in_channels >= kChannels;
}

size_t I8DepthwisePackedBytes(const ConvShape& shape) {
  size_t most = 0;
  for (const KernelEntry& entry : kEntries) {
    most = std::max(most, BlockBytes(KernelOf(entry), shape));
  }
  return SaturatingAdd(sizeof(PackedHeader), SaturatingMul(Blocks(shape), most));
}

size_t I8DepthwiseScratchBytes(const ConvShape& shape) {
  if (shape.OutPixels() == 0) return 0;
  const size_t tables = SaturatingAdd(PaddingBytes(shape), OffsetBytes(shape));
  const size_t rows = SaturatingAdd(RowPointerBytes(shape), AccBytes(shape));
  return SaturatingAdd(SaturatingAdd(tables, rows), ValueBytes(shape));
}

void I8DepthwisePack(const ConvShape& shape, const I8DepthwiseWeights& weights, void* packed) {
  const KernelEntry& entry = ChooseFor(shape, weights);
  const I8DepthwiseKernel& kernel = KernelOf(entry);
  new (packed) PackedHeader{&entry};
  auto* at = static_cast<uint8_t*>(packed) + sizeof(PackedHeader);
  const size_t taps = shape.Taps();
  for (size_t block = 0; block < Blocks(shape); ++block) {
    const size_t first = FirstChannel(shape, block);
    auto* sums = reinterpret_cast<int32_t*>(at);
    for (size_t c = 0; c < kChannels; ++c) {
      sums[c] = 0;
      for (size_t tap = 0; tap < taps; ++tap) sums[c] += Weight(weights, taps, first + c, tap);
    }
    at += kChannels * sizeof(int32_t);
    for (size_t group = 0; group < Groups(kernel, shape); ++group) {
      for (size_t kw = 0; kw < shape.kernel[2]; ++kw, at += kTermBytes) {
        int16_t term[kChannels * kI8DepthwiseMaxDepth] = {};
        for (size_t r = 0; r < kernel.depth; ++r) {
          const size_t row = group * kernel.depth + r;
          if (row >= WindowRows(shape)) break;
          for (size_t c = 0; c < kChannels; ++c) {
            term[c * kernel.depth + r] =
                static_cast<int16_t>(Weight(weights, taps, first + c, row * shape.kernel[2] + kw));
          }
        }
        kernel.pack(term, at);
      }
    }
  }
}

void I8Depthwise(const ConvShape& shape, const uint8_t* x, bool x_signed, int32_t x_zero,
                 const void* packed, uint8_t* y, void* scratch, const I8GemmEpilogue& epilogue) {
  if (shape.OutPixels() == 0) return;
  const auto* header = static_cast<const PackedHeader*>(packed);
  const I8DepthwiseKernel& kernel = KernelOf(*header->entry);
  i8_depthwise_family.Note(header->entry->name);
  auto* at = static_cast<uint8_t*>(scratch);
  std::memset(at, static_cast<uint8_t>(x_zero), shape.in_channels);
  Run run = {.shape = shape, .kernel = kernel, .x_signed = x_signed, .padding = at};
  run.offsets = reinterpret_cast<size_t*>(at += PaddingBytes(shape));
  run.rows = reinterpret_cast<const uint8_t**>(at += OffsetBytes(shape));
  run.steps = reinterpret_cast<size_t*>(run.rows + WindowRows(shape) + kI8DepthwiseMaxDepth);
  run.acc = reinterpret_cast<int32_t*>(at += RowPointerBytes(shape));
  run.values = at + AccBytes(shape);
  run.SetOffsets();
  const size_t terms = Terms(kernel, shape);
  const size_t step = shape.stride[2] * kTermBytes;
  const size_t element = epilogue.out == I8GemmOut::kRequantize ? 1 : 4;
  const int32_t zero = !kernel.flips(x_signed) ? x_zero : x_signed ? x_zero + 128 : x_zero - 128;
  for (size_t row = 0; row < shape.out[0] * shape.out[1]; ++row) {
    run.SetRows(x, row / shape.out[1], row % shape.out[1]);
    const auto* block_at = static_cast<const uint8_t*>(packed) + sizeof(PackedHeader);
    uint8_t* to = y + row * shape.out[2] * shape.out_channels * element;
    for (size_t block = 0; block < Blocks(shape); ++block, block_at += BlockBytes(kernel, shape)) {
      const size_t first = FirstChannel(shape, block);
      Columns columns;
      const I8GemmFinish finish =
          columns.Set(epilogue, reinterpret_cast<const int32_t*>(block_at), zero, first);
      run.Interleave(first);
      kernel.accumulate(shape.out[2], terms, run.values, run.offsets, step,
                        block_at + kChannels * sizeof(int32_t), run.acc);
      I8FinishRows(shape.out[2], kChannels, run.acc, kChannels, finish, to + first * element,
                   shape.out_channels);
    }
  }
}

}  // namespace quantab::kernels
