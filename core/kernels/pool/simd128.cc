#include <algorithm>
#include <limits>

#include "core/base/simd.h"
#include "core/kernels/im2col/float_row.h"
#include "core/kernels/im2col/window.h"
#include "core/kernels/pool/pool.h"

namespace quantab::kernels {
namespace {

// Taps of the window of o that lie inside the padded input.
size_t PaddedTaps(const ConvShape& shape, const std::array<size_t, 3>& pad_end, size_t d,
                  size_t o) {
  const size_t limit = shape.in[d] + shape.pad[d] + pad_end[d];
  const size_t start = o * shape.stride[d];
  if (start >= limit) return 0;
  return std::min(shape.kernel[d], (limit - start - 1) / shape.dilation[d] + 1);
}

// Largest of floats: NaN wins.
struct MaxF32 {
  using T = float;
  static constexpr size_t kLanes = 4;
  template <size_t kStride>
  static v128_t Load(const float* x, size_t stride) {
    return LoadStrided<kStride>(x, stride);
  }
  // A NaN in `a` stays, one in `b` sets all bits. x86 has no instruction for f32x4.max.
  static v128_t Combine(v128_t a, v128_t b) {
    return wasm_v128_or(wasm_f32x4_pmax(a, b), wasm_f32x4_ne(b, b));
  }
  static float Combine(float a, float b) { return !(b <= a) && a == a ? b : a; }
};

template <typename Byte>
struct MaxBytes {
  using T = Byte;
  static constexpr size_t kLanes = 16;
  template <size_t kStride>
  static v128_t Load(const Byte* x, size_t stride) {
    if constexpr (kStride == 1) {
      return wasm_v128_load(x);
    } else if constexpr (kStride == 2) {
      return wasm_i8x16_shuffle(wasm_v128_load(x), wasm_v128_load(x + 15), 0, 2, 4, 6, 8, 10, 12,
                                14, 17, 19, 21, 23, 25, 27, 29, 31);
    } else {
      Byte values[16];
      for (size_t i = 0; i < 16; ++i) values[i] = x[i * stride];
      return wasm_v128_load(values);
    }
  }
  static v128_t Combine(v128_t a, v128_t b) {
    return std::is_signed_v<Byte> ? wasm_i8x16_max(a, b) : wasm_u8x16_max(a, b);
  }
  static Byte Combine(Byte a, Byte b) { return std::max(a, b); }
};

// The largest of each column under one row of windows, in elements of this buffer; windows too wide
// for it are taken element by element.
constexpr size_t kColumns = 1024;

template <typename T>
T MaxOne(const ConvShape& shape, const T* x, size_t od, size_t oh, size_t ow) {
  T most = std::numeric_limits<T>::lowest();
  VisitWindow(shape, od, oh, ow, [&](size_t from, size_t) {
    // The last comparison keeps a NaN, the first takes one.
    if (!(x[from] <= most) && most == most) most = x[from];
  });
  return most;
}

// Rows of columns taken together at a time; windows of more go in parts.
constexpr size_t kMostRows = 16;

// to[i] = the largest of rows[t][i], t < count (at least 1), i < n; `to` may be one of the rows.
// The last vector makes some results a second time, which changes nothing.
template <typename Kind>
void LargestOfRows(size_t n, size_t count, const typename Kind::T* const* rows,
                   typename Kind::T* to) {
  constexpr size_t kLanes = Kind::kLanes;
  for (size_t i = 0; i < n && n < kLanes; ++i) {
    auto most = rows[0][i];
    for (size_t t = 1; t < count; ++t) most = Kind::Combine(most, rows[t][i]);
    to[i] = most;
  }
  for (size_t i = 0; i < n && n >= kLanes; i += kLanes) {
    const size_t at = std::min(i, n - kLanes);
    v128_t most = wasm_v128_load(rows[0] + at);
    for (size_t t = 1; t < count; ++t) most = Kind::Combine(most, wasm_v128_load(rows[t] + at));
    wasm_v128_store(to + at, most);
  }
}

// The largest of each of the n columns from input column `begin` on, under one row of windows.
template <typename Kind>
void LargestOfColumns(const ConvShape& shape, const typename Kind::T* x, size_t od, size_t oh,
                      size_t begin, size_t n, typename Kind::T* to) {
  using T = typename Kind::T;
  const T* rows[kMostRows];
  size_t count = 0;
  VisitRows(shape, od, oh, [&](size_t, size_t row) {
    if (count == kMostRows) {
      LargestOfRows<Kind>(n, count, rows, to);
      rows[0] = to;
      count = 1;
    }
    rows[count++] = x + row * shape.in[2] + begin;
  });
  if (count == 0) {
    std::fill_n(to, n, std::numeric_limits<T>::lowest());
  } else {
    LargestOfRows<Kind>(n, count, rows, to);
  }
}

// y[i] = the largest of `taps` elements of x, `dilation` apart, from x[i * stride] on. The last
// vector makes some results a second time.
template <typename Kind, size_t kStride>
void MaxAlong(size_t n, size_t taps, size_t dilation, size_t stride, const typename Kind::T* x,
              typename Kind::T* y) {
  constexpr size_t kLanes = Kind::kLanes;
  for (size_t i = 0; i < n && n < kLanes; ++i) {
    y[i] = x[i * stride];
    for (size_t t = 1; t < taps; ++t) y[i] = Kind::Combine(y[i], x[i * stride + t * dilation]);
  }
  for (size_t i = 0; i < n && n >= kLanes; i += kLanes) {
    const size_t at = std::min(i, n - kLanes);
    const auto* from = x + at * stride;
    v128_t most = Kind::template Load<kStride>(from, stride);
    for (size_t t = 1; t < taps; ++t) {
      from += dilation;
      most = Kind::Combine(most, Kind::template Load<kStride>(from, stride));
    }
    wasm_v128_store(y + at, most);
  }
}

// A window is the largest of its columns' largest: kernel rows + kernel columns comparisons instead
// of their product.
template <typename Kind, size_t kStride>
void MaxPlane(const ConvShape& shape, const typename Kind::T* x, typename Kind::T* y) {
  using T = typename Kind::T;
  const size_t stride = shape.stride[2];
  const size_t span = (shape.kernel[2] - 1) * shape.dilation[2] + 1;
  const size_t at_once = (kColumns - span) / stride + 1;
  T columns[kColumns];
  for (size_t od = 0; od < shape.out[0]; ++od) {
    for (size_t oh = 0; oh < shape.out[1]; ++oh) {
      for (size_t ow = 0; ow < shape.out[2]; ow += at_once) {
        const size_t count = std::min(at_once, shape.out[2] - ow);
        const size_t reach = (count - 1) * stride + span;
        // Padded column `first` is columns[0]; the input's are [pad, pad + width).
        const size_t first = ow * stride, pad = shape.pad[2];
        const size_t begin = std::max(first, pad);
        const size_t end = std::min(first + reach, pad + shape.in[2]);
        constexpr T kLowest = std::numeric_limits<T>::lowest();
        if (begin < end) {
          std::fill_n(columns, begin - first, kLowest);
          LargestOfColumns<Kind>(shape, x, od, oh, begin - pad, end - begin,
                                 columns + (begin - first));
          std::fill(columns + (end - first), columns + reach, kLowest);
        } else {
          std::fill_n(columns, reach, kLowest);
        }
        MaxAlong<Kind, kStride>(count, shape.kernel[2], shape.dilation[2], stride, columns, y + ow);
      }
      y += shape.out[2];
    }
  }
}

template <typename T>
void MaxPlaneByWindow(const ConvShape& shape, const T* x, T* y) {
  VisitPixels(shape, [&](size_t od, size_t oh, size_t ow, size_t pixel) {
    y[pixel] = MaxOne(shape, x, od, oh, ow);
  });
}

template <typename Kind>
void Max(const ConvShape& shape, size_t planes, const typename Kind::T* x, typename Kind::T* y) {
  const bool fits = (shape.kernel[2] - 1) * shape.dilation[2] < kColumns;
  const auto plane = !fits                  ? MaxPlaneByWindow<typename Kind::T>
                     : shape.stride[2] == 1 ? MaxPlane<Kind, 1>
                     : shape.stride[2] == 2 ? MaxPlane<Kind, 2>
                                            : MaxPlane<Kind, 0>;
  for (; planes > 0; --planes, x += shape.InPixels(), y += shape.OutPixels()) plane(shape, x, y);
}

template <size_t kStride>
void AverageRows(const ConvShape& shape, size_t planes, const std::array<size_t, 3>& pad_end,
                 bool count_pad, const float* x, float* y) {
  const TapRange whole = WholeWindows(shape);
  const size_t stride = shape.stride[2];
  for (size_t plane = 0; plane < planes; ++plane, x += shape.InPixels()) {
    for (size_t od = 0; od < shape.out[0]; ++od) {
      const TapRange inside_d = TapsInside(shape, 0, od);
      for (size_t oh = 0; oh < shape.out[1]; ++oh, y += shape.out[2]) {
        const TapRange inside_h = TapsInside(shape, 1, oh);
        // Taps of a window in all but the width.
        const size_t rows =
            count_pad ? PaddedTaps(shape, pad_end, 0, od) * PaddedTaps(shape, pad_end, 1, oh)
                      : (inside_d.end - inside_d.begin) * (inside_h.end - inside_h.begin);
        const auto one = [&](size_t ow) {
          float sum = 0;
          VisitWindow(shape, od, oh, ow, [&](size_t from, size_t) { sum += x[from]; });
          const TapRange inside = TapsInside(shape, 2, ow);
          const size_t count =
              rows * (count_pad ? PaddedTaps(shape, pad_end, 2, ow) : inside.end - inside.begin);
          y[ow] = count == 0 ? 0 : sum / static_cast<float>(count);
        };
        size_t ow = 0;
        for (; ow < whole.begin; ++ow) one(ow);
        const size_t count = rows * shape.kernel[2];
        const v128_t divisor = wasm_f32x4_splat(static_cast<float>(std::max<size_t>(count, 1)));
        for (; ow + 4 <= whole.end; ow += 4) {
          v128_t sum = wasm_f32x4_splat(0);
          VisitRows(shape, od, oh, [&](size_t, size_t input_row) {
            const float* from = x + input_row * shape.in[2] + ow * stride - shape.pad[2];
            for (size_t kw = 0; kw < shape.kernel[2]; ++kw, from += shape.dilation[2]) {
              sum = wasm_f32x4_add(sum, LoadStrided<kStride>(from, stride));
            }
          });
          wasm_v128_store(y + ow, wasm_f32x4_div(sum, divisor));
        }
        for (; ow < shape.out[2]; ++ow) one(ow);
      }
    }
  }
}

void Average(const ConvShape& shape, size_t planes, const std::array<size_t, 3>& pad_end,
             bool count_pad, const float* x, float* y) {
  switch (shape.stride[2]) {
    case 1:
      return AverageRows<1>(shape, planes, pad_end, count_pad, x, y);
    case 2:
      return AverageRows<2>(shape, planes, pad_end, count_pad, x, y);
    default:
      return AverageRows<0>(shape, planes, pad_end, count_pad, x, y);
  }
}

}  // namespace

const PoolKernel pool_simd128 = {Max<MaxF32>, Max<MaxBytes<uint8_t>>, Max<MaxBytes<int8_t>>,
                                 Average};

}  // namespace quantab::kernels
