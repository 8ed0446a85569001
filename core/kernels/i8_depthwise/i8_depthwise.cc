#include "core/kernels/i8_depthwise/i8_depthwise.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "core/base/parallel.h"
#include "core/kernels/bytes.h"
#include "core/kernels/im2col/window.h"
#include "core/kernels/relaxed_dot.h"

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

// Output rows made between two sweeps over the channels, a band: as many as have this many pixels
// together, so that what is set up for a block of channels serves all of them, and stays in the
// cache; fewer where there would be too few bands to keep threads busy.
constexpr size_t kBandPixels = 128;
constexpr size_t kBandsOfAThread = 2;

size_t OutRows(const ConvShape& shape) { return SaturatingMul(shape.out[0], shape.out[1]); }
size_t BandRows(const ConvShape& shape) {
  const size_t rows = OutRows(shape);
  const size_t most = std::clamp<size_t>(kBandPixels / shape.out[2], 1, rows);
  const auto threads = static_cast<size_t>(Threads());
  if (threads == 1) return most;
  return EvenBlock(rows, std::min(most, DivideUp(rows, kBandsOfAThread * threads)), 1);
}
// Input rows under an output row, with those that fill the last group.
size_t RowsUnder(const ConvShape& shape) {
  return SaturatingRoundUp(WindowRows(shape), kI8DepthwiseMaxDepth);
}

// The parts of the scratch memory.
size_t PaddingBytes(const ConvShape& shape) { return RoundUp(shape.in_channels); }
size_t OffsetBytes(const ConvShape& shape) {
  return RoundUp(SaturatingMul(shape.Taps(), sizeof(size_t)));
}
size_t ColumnBytes(const ConvShape& shape) {
  return RoundUp(SaturatingMul(shape.in_channels, sizeof(int32_t)));
}
size_t RowBytes(const ConvShape& shape) {
  return RoundUp(SaturatingMul(BandRows(shape), RowsUnder(shape), sizeof(I8DepthwiseRow)));
}
size_t AccBytes(const ConvShape& shape) {
  return SaturatingMul(BandRows(shape), shape.out[2], kChannels * sizeof(int32_t));
}
size_t ValueBytes(const ConvShape& shape) {
  return SaturatingMul(WindowRows(shape), Reach(shape), kTermBytes);
}
// What is shared, and what each thread has of its own.
size_t SharedBytes(const ConvShape& shape) {
  return SaturatingAdd(SaturatingAdd(PaddingBytes(shape), OffsetBytes(shape)),
                       SaturatingMul(3, ColumnBytes(shape)));
}
size_t LaneBytes(const ConvShape& shape) {
  return SaturatingAdd(SaturatingAdd(RowBytes(shape), AccBytes(shape)), ValueBytes(shape));
}

size_t BandCount(const ConvShape& shape) { return DivideUp(OutRows(shape), BandRows(shape)); }
// Bands that are worth handing to a thread.
size_t BandGrain(const ConvShape& shape) {
  constexpr size_t kProductsOfAStep = 2;
  return GrainFor(SaturatingMul(BandRows(shape), shape.out[2], shape.in_channels, shape.Taps()) /
                  kProductsOfAStep);
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
  const uint8_t* x;
  uint8_t* padding;  // x_zero, for each channel
  size_t* offsets;   // of each term, in values
  int32_t* base;     // these by channel: see I8GemmFinish
  float* scale;
  float* float_bias;

  Run(const ConvShape& s, const I8DepthwiseKernel& k, bool is_signed, const uint8_t* image,
      uint8_t* scratch)
      : shape(s),
        kernel(k),
        x_signed(is_signed),
        x(image),
        padding(scratch),
        offsets(reinterpret_cast<size_t*>(padding + PaddingBytes(s))),
        base(reinterpret_cast<int32_t*>(padding + PaddingBytes(s) + OffsetBytes(s))),
        scale(reinterpret_cast<float*>(base) + ColumnBytes(s) / sizeof(float)),
        float_bias(scale + ColumnBytes(s) / sizeof(float)) {}

  size_t GroupBytes() const { return Reach(shape) * kTermBytes; }

  // The columns of values that lie inside the input.
  TapRange Inside() const {
    const size_t reach = Reach(shape);
    const size_t begin = std::min(shape.pad[2], reach);
    return {begin, std::max(begin, std::min(reach, shape.pad[2] + shape.in[2]))};
  }

  void SetOffsets() const {
    size_t term = 0;
    for (size_t group = 0; group < Groups(kernel, shape); ++group) {
      for (size_t kw = 0; kw < shape.kernel[2]; ++kw) {
        offsets[term++] = group * GroupBytes() + kw * shape.dilation[2] * kTermBytes;
      }
    }
  }

  // Lays together the columns outside the input: the same for every row and channel.
  void SetOutside(uint8_t* values) const {
    const TapRange inside = Inside();
    const uint8_t* outside[kI8DepthwiseMaxDepth];
    constexpr size_t kStill[kI8DepthwiseMaxDepth] = {};
    for (size_t group = 0; group < Groups(kernel, shape); ++group) {
      for (size_t r = 0; r < kernel.depth; ++r) {
        outside[r] = group * kernel.depth + r < WindowRows(shape) ? padding : nullptr;
      }
      uint8_t* to = values + group * GroupBytes();
      kernel.interleave(inside.begin, outside, kStill, x_signed, to);
      kernel.interleave(Reach(shape) - inside.end, outside, kStill, x_signed,
                        to + inside.end * kTermBytes);
    }
  }

  void SetColumns(const I8GemmEpilogue& epilogue, const uint8_t* blocks, int32_t zero) const {
    for (size_t block = 0; block < Blocks(shape); ++block) {
      const auto* sums =
          reinterpret_cast<const int32_t*>(blocks + block * BlockBytes(kernel, shape));
      const size_t first = FirstChannel(shape, block);
      for (size_t c = first; c < first + kChannels; ++c) {
        const int32_t bias = epilogue.bias == nullptr ? 0 : epilogue.bias[c];
        base[c] = static_cast<int32_t>(static_cast<uint32_t>(bias) -
                                       static_cast<uint32_t>(zero) *
                                           static_cast<uint32_t>(sums[c - first]));
        scale[c] = epilogue.scale == nullptr ? 1 : epilogue.scale[c * epilogue.scale_stride];
        float_bias[c] = epilogue.float_bias == nullptr ? 0 : epilogue.float_bias[c];
      }
    }
  }

  // Rows outside the input are padding; those that fill the last group are null.
  void SetRows(size_t first_row, size_t count, I8DepthwiseRow* rows) const {
    for (size_t i = 0; i < count; ++i) {
      const size_t row = first_row + i;
      I8DepthwiseRow* under = rows + i * RowsUnder(shape);
      std::fill(under, under + WindowRows(shape), I8DepthwiseRow{padding, 0});
      std::fill(under + WindowRows(shape), under + RowsUnder(shape), I8DepthwiseRow{nullptr, 0});
      VisitRows(shape, row / shape.out[1], row % shape.out[1],
                [&](size_t kernel_row, size_t input_row) {
                  under[kernel_row] = {x + input_row * shape.in[2] * shape.in_channels,
                                       shape.in_channels};
                });
    }
  }

  // Lays together what an output row needs of 8 channels.
  void Interleave(const I8DepthwiseRow* under, size_t channel, uint8_t* values) const {
    const TapRange inside = Inside();
    const size_t column = inside.begin - shape.pad[2];
    const uint8_t* from[kI8DepthwiseMaxDepth];
    size_t steps[kI8DepthwiseMaxDepth];
    for (size_t group = 0; group < Groups(kernel, shape); ++group) {
      for (size_t r = 0; r < kernel.depth; ++r, ++under) {
        from[r] = under->first == nullptr ? nullptr : under->first + column * under->step + channel;
        steps[r] = under->step;
      }
      kernel.interleave(inside.end - inside.begin, from, steps, x_signed,
                        values + group * GroupBytes() + inside.begin * kTermBytes);
    }
  }

  I8DepthwiseBand3 Band3Of(const I8DepthwiseRow* under, size_t count) const {
    const TapRange inside = Inside();
    return {.count = count,
            .under = under,
            .under_step = RowsUnder(shape),
            .n = shape.out[2],
            .stride = shape.stride[2],
            .before = inside.begin,
            .inside = inside.end - inside.begin,
            .column = inside.begin - shape.pad[2],
            .padding = padding,
            .is_signed = x_signed,
            .y_step = shape.out_channels};
  }

  I8GemmFinish FinishOf(const I8GemmEpilogue& epilogue, size_t first) const {
    I8GemmFinish finish(epilogue);
    finish.base = base + first;
    finish.scale = scale + first;
    if (epilogue.float_bias != nullptr) finish.float_bias = float_bias + first;
    return finish;
  }
};

// The memory of one thread.
struct Lane {
  I8DepthwiseRow* rows;  // under each output row of a band
  int32_t* acc;
  uint8_t* values;

  Lane(const ConvShape& shape, uint8_t* at)
      : rows(reinterpret_cast<I8DepthwiseRow*>(at)),
        acc(reinterpret_cast<int32_t*>(at + RowBytes(shape))),
        values(at + RowBytes(shape) + AccBytes(shape)) {}
};

// Whether band3 takes the windows.
bool IsBand3(const ConvShape& shape, const I8DepthwiseKernel& kernel, I8GemmOut out) {
  return kernel.band3 != nullptr && out != I8GemmOut::kInt32 && WindowRows(shape) == 3 &&
         shape.kernel[2] == 3 && shape.dilation[2] == 1 &&
         (shape.stride[2] == 1 || shape.stride[2] == 2);
}

// `count` output rows from `row` on.
void RunBand(const Run& run, const Lane& lane, const uint8_t* blocks, size_t row, size_t count,
             uint8_t* y, const I8GemmEpilogue& epilogue) {
  const ConvShape& shape = run.shape;
  const size_t element = I8ElementBytes(epilogue.out);
  const size_t step = shape.stride[2] * kTermBytes;
  const size_t terms = Terms(run.kernel, shape);
  run.SetRows(row, count, lane.rows);
  const bool is_band3 = IsBand3(shape, run.kernel, epilogue.out);
  const I8DepthwiseBand3 band3 = run.Band3Of(lane.rows, count);
  uint8_t* to = y + row * shape.out[2] * shape.out_channels * element;
  for (size_t block = 0; block < Blocks(shape); ++block, blocks += BlockBytes(run.kernel, shape)) {
    const size_t first = FirstChannel(shape, block);
    const uint8_t* weights = blocks + kChannels * sizeof(int32_t);
    const I8GemmFinish finish = run.FinishOf(epilogue, first);
    if (is_band3) {
      run.kernel.band3(band3, first, weights, finish, to + first * element);
      continue;
    }
    for (size_t i = 0; i < count; ++i) {
      run.Interleave(lane.rows + i * RowsUnder(shape), first, lane.values);
      run.kernel.accumulate(shape.out[2], terms, lane.values, run.offsets, step, weights,
                            lane.acc + i * shape.out[2] * kChannels);
    }
    I8FinishRows(count * shape.out[2], kChannels, lane.acc, kChannels, finish, to + first * element,
                 shape.out_channels);
  }
  I8Complete(epilogue, count * shape.out[2], shape.out_channels, to, shape.out_channels);
}

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
  const size_t lanes = LanesOf(BandCount(shape), BandGrain(shape));
  return SaturatingAdd(SharedBytes(shape), SaturatingMul(lanes, LaneBytes(shape)));
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
  const auto* blocks = static_cast<const uint8_t*>(packed) + sizeof(PackedHeader);
  auto* room = static_cast<uint8_t*>(scratch);
  const Run run(shape, kernel, x_signed, x, room);
  std::memset(run.padding, static_cast<uint8_t>(x_zero), shape.in_channels);
  run.SetOffsets();
  run.SetColumns(epilogue, blocks, ZeroAfterFlip(kernel.flips(x_signed), x_signed, x_zero));
  const size_t band = BandRows(shape);
  ParallelFor(BandCount(shape), BandGrain(shape), [&](size_t begin, size_t end, size_t lane) {
    const Lane own(shape, room + SharedBytes(shape) + lane * LaneBytes(shape));
    run.SetOutside(own.values);
    for (size_t i = begin; i < end; ++i) {
      const size_t row = i * band;
      RunBand(run, own, blocks, row, std::min(band, OutRows(shape) - row), y, epilogue);
    }
  });
}

}  // namespace quantab::kernels
