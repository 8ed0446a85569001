#include <algorithm>
#include <cstring>

#include "core/base/simd.h"
#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/im2col/im2col.h"
#include "core/kernels/im2col/window.h"

namespace quantab::kernels {
namespace {

constexpr size_t kOutside = SIZE_MAX;

// Position in the input along one dimension, or kOutside.
size_t Position(const ConvShape& shape, size_t d, size_t out, size_t tap) {
  const size_t padded = out * shape.stride[d] + tap * shape.dilation[d];
  if (padded < shape.pad[d] || padded - shape.pad[d] >= shape.in[d]) return kOutside;
  return padded - shape.pad[d];
}

// How the 8 input positions of a panel lie.
enum class Run { kNeighbours, kEverySecond, kScattered };

Run Classify(const size_t* from) {
  if (from[0] == kOutside) return Run::kScattered;
  bool neighbours = true;
  bool second = true;
  for (size_t i = 1; i < kF32GemmPanel; ++i) {
    neighbours &= from[i] == from[0] + i;
    second &= from[i] == from[0] + 2 * i;
  }
  return neighbours ? Run::kNeighbours : second ? Run::kEverySecond : Run::kScattered;
}

// One row of a panel for every channel: to advances by to_step, x by a plane.
void CopyChannels(size_t channels, const float* x, size_t plane, const size_t* from, size_t count,
                  float pad_value, float* to, size_t to_step) {
  const Run run = count == kF32GemmPanel ? Classify(from) : Run::kScattered;
  for (size_t c = 0; c < channels; ++c, x += plane, to += to_step) {
    switch (run) {
      case Run::kNeighbours:
        wasm_v128_store(to, wasm_v128_load(x + from[0]));
        wasm_v128_store(to + 4, wasm_v128_load(x + from[0] + 4));
        break;
      case Run::kEverySecond: {
        // The second load of each pair ends at the last value needed, not one beyond.
        const float* at = x + from[0];
        wasm_v128_store(to,
                        wasm_i32x4_shuffle(wasm_v128_load(at), wasm_v128_load(at + 3), 0, 2, 5, 7));
        wasm_v128_store(to + 4, wasm_i32x4_shuffle(wasm_v128_load(at + 8), wasm_v128_load(at + 11),
                                                   0, 2, 5, 7));
        break;
      }
      case Run::kScattered:
        for (size_t i = 0; i < count; ++i) to[i] = from[i] == kOutside ? pad_value : x[from[i]];
        std::fill(to + count, to + kF32GemmPanel, 0.0F);
        break;
    }
  }
}

void F32Packed(const ConvShape& shape, size_t channels, const float* x, float pad_value,
               size_t first, size_t count, float* packed) {
  const size_t taps = shape.Taps();
  const size_t plane = shape.InPixels();
  for (size_t panel = 0; panel < count; panel += kF32GemmPanel) {
    const size_t columns = std::min(kF32GemmPanel, count - panel);
    size_t od[kF32GemmPanel];
    size_t oh[kF32GemmPanel];
    size_t ow[kF32GemmPanel];
    for (size_t i = 0; i < columns; ++i) {
      const size_t pixel = first + panel + i;
      ow[i] = pixel % shape.out[2];
      oh[i] = pixel / shape.out[2] % shape.out[1];
      od[i] = pixel / shape.out[2] / shape.out[1];
    }
    for (size_t tap = 0; tap < taps; ++tap) {
      size_t from[kF32GemmPanel];
      for (size_t i = 0; i < columns; ++i) {
        const size_t w = Position(shape, 2, ow[i], tap % shape.kernel[2]);
        const size_t h = Position(shape, 1, oh[i], tap / shape.kernel[2] % shape.kernel[1]);
        const size_t d = Position(shape, 0, od[i], tap / shape.kernel[2] / shape.kernel[1]);
        from[i] = d == kOutside || h == kOutside || w == kOutside
                      ? kOutside
                      : (d * shape.in[1] + h) * shape.in[2] + w;
      }
      CopyChannels(channels, x, plane, from, columns, pad_value, packed + tap * kF32GemmPanel,
                   taps * kF32GemmPanel);
    }
    packed += channels * taps * kF32GemmPanel;
  }
}

// The taps of one kernel row, from tap.begin to tap.end inside the input.
uint8_t* CopyRow(const ConvShape& shape, size_t channels, const uint8_t* x, size_t x_stride,
                 uint8_t pad_value, TapRange inside, uint8_t* to) {
  to = std::fill_n(to, inside.begin * channels, pad_value);
  if (shape.dilation[2] == 1 && x_stride == channels) {
    to = std::copy_n(x, (inside.end - inside.begin) * channels, to);
  } else {
    for (size_t kw = inside.begin; kw < inside.end; ++kw, x += shape.dilation[2] * x_stride) {
      to = std::copy_n(x, channels, to);
    }
  }
  return std::fill_n(to, (shape.kernel[2] - inside.end) * channels, pad_value);
}

void BytesRows(const ConvShape& shape, size_t channels, const uint8_t* x, size_t x_stride,
               uint8_t pad_value, size_t first, size_t count, uint8_t* rows) {
  const size_t row_bytes = shape.kernel[2] * channels;
  for (size_t pixel = first; pixel < first + count; ++pixel) {
    const size_t ow = pixel % shape.out[2];
    const size_t oh = pixel / shape.out[2] % shape.out[1];
    const size_t od = pixel / shape.out[2] / shape.out[1];
    const TapRange inside = TapsInside(shape, 2, ow);
    for (size_t kd = 0; kd < shape.kernel[0]; ++kd) {
      const size_t d = Position(shape, 0, od, kd);
      for (size_t kh = 0; kh < shape.kernel[1]; ++kh) {
        const size_t h = Position(shape, 1, oh, kh);
        if (d == kOutside || h == kOutside || inside.begin == inside.end) {
          rows = std::fill_n(rows, row_bytes, pad_value);
          continue;
        }
        const size_t w = Position(shape, 2, ow, inside.begin);
        const uint8_t* from = x + ((d * shape.in[1] + h) * shape.in[2] + w) * x_stride;
        rows = CopyRow(shape, channels, from, x_stride, pad_value, inside, rows);
      }
    }
  }
}

}  // namespace

const Im2colKernel im2col_simd128 = {F32Packed, BytesRows};

}  // namespace quantab::kernels
