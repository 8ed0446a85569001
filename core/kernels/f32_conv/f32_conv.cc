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

// Floats of packed windows made at a time: 256 KiB, about half of a small second-level cache.
constexpr size_t kBlockFloats = 64 * 1024;

// Values under the window of one output of a group.
size_t Depth(const ConvShape& shape) {
  return SaturatingMul(shape.in_channels / shape.groups, shape.Taps());
}

size_t BlockPixels(const ConvShape& shape) {
  const size_t floats = SaturatingMul(std::max<size_t>(1, Depth(shape)), kF32GemmPanel);
  const size_t panels = std::max<size_t>(1, kBlockFloats / floats);
  const size_t all = DivideUp(shape.OutPixels(), kF32GemmPanel);
  return std::min(panels, all) * kF32GemmPanel;
}

bool IsDepthwise(const ConvShape& shape) { return shape.in_channels == shape.groups; }

// Scratch of a depthwise convolution: the taps' offsets, then one plane.
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

size_t DepthwisePlaneBytes(const ConvShape& shape) {
  if (NeedsNoPlane(shape)) return 0;
  return SaturatingMul(LayoutOf(shape).Elements(), sizeof(float));
}
// Images' channels, and how many of them are worth handing to a thread.
size_t DepthwiseChannels(const ConvShape& shape) {
  return SaturatingMul(shape.batch, shape.in_channels);
}
size_t DepthwiseGrain(const ConvShape& shape) {
  constexpr size_t kMultiplyAddsOfAStep = 2;
  return GrainFor(
      SaturatingMul(shape.out_channels / shape.groups, shape.OutPixels(), shape.Taps()) /
      kMultiplyAddsOfAStep);
}

// One input channel of one image; `plane` is room for it.
void DepthwiseChannel(const ConvShape& shape, const size_t* offsets, size_t channel,
                      const float* from, const float* w, const float* bias, float* y, float* plane,
                      float min, float max) {
  const F32ConvKernel& kernel = f32_conv_family.Get<F32ConvKernel>();
  const PlaneLayout layout = LayoutOf(shape);
  if (!NeedsNoPlane(shape)) {
    kernel.fill(shape, layout, from, plane);
    from = plane;
  }
  const size_t multiplier = shape.out_channels / shape.groups;
  for (size_t i = 0; i < multiplier; ++i) {
    const size_t o = channel * multiplier + i;
    for (size_t od = 0; od < shape.out[0]; ++od, y += shape.out[1] * shape.out[2]) {
      kernel.rows(shape.out[1], shape.out[2], shape.Taps(), from + RowStart(shape, layout, od, 0),
                  shape.stride[1] * layout.Row(), offsets, w + o * shape.Taps(),
                  bias == nullptr ? 0 : bias[o], min, max, y);
    }
  }
}

void Depthwise(const ConvShape& shape, const float* x, const float* w, const float* bias, float* y,
               void* scratch, float min, float max) {
  auto* offsets = static_cast<size_t*>(scratch);
  auto* planes = reinterpret_cast<float*>(static_cast<char*>(scratch) + OffsetBytes(shape));
  TapOffsets(shape, LayoutOf(shape), offsets);
  const size_t plane_floats = DepthwisePlaneBytes(shape) / sizeof(float);
  const size_t y_floats = shape.out_channels / shape.groups * shape.OutPixels();
  ParallelFor(DepthwiseChannels(shape), DepthwiseGrain(shape),
              [&](size_t begin, size_t end, size_t lane) {
                float* plane = planes + lane * plane_floats;
                std::fill_n(plane, plane_floats, 0.0F);
                for (size_t i = begin; i < end; ++i) {
                  DepthwiseChannel(shape, offsets, i % shape.in_channels, x + i * shape.InPixels(),
                                   w, bias, y + i * y_floats, plane, min, max);
                }
              });
}

// Blocks of a group's pixels, and how many of them are worth handing to a thread.
size_t BlockCount(const ConvShape& shape) {
  const size_t pixels = shape.OutPixels();
  return pixels == 0 ? 0 : DivideUp(pixels, BlockPixels(shape));
}
size_t BlockGrain(const ConvShape& shape) {
  constexpr size_t kMultiplyAddsOfAStep = 4;
  return GrainFor(
      SaturatingMul(BlockPixels(shape), Depth(shape), shape.out_channels / shape.groups) /
      kMultiplyAddsOfAStep);
}

// One group of one image: x and y begin at its first planes.
void RunGroup(const ConvShape& shape, const float* x, const float* w, float* y, float* scratch,
              const F32GemmEpilogue& epilogue) {
  const size_t group_in = shape.in_channels / shape.groups;
  const size_t group_out = shape.out_channels / shape.groups;
  const size_t out_pixels = shape.OutPixels();
  const size_t depth = Depth(shape);
  const size_t block = BlockPixels(shape);
  const size_t packed_floats = F32GemmPackedBytes(block, depth) / sizeof(float);
  const bool pointwise = IsPointwise(shape);
  ParallelFor(BlockCount(shape), BlockGrain(shape), [&](size_t begin, size_t end, size_t lane) {
    float* packed = scratch + lane * packed_floats;
    for (size_t i = begin; i < end; ++i) {
      const size_t first = i * block;
      const size_t count = std::min(block, out_pixels - first);
      if (pointwise) {
        F32GemmPack(count, depth, x + first, shape.InPixels(), false, packed);
      } else {
        Im2colF32Packed(shape, group_in, x, 0, first, count, packed);
      }
      F32Gemm(group_out, count, depth, w, depth, packed, y + first, out_pixels, epilogue);
    }
  });
}

}  // namespace

constinit KernelFamily f32_conv_family("f32_conv", kEntries);

size_t F32ConvScratchBytes(const ConvShape& shape) {
  if (IsDepthwise(shape)) {
    const size_t lanes = LanesOf(DepthwiseChannels(shape), DepthwiseGrain(shape));
    return SaturatingAdd(OffsetBytes(shape), SaturatingMul(lanes, DepthwisePlaneBytes(shape)));
  }
  return SaturatingMul(LanesOf(BlockCount(shape), BlockGrain(shape)),
                       F32GemmPackedBytes(BlockPixels(shape), Depth(shape)));
}

void F32Conv(const ConvShape& shape, const float* x, const float* w, const float* bias, float* y,
             void* scratch, float min, float max) {
  if (IsDepthwise(shape)) return Depthwise(shape, x, w, bias, y, scratch, min, max);
  const size_t group_in = shape.in_channels / shape.groups;
  const size_t group_out = shape.out_channels / shape.groups;
  for (size_t batch = 0; batch < shape.batch; ++batch) {
    for (size_t group = 0; group < shape.groups; ++group) {
      const size_t o = group * group_out;
      const F32GemmEpilogue epilogue = {
          .row_bias = bias == nullptr ? nullptr : bias + o, .min = min, .max = max};
      RunGroup(shape, x + (batch * shape.in_channels + group * group_in) * shape.InPixels(),
               w + o * Depth(shape), y + (batch * shape.out_channels + o) * shape.OutPixels(),
               static_cast<float*>(scratch), epilogue);
    }
  }
}

}  // namespace quantab::kernels
