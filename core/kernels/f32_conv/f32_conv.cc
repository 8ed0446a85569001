#include "core/kernels/f32_conv/f32_conv.h"

#include <algorithm>

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

void Depthwise(const ConvShape& shape, const float* x, const float* w, const float* bias, float* y,
               void* scratch, float min, float max) {
  const F32ConvKernel& kernel = f32_conv_family.Get<F32ConvKernel>();
  const PlaneLayout layout = LayoutOf(shape);
  auto* offsets = static_cast<size_t*>(scratch);
  auto* plane = reinterpret_cast<float*>(static_cast<char*>(scratch) + OffsetBytes(shape));
  TapOffsets(shape, layout, offsets);
  const bool in_place = NeedsNoPlane(shape);
  if (!in_place) std::fill_n(plane, layout.Elements(), 0.0F);
  const size_t multiplier = shape.out_channels / shape.groups;
  const size_t taps = shape.Taps();
  for (size_t channel = 0; channel < shape.batch * shape.in_channels; ++channel) {
    const float* from = x + channel * shape.InPixels();
    if (!in_place) {
      kernel.fill(shape, layout, from, plane);
      from = plane;
    }
    for (size_t i = 0; i < multiplier; ++i) {
      const size_t o = channel % shape.in_channels * multiplier + i;
      for (size_t od = 0; od < shape.out[0]; ++od, y += shape.out[1] * shape.out[2]) {
        kernel.rows(shape.out[1], shape.out[2], taps, from + RowStart(shape, layout, od, 0),
                    shape.stride[1] * layout.Row(), offsets, w + o * taps,
                    bias == nullptr ? 0 : bias[o], min, max, y);
      }
    }
  }
}

}  // namespace

constinit KernelFamily f32_conv_family("f32_conv", kEntries);

size_t F32ConvScratchBytes(const ConvShape& shape) {
  if (IsDepthwise(shape)) {
    const size_t plane =
        NeedsNoPlane(shape) ? 0 : SaturatingMul(LayoutOf(shape).Elements(), sizeof(float));
    return SaturatingAdd(OffsetBytes(shape), plane);
  }
  return F32GemmPackedBytes(BlockPixels(shape), Depth(shape));
}

void F32Conv(const ConvShape& shape, const float* x, const float* w, const float* bias, float* y,
             void* scratch, float min, float max) {
  if (IsDepthwise(shape)) return Depthwise(shape, x, w, bias, y, scratch, min, max);
  const size_t in_pixels = shape.InPixels();
  const size_t out_pixels = shape.OutPixels();
  const size_t group_in = shape.in_channels / shape.groups;
  const size_t group_out = shape.out_channels / shape.groups;
  const size_t depth = Depth(shape);
  const size_t block = BlockPixels(shape);
  const bool pointwise = IsPointwise(shape);
  auto* packed = static_cast<float*>(scratch);
  for (size_t batch = 0; batch < shape.batch; ++batch) {
    for (size_t group = 0; group < shape.groups; ++group) {
      const size_t o = group * group_out;
      const float* x_group = x + (batch * shape.in_channels + group * group_in) * in_pixels;
      float* y_group = y + (batch * shape.out_channels + o) * out_pixels;
      const F32GemmEpilogue epilogue = {
          .row_bias = bias == nullptr ? nullptr : bias + o, .min = min, .max = max};
      for (size_t first = 0; first < out_pixels; first += block) {
        const size_t count = std::min(block, out_pixels - first);
        if (pointwise) {
          F32GemmPack(count, depth, x_group + first, in_pixels, false, packed);
        } else {
          Im2colF32Packed(shape, group_in, x_group, 0, first, count, packed);
        }
        F32Gemm(group_out, count, depth, w + o * depth, depth, packed, y_group + first, out_pixels,
                epilogue);
      }
    }
  }
}

}  // namespace quantab::kernels
