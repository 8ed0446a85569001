#include <algorithm>
#include <cstring>

#include "core/base/simd.h"
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/im2col/bytes_rows.h"
#include "core/kernels/im2col/float_row.h"
#include "core/kernels/im2col/im2col.h"
#include "core/kernels/im2col/window.h"

namespace quantab::kernels {
namespace {

constexpr size_t kOutside = SIZE_MAX;
constexpr size_t kLanes = kF32GemmPanel;

// Position in the input along one dimension, or kOutside.
size_t Position(const ConvShape& shape, size_t d, size_t out, size_t tap) {
  const size_t padded = out * shape.stride[d] + tap * shape.dilation[d];
  if (padded < shape.pad[d] || padded - shape.pad[d] >= shape.in[d]) return kOutside;
  return padded - shape.pad[d];
}

// The output pixels of a panel, and where the first tap of their windows lies. Positions wrap
// around: the padding before the input counts too.
struct Lanes {
  size_t count;           // pixels; the other lanes are 0 in the panel
  size_t out[3][kLanes];  // their coordinates
  size_t base[kLanes];    // element of the input plane
  size_t split;           // pixels of the first run, which lie evenly in memory
  bool in_one_row;        // of the output
  bool in_two_runs;       // or in one
};

Lanes LanesFrom(const ConvShape& shape, size_t first, size_t count) {
  Lanes lanes;
  lanes.count = count;
  std::array<size_t, 3> at = {first / shape.out[2] / shape.out[1],
                              first / shape.out[2] % shape.out[1], first % shape.out[2]};
  lanes.split = count;
  size_t rows = 1;
  for (size_t i = 0; i < count; ++i) {
    if (at[2] == shape.out[2]) {
      at[2] = 0;
      if (++at[1] == shape.out[1]) {
        at[1] = 0;
        ++at[0];
      }
      if (++rows == 2) lanes.split = i;
    }
    size_t base = 0;
    for (size_t d = 0; d < 3; ++d) {
      lanes.out[d][i] = at[d];
      base = base * shape.in[d] + at[d] * shape.stride[d] - shape.pad[d];
    }
    lanes.base[i] = base;
    ++at[2];
  }
  lanes.in_one_row = rows == 1;
  lanes.in_two_runs = rows <= 2;
  // Rows that follow each other in memory are one run: a 1x1 convolution's.
  if (rows == 2 && lanes.base[lanes.split] == lanes.base[0] + lanes.split * shape.stride[2]) {
    lanes.split = count;
  }
  return lanes;
}

// A bit for each lane whose tap `tap` along dimension d lies inside the input.
uint32_t InsideMask(const ConvShape& shape, size_t d, const Lanes& lanes, size_t tap) {
  uint32_t mask = 0;
  for (size_t i = 0; i < lanes.count; ++i) {
    mask |= Position(shape, d, lanes.out[d][i], tap) == kOutside ? 0 : 1U << i;
  }
  return mask;
}

// Whether every window of a panel in one row lies inside the input; panels in several are not
// asked.
bool AllInside(const ConvShape& shape, const Lanes& lanes) {
  if (!lanes.in_one_row) return false;
  for (size_t d = 0; d < 2; ++d) {
    const TapRange taps = TapsInside(shape, d, lanes.out[d][0]);
    if (taps.begin != 0 || taps.end != shape.kernel[d]) return false;
  }
  const TapRange whole = WholeWindows(shape);
  return lanes.out[2][0] >= whole.begin && lanes.out[2][lanes.count - 1] < whole.end;
}

// Eight floats of a run, kStride apart; reads nothing beyond the last.
struct EightFloats {
  v128_t low;
  v128_t high;
};

template <size_t kStride>
EightFloats LoadRun(const float* x) {
  return {LoadStrided<kStride>(x, kStride), LoadStrided<kStride>(x + 4 * kStride, kStride)};
}

// All bits of the lanes that `mask` has a bit for.
EightFloats LaneMasks(uint32_t mask) {
  const v128_t bits = wasm_i32x4_splat(static_cast<int32_t>(mask));
  const v128_t low = wasm_i32x4_make(1, 2, 4, 8);
  const v128_t high = wasm_i32x4_make(16, 32, 64, 128);
  return {wasm_i32x4_eq(wasm_v128_and(bits, low), low),
          wasm_i32x4_eq(wasm_v128_and(bits, high), high)};
}

// One row of a panel in every channel.
struct PanelRow {
  const float* x;  // the first channel's plane
  size_t plane;
  size_t channels;
  size_t offset;  // of the tap, from the lanes' bases
  uint32_t mask;  // lanes inside the input
  float pad_value;
  float* to;
  size_t to_step;  // from one channel to the next
};

void CopyOneByOne(const Lanes& lanes, const PanelRow& row, size_t begin, size_t end) {
  for (size_t c = begin; c < end; ++c) {
    const size_t start = c * row.plane + row.offset;
    float* to = row.to + c * row.to_step;
    for (size_t i = 0; i < kLanes; ++i) {
      const bool inside = (row.mask >> i & 1) != 0;
      to[i] = inside ? row.x[lanes.base[i] + start] : i < lanes.count ? row.pad_value : 0.0F;
    }
  }
}

template <size_t kStride>
void CopyWhole(const Lanes& lanes, const PanelRow& row) {
  const float* from = row.x + (lanes.base[0] + row.offset);
  float* to = row.to;
  for (size_t c = 0; c < row.channels; ++c, from += row.plane, to += row.to_step) {
    const EightFloats values = LoadRun<kStride>(from);
    wasm_v128_store(to, values.low);
    wasm_v128_store(to + 4, values.high);
  }
}

// The channels in which eight floats from `start` of the plane on lie inside the memory of all.
template <size_t kStride>
TapRange ReadableChannels(const PanelRow& row, size_t start) {
  const auto at = static_cast<int64_t>(static_cast<ptrdiff_t>(start));
  const auto plane = static_cast<int64_t>(row.plane);
  const auto channels = static_cast<int64_t>(row.channels);
  const int64_t begin = at < 0 ? (plane - 1 - at) / plane : 0;
  const int64_t beyond = at + static_cast<int64_t>((kLanes - 1) * kStride + 1);
  const int64_t end = beyond <= 0 ? channels : channels - (beyond - 1) / plane;
  return {static_cast<size_t>(std::clamp<int64_t>(begin, 0, channels)),
          static_cast<size_t>(std::clamp<int64_t>(end, 0, channels))};
}

// Two runs, either of which may be partly or wholly outside the input.
template <size_t kStride>
void CopyTwoRuns(const Lanes& lanes, const PanelRow& row) {
  const uint32_t first_lanes = (1U << lanes.split) - 1;
  const uint32_t all_lanes = (1U << lanes.count) - 1;
  size_t start = lanes.base[0] + row.offset;
  size_t second = lanes.split == lanes.count
                      ? start
                      : lanes.base[lanes.split] - lanes.split * kStride + row.offset;
  // A run that nothing is taken of must not be read at all.
  if ((row.mask & first_lanes) == 0) start = second;
  if ((row.mask & ~first_lanes) == 0) second = start;
  const TapRange a = ReadableChannels<kStride>(row, start);
  const TapRange b = ReadableChannels<kStride>(row, second);
  const size_t begin = std::max(a.begin, b.begin);
  const size_t end = std::max(begin, std::min(a.end, b.end));
  const EightFloats in_first = LaneMasks(row.mask & first_lanes);
  const EightFloats in_second = LaneMasks(row.mask & ~first_lanes);
  const EightFloats padding = LaneMasks(all_lanes & ~row.mask);
  const v128_t pad = wasm_f32x4_splat(row.pad_value);
  const v128_t pad_low = wasm_v128_and(padding.low, pad);
  const v128_t pad_high = wasm_v128_and(padding.high, pad);
  CopyOneByOne(lanes, row, 0, begin);
  for (size_t c = begin; c < end; ++c) {
    const EightFloats x = LoadRun<kStride>(row.x + (c * row.plane + start));
    const EightFloats y = LoadRun<kStride>(row.x + (c * row.plane + second));
    float* to = row.to + c * row.to_step;
    wasm_v128_store(to, wasm_v128_or(wasm_v128_or(wasm_v128_and(x.low, in_first.low),
                                                  wasm_v128_and(y.low, in_second.low)),
                                     pad_low));
    wasm_v128_store(to + 4, wasm_v128_or(wasm_v128_or(wasm_v128_and(x.high, in_first.high),
                                                      wasm_v128_and(y.high, in_second.high)),
                                         pad_high));
  }
  CopyOneByOne(lanes, row, end, row.channels);
}

// kStride: the windows' along the width, 0 for those without a way of their own.
template <size_t kStride>
void CopyRow(const Lanes& lanes, const PanelRow& row) {
  if constexpr (kStride != 0) {
    if (lanes.split == kLanes && row.mask == (1U << kLanes) - 1) {
      return CopyWhole<kStride>(lanes, row);
    }
    if (lanes.in_two_runs && row.mask != 0) return CopyTwoRuns<kStride>(lanes, row);
  }
  CopyOneByOne(lanes, row, 0, row.channels);
}

template <size_t kStride>
void PackPanel(const ConvShape& shape, const Lanes& lanes, PanelRow row) {
  float* packed = row.to;
  const bool inside = AllInside(shape, lanes);
  const uint32_t all = (1U << lanes.count) - 1;
  size_t tap = 0;
  for (size_t kd = 0; kd < shape.kernel[0]; ++kd) {
    const uint32_t mask_d = inside ? all : InsideMask(shape, 0, lanes, kd);
    for (size_t kh = 0; kh < shape.kernel[1]; ++kh) {
      const uint32_t mask_h = inside ? all : mask_d & InsideMask(shape, 1, lanes, kh);
      const size_t line =
          (kd * shape.dilation[0] * shape.in[1] + kh * shape.dilation[1]) * shape.in[2];
      for (size_t kw = 0; kw < shape.kernel[2]; ++kw, ++tap) {
        row.mask = inside ? all : mask_h & InsideMask(shape, 2, lanes, kw);
        row.offset = line + kw * shape.dilation[2];
        row.to = packed + tap * kF32GemmPanel;
        CopyRow<kStride>(lanes, row);
      }
    }
  }
}

void F32Packed(const ConvShape& shape, size_t channels, const float* x, float pad_value,
               size_t first, size_t count, float* packed) {
  const auto pack = shape.stride[2] == 1   ? PackPanel<1>
                    : shape.stride[2] == 2 ? PackPanel<2>
                                           : PackPanel<0>;
  PanelRow row = {.x = x,
                  .plane = shape.InPixels(),
                  .channels = channels,
                  .offset = 0,
                  .mask = 0,
                  .pad_value = pad_value,
                  .to = packed,
                  .to_step = shape.Taps() * kF32GemmPanel};
  for (size_t done = 0; done < count; done += kF32GemmPanel) {
    pack(shape, LanesFrom(shape, first + done, std::min(kF32GemmPanel, count - done)), row);
    row.to += channels * row.to_step;
  }
}

}  // namespace

const Im2colKernel im2col_simd128 = {F32Packed, im2col_simd::BytesRows};

}  // namespace quantab::kernels
