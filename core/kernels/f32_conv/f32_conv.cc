#include "core/kernels/f32_conv/f32_conv.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/kernels/bytes.h"
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/im2col/plane.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/f32_conv/kernels.inc"
#undef QUANTAB_KERNEL
};

// Products made in the time of one simple operation (GrainFor).
constexpr size_t kProductsOfAStep = 4;

// Floats of packed windows made at a time: 256 KiB, about half of a small second-level cache.
constexpr size_t kBlockFloats = 64 * 1024;

// Values under the window of one output of a group.
size_t Depth(const ConvShape& shape) {
  return SaturatingMul(shape.in_channels / shape.groups, shape.Taps());
}

// As many pixels as fit, but no fewer blocks than keep the threads busy.
size_t BlockPixels(const ConvShape& shape) {
  const size_t floats = SaturatingMul(std::max<size_t>(1, Depth(shape)), kF32GemmPanel);
  const size_t all = DivideUp(shape.OutPixels(), kF32GemmPanel);
  const size_t blocks = Threads() == 1 ? 1 : 2 * static_cast<size_t>(Threads());
  const size_t panels = std::max<size_t>(1, std::min(kBlockFloats / floats, DivideUp(all, blocks)));
  return std::min(panels, all) * kF32GemmPanel;
}

size_t BlockCount(const ConvShape& shape) {
  const size_t pixels = BlockPixels(shape);
  return pixels == 0 ? 0 : DivideUp(shape.OutPixels(), pixels);
}

size_t BlockGrain(const ConvShape& shape) {
  const size_t products =
      SaturatingMul(BlockPixels(shape), Depth(shape), shape.out_channels / shape.groups);
  return GrainFor(products / kProductsOfAStep);
}

size_t PlaneGrain(const ConvShape& shape) {
  return GrainFor(SaturatingMul(shape.OutPixels(), shape.Taps()) / kProductsOfAStep);
}

bool IsDepthwise(const ConvShape& shape) { return shape.in_channels == shape.groups; }

// Scratch of a depthwise convolution: the taps' offsets, then a plane for each thread.
size_t OffsetBytes(const ConvShape& shape) { return SaturatingMul(shape.Taps(), sizeof(size_t)); }

// Windows of one pixel, in order: the input planes are the matrix of windows.
bool IsPointwise(const ConvShape& shape) {
  constexpr std::array<size_t, 3> kOnes = {1, 1, 1};
  return shape.kernel == kOnes && shape.stride == kOnes &&
         shape.pad == std::array<size_t, 3>{0, 0, 0} && shape.out == shape.in;
}

// Input planes that windows can read where they lie.
bool NeedsNoPlane(const ConvShape& shape) {
  const PlaneLayout layout = LayoutOf(shape);
  return shape.stride[2] == 1 && shape.pad == std::array<size_t, 3>{0, 0, 0} &&
         layout.depth <= shape.in[0] && layout.height == shape.in[1] &&
         layout.phase_width == shape.in[2];
}

void Depthwise(const ConvShape& shape, const float* x, const float* w, const float* bias, float* y,
               void* scratch, float min, float max) {
  const F32ConvKernel& kernel = f32_conv_family.Get<F32ConvKernel>();
  const PlaneLayout layout = LayoutOf(shape);
  auto* offsets = static_cast<size_t*>(scratch);
  auto* planes = reinterpret_cast<float*>(static_cast<char*>(scratch) + OffsetBytes(shape));
  TapOffsets(shape, layout, offsets);
  const bool in_place = NeedsNoPlane(shape);
  const size_t multiplier = shape.out_channels / shape.groups;
  const size_t taps = shape.Taps();
  const auto run = [&](size_t channel, float* plane) {
    const float* from = x + channel * shape.InPixels();
    if (!in_place) {
      kernel.fill(shape, layout, from, plane);
      from = plane;
    }
    float* to = y + channel * multiplier * shape.OutPixels();
    for (size_t i = 0; i < multiplier; ++i) {
      const size_t o = channel % shape.in_channels * multiplier + i;
      for (size_t od = 0; od < shape.out[0]; ++od, to += shape.out[1] * shape.out[2]) {
        kernel.rows(shape.out[1], shape.out[2], taps, from + RowStart(shape, layout, od, 0),
                    shape.stride[1] * layout.Row(), offsets, w + o * taps,
                    bias == nullptr ? 0 : bias[o], min, max, to);
      }
    }
  };
  const size_t count = shape.batch * shape.in_channels, grain = PlaneGrain(shape);
  if (!in_place) std::fill_n(planes, LanesOf(count, grain) * layout.Elements(), 0.0F);
  ParallelFor(count, grain, [&](size_t begin, size_t end, size_t lane) {
    for (; begin < end; ++begin) run(begin, planes + lane * layout.Elements());
  });
}

// Some of the channels of one sample.
struct Group {
  const ConvShape& shape;
  const float* x;
  const float* w;
  float* y;
  F32GemmEpilogue epilogue;

  // Output pixels [first, first + count), by way of `packed`.
  void Run(size_t first, size_t count, float* packed) const {
    const size_t depth = Depth(shape);
    if (IsPointwise(shape)) {
      F32GemmPack(count, depth, x + first, shape.InPixels(), false, packed);
    } else {
      Im2colF32Packed(shape, shape.in_channels / shape.groups, x, 0, first, count, packed);
    }
    F32Gemm(shape.out_channels / shape.groups, count, depth, w, depth, packed, y + first,
            shape.OutPixels(), epilogue);
  }
};

}  // namespace

constinit KernelFamily f32_conv_family("f32_conv", kEntries);

size_t F32ConvScratchBytes(const ConvShape& shape) {
  if (IsDepthwise(shape)) {
    const size_t plane =
        NeedsNoPlane(shape) ? 0 : SaturatingMul(LayoutOf(shape).Elements(), sizeof(float));
    const size_t lanes = LanesOf(SaturatingMul(shape.batch, shape.in_channels), PlaneGrain(shape));
    return SaturatingAdd(OffsetBytes(shape), SaturatingMul(lanes, plane));
  }
  return SaturatingMul(LanesOf(BlockCount(shape), BlockGrain(shape)),
                       F32GemmPackedBytes(BlockPixels(shape), Depth(shape)));
}

void F32Conv(const ConvShape& shape, const float* x, const float* w, const float* bias, float* y,
             void* scratch, float min, float max) {
  if (IsDepthwise(shape)) return Depthwise(shape, x, w, bias, y, scratch, min, max);
  const size_t group_in = shape.in_channels / shape.groups;
  const size_t group_out = shape.out_channels / shape.groups;
  const size_t block = BlockPixels(shape), out_pixels = shape.OutPixels();
  const size_t lane_floats = F32GemmPackedBytes(block, Depth(shape)) / sizeof(float);
  for (size_t batch = 0; batch < shape.batch; ++batch) {
    for (size_t i = 0; i < shape.groups; ++i) {
      const size_t o = i * group_out;
      const Group group = {
          .shape = shape,
          .x = x + (batch * shape.in_channels + i * group_in) * shape.InPixels(),
          .w = w + o * Depth(shape),
          .y = y + (batch * shape.out_channels + o) * out_pixels,
          .epilogue = {.row_bias = bias == nullptr ? nullptr : bias + o, .min = min, .max = max}};
      ParallelFor(BlockCount(shape), BlockGrain(shape), [&](size_t begin, size_t end, size_t lane) {
        float* packed = static_cast<float*>(scratch) + lane * lane_floats;
        for (; begin < end; ++begin) {
          const size_t first = begin * block;
          group.Run(first, std::min(block, out_pixels - first), packed);
        }
      });
    }
  }
}

}  // namespace quantab::kernels
