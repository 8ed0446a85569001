#include "core/kernels/i8_conv/i8_conv.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/kernels/bytes.h"
#include "core/kernels/i8_depthwise/i8_depthwise.h"
#include "core/kernels/im2col/plane.h"
#include "core/kernels/im2col/window_parts.h"
#include "core/kernels/transpose/transpose.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/i8_conv/kernels.inc"
#undef QUANTAB_KERNEL
};

// Output pixels made at a time, at most: enough to keep the tiles full, little enough to stay in
// the cache.
constexpr size_t kBlockPixels = 64;

size_t RoundUp(size_t value) { return SaturatingRoundUp(value, 16); }

// By which way a convolution runs.
enum class Way : uint8_t { kPlanes, kDepthwise, kGemm };

Way WayOf(const ConvShape& shape, ChannelOrder order) {
  if (order == ChannelOrder::kFirst) {
    return shape.in_channels == shape.groups ? Way::kPlanes : Way::kGemm;
  }
  return IsI8Depthwise(shape) ? Way::kDepthwise : Way::kGemm;
}

bool IsPointwise(const ConvShape& shape) {
  return shape.Taps() == 1 && shape.in == shape.out &&
         shape.stride == std::array<size_t, 3>{1, 1, 1};
}

size_t Depth(const ConvShape& shape) {
  return SaturatingMul(shape.in_channels / shape.groups, shape.Taps());
}

// Output pixels made at a time by GEMM, as many in each block as can be, so that threads have as
// much to do. Where rows are used as they lie and results stay where they are made, that is all of
// them.
size_t BlockPixels(const ConvShape& shape, ChannelOrder order) {
  const size_t pixels = shape.OutPixels();
  if (order == ChannelOrder::kLast && IsPointwise(shape)) return pixels;
  return EvenBlock(pixels, kBlockPixels, kI8GemmMaxRows);
}
size_t BlockCount(const ConvShape& shape, ChannelOrder order) {
  const size_t pixels = shape.OutPixels();
  return pixels == 0 ? 0 : DivideUp(pixels, BlockPixels(shape, order));
}

// The parts of the scratch memory: for one image, its form with channels last; and for each thread
// that makes blocks, windows and results.
size_t LastBytes(const ConvShape& shape, ChannelOrder order) {
  if (order == ChannelOrder::kLast) return 0;
  return RoundUp(SaturatingMul(shape.InPixels(), shape.in_channels));
}
size_t RowsBytes(const ConvShape& shape) {
  if (IsPointwise(shape)) return 0;
  return RoundUp(WindowPartsOf(shape).count != 0 ? WindowPartsBytes(shape, kBlockPixels)
                                                 : SaturatingMul(kBlockPixels, Depth(shape)));
}
size_t ResultBytes(const ConvShape& shape, ChannelOrder order) {
  if (order == ChannelOrder::kLast) return 0;
  return RoundUp(SaturatingMul(kBlockPixels, shape.out_channels / shape.groups, sizeof(int32_t)));
}

size_t LaneBytes(const ConvShape& shape, ChannelOrder order) {
  return SaturatingAdd(RowsBytes(shape), ResultBytes(shape, order));
}
// Blocks that are worth handing to a thread.
size_t BlockGrain(const ConvShape& shape) {
  constexpr size_t kProductsOfAStep = 8;
  return GrainFor(SaturatingMul(kBlockPixels, Depth(shape), shape.out_channels / shape.groups) /
                  kProductsOfAStep);
}

I8GemmEpilogue ForGroup(I8GemmEpilogue epilogue, size_t first) {
  if (epilogue.bias != nullptr) epilogue.bias += first;
  if (epilogue.scale != nullptr) epilogue.scale += first * epilogue.scale_stride;
  if (epilogue.float_bias != nullptr) epilogue.float_bias += first;
  epilogue.row_scale = nullptr;
  return epilogue;
}

// Taps of a depthwise kernel, with a last one of weight 0 to make them even.
size_t EvenTaps(const ConvShape& shape) { return SaturatingRoundUp(shape.Taps(), 2); }

// The three parts of the scratch memory of a depthwise convolution on planes.
size_t OffsetBytes(const ConvShape& shape) {
  return RoundUp(SaturatingMul(EvenTaps(shape), sizeof(size_t)));
}
size_t AccBytes(const ConvShape& shape) {
  return RoundUp(SaturatingMul(shape.OutPixels(), sizeof(int32_t)));
}
size_t PlaneBytes(const ConvShape& shape) {
  return SaturatingMul(LayoutOf(shape).Elements(), sizeof(int16_t));
}

void Planes(const ConvShape& shape, const uint8_t* x, bool x_signed, int32_t x_zero,
            const int16_t* w, uint8_t* y, uint8_t* scratch, const I8GemmEpilogue& epilogue) {
  const I8ConvKernel& kernel = i8_conv_family.Get<I8ConvKernel>();
  const PlaneLayout layout = LayoutOf(shape);
  const size_t taps = EvenTaps(shape);
  const size_t multiplier = shape.out_channels / shape.groups;
  const size_t element = I8ElementBytes(epilogue.out);
  auto* offsets = reinterpret_cast<size_t*>(scratch);
  auto* acc = reinterpret_cast<int32_t*>(scratch + OffsetBytes(shape));
  auto* plane = reinterpret_cast<int16_t*>(scratch + OffsetBytes(shape) + AccBytes(shape));
  offsets[taps - 1] = 0;
  TapOffsets(shape, layout, offsets);
  std::fill_n(plane, layout.Elements(), int16_t{0});
  for (size_t o = 0; o < shape.out_channels; ++o) {
    if (o % multiplier == 0) {
      CopyToPlane(shape, layout, x + o / multiplier * shape.InPixels(), plane,
                  [&](size_t n, const uint8_t* from, size_t step, int16_t* to) {
                    kernel.centre(n, from, x_signed, step, static_cast<int16_t>(x_zero), to);
                  });
    }
    for (size_t od = 0; od < shape.out[0]; ++od) {
      kernel.rows(shape.out[1], shape.out[2], taps, plane + RowStart(shape, layout, od, 0),
                  shape.stride[1] * layout.Row(), offsets, w + o * taps,
                  acc + od * shape.out[1] * shape.out[2]);
    }
    I8EpilogueRow(shape.OutPixels(), acc, o, epilogue, y + o * shape.OutPixels() * element);
  }
}

// One image and group of a convolution by GEMM, channels last.
struct GemmGroup {
  const ConvShape& shape;
  ChannelOrder order;
  const uint8_t* x;  // the group's first channel
  bool x_signed;
  int32_t x_zero;
  const uint8_t* weights;
  uint8_t* y;  // of the group's first channel
  I8GemmEpilogue epilogue;

  // The block of `count` pixels from `first` on.
  void Run(size_t first, size_t count, uint8_t* room, uint8_t* result) const {
    const size_t group_out = shape.out_channels / shape.groups;
    const size_t element = I8ElementBytes(epilogue.out);
    if (order == ChannelOrder::kLast) {
      Multiply(first, count, room, y + first * shape.out_channels * element, shape.out_channels);
      return;
    }
    Multiply(first, count, room, result, group_out);
    Transpose2D(count, group_out, element, result, group_out, y + first * element,
                shape.OutPixels());
  }

  // Its results as rows, `ldc` elements apart.
  void Multiply(size_t first, size_t count, uint8_t* room, uint8_t* c, size_t ldc) const {
    const size_t group_in = shape.in_channels / shape.groups;
    const size_t group_out = shape.out_channels / shape.groups;
    const size_t depth = Depth(shape);
    const auto pad = static_cast<uint8_t>(x_zero);
    const WindowParts of = WindowPartsOf(shape);
    if (IsPointwise(shape)) {
      I8Gemm(count, group_out, depth, x + first * shape.in_channels, x_signed, shape.in_channels,
             x_zero, weights, c, ldc, epilogue);
    } else if (of.count != 0) {
      const I8GemmParts parts = {.part = MakeWindowParts(shape, x, pad, first, count, room),
                                 .count = of.count,
                                 .bytes = of.bytes};
      I8GemmOfParts(count, group_out, parts, x_signed, x_zero, weights, c, ldc, epilogue);
    } else {
      Im2colBytesRows(shape, group_in, x, shape.in_channels, pad, first, count, room);
      I8Gemm(count, group_out, depth, room, x_signed, depth, x_zero, weights, c, ldc, epilogue);
    }
  }
};

void ByGemm(const ConvShape& shape, ChannelOrder order, const uint8_t* x, bool x_signed,
            int32_t x_zero, const uint8_t* packed, uint8_t* y, uint8_t* scratch,
            const I8GemmEpilogue& epilogue) {
  const size_t out_pixels = shape.OutPixels();
  const size_t group_in = shape.in_channels / shape.groups;
  const size_t group_out = shape.out_channels / shape.groups;
  const size_t element = I8ElementBytes(epilogue.out);
  const bool last = order == ChannelOrder::kLast;
  if (!last) {
    Transpose2D(shape.in_channels, shape.InPixels(), 1, x, shape.InPixels(), scratch,
                shape.in_channels);
    x = scratch;
  }
  uint8_t* lanes = scratch + LastBytes(shape, order);
  const size_t block = BlockPixels(shape, order);
  for (size_t group = 0; group < shape.groups; ++group) {
    const size_t first_out = group * group_out * (last ? 1 : out_pixels);
    const GemmGroup part = {
        .shape = shape,
        .order = order,
        .x = x + group * group_in,
        .x_signed = x_signed,
        .x_zero = x_zero,
        .weights = packed + group * RoundUp(I8GemmPackedBytes(group_out, Depth(shape))),
        .y = y + first_out * element,
        .epilogue = ForGroup(epilogue, group * group_out)};
    ParallelFor(
        BlockCount(shape, order), BlockGrain(shape), [&](size_t begin, size_t end, size_t lane) {
          uint8_t* room = lanes + lane * LaneBytes(shape, order);
          for (size_t i = begin; i < end; ++i) {
            const size_t first = i * block;
            part.Run(first, std::min(block, out_pixels - first), room, room + RowsBytes(shape));
          }
        });
  }
}

void PackGemm(const ConvShape& shape, const I8ConvWeights& weights, uint8_t* packed) {
  const size_t group_in = shape.in_channels / shape.groups;
  const size_t group_out = shape.out_channels / shape.groups;
  const size_t depth = Depth(shape);
  for (size_t group = 0; group < shape.groups; ++group) {
    const size_t first = group * group_out;
    I8GemmB b = {
        .data = static_cast<const uint8_t*>(weights.data) + first * depth,
        .is_signed = weights.is_signed,
        .k_stride = shape.Taps(),
        .n_stride = depth,
        .k_inner = group_in,
        .k_outer_stride = 1,
        .zero = weights.zero == nullptr ? nullptr : weights.zero + first * weights.zero_stride,
        .zero_stride = weights.zero_stride};
    I8GemmPack(group_out, depth, b, packed + group * RoundUp(I8GemmPackedBytes(group_out, depth)));
  }
}

void PackPlanes(const ConvShape& shape, const I8ConvWeights& weights, int16_t* w) {
  const auto* bytes = static_cast<const uint8_t*>(weights.data);
  const size_t taps = shape.Taps();
  for (size_t o = 0; o < shape.out_channels; ++o, w += EvenTaps(shape)) {
    const int32_t zero = weights.zero == nullptr ? 0 : weights.zero[o * weights.zero_stride];
    w[EvenTaps(shape) - 1] = 0;
    for (size_t i = 0; i < taps; ++i) {
      const uint8_t byte = bytes[o * taps + i];
      const int32_t value = weights.is_signed ? static_cast<int8_t>(byte) : byte;
      w[i] = static_cast<int16_t>(value - zero);
    }
  }
}

}  // namespace

constinit KernelFamily i8_conv_family("i8_conv", kEntries);

size_t I8ConvPackedBytes(const ConvShape& shape, ChannelOrder order) {
  switch (WayOf(shape, order)) {
    case Way::kPlanes:
      return SaturatingMul(shape.out_channels, EvenTaps(shape), sizeof(int16_t));
    case Way::kDepthwise:
      return I8DepthwisePackedBytes(shape);
    case Way::kGemm:
      break;
  }
  return SaturatingMul(shape.groups,
                       RoundUp(I8GemmPackedBytes(shape.out_channels / shape.groups, Depth(shape))));
}

size_t I8ConvScratchBytes(const ConvShape& shape, ChannelOrder order) {
  switch (WayOf(shape, order)) {
    case Way::kPlanes:
      return SaturatingAdd(SaturatingAdd(OffsetBytes(shape), AccBytes(shape)), PlaneBytes(shape));
    case Way::kDepthwise:
      return I8DepthwiseScratchBytes(shape);
    case Way::kGemm:
      break;
  }
  const size_t lanes = LanesOf(BlockCount(shape, order), BlockGrain(shape));
  return SaturatingAdd(LastBytes(shape, order), SaturatingMul(lanes, LaneBytes(shape, order)));
}

void I8ConvPack(const ConvShape& shape, ChannelOrder order, const I8ConvWeights& weights,
                void* packed) {
  switch (WayOf(shape, order)) {
    case Way::kPlanes:
      return PackPlanes(shape, weights, static_cast<int16_t*>(packed));
    case Way::kDepthwise:
      return I8DepthwisePack(shape,
                             {.data = static_cast<const uint8_t*>(weights.data),
                              .is_signed = weights.is_signed,
                              .zero = weights.zero,
                              .zero_stride = weights.zero_stride},
                             packed);
    case Way::kGemm:
      return PackGemm(shape, weights, static_cast<uint8_t*>(packed));
  }
}

void I8Conv(const ConvShape& shape, ChannelOrder order, const void* x, bool x_signed,
            int32_t x_zero, const void* packed, void* y, void* scratch,
            const I8GemmEpilogue& epilogue) {
  const size_t element = I8ElementBytes(epilogue.out);
  auto* room = static_cast<uint8_t*>(scratch);
  for (size_t batch = 0; batch < shape.batch; ++batch) {
    const auto* x_image =
        static_cast<const uint8_t*>(x) + batch * shape.in_channels * shape.InPixels();
    auto* y_image =
        static_cast<uint8_t*>(y) + batch * shape.out_channels * shape.OutPixels() * element;
    switch (WayOf(shape, order)) {
      case Way::kPlanes:
        Planes(shape, x_image, x_signed, x_zero, static_cast<const int16_t*>(packed), y_image, room,
               epilogue);
        break;
      case Way::kDepthwise:
        I8Depthwise(shape, x_image, x_signed, x_zero, packed, y_image, room, epilogue);
        break;
      case Way::kGemm:
        ByGemm(shape, order, x_image, x_signed, x_zero, static_cast<const uint8_t*>(packed),
               y_image, room, epilogue);
        break;
    }
  }
}

}  // namespace quantab::kernels
