// What simd128.cc and relaxed.cc share: output rows of 3 x 3 windows in one go. Each input column
// is laid together once and, while it is in registers, added to the sums of the windows it lies in,
// which leave as results.
#ifndef QUANTAB_CORE_KERNELS_I8_DEPTHWISE_BAND3_H_
#define QUANTAB_CORE_KERNELS_I8_DEPTHWISE_BAND3_H_

#include <algorithm>
#include <type_traits>

#include "core/base/simd.h"
#include "core/kernels/i8_depthwise/i8_depthwise.h"
#include "core/kernels/i8_gemm/finish_simd.h"

namespace quantab::kernels::i8_depthwise_simd {

// Sums of 8 channels.
struct Sums {
  v128_t of[2];
};

// The input columns under an output row, from the first on.
template <typename Column>
class Columns3 {
 public:
  Columns3(const I8DepthwiseBand3& band, const I8DepthwiseRow* under, size_t channel,
           const Column& outside)
      : before_(band.before), inside_(band.inside), outside_(outside) {
    QUANTAB_UNROLL
    for (int r = 0; r < 3; ++r) {
      rows_[r] = under[r].first + band.column * under[r].step + channel;
      steps_[r] = under[r].step;
    }
  }

  // The next column. When it may be any column:
  Column Next() {
    if (before_ != 0) {
      --before_;
      return outside_;
    }
    if (inside_ == 0) return outside_;
    --inside_;
    return NextInside();
  }
  // When it is one of the next `count` of Inside:
  Column NextInside() {
    const Column column = Column::Load(rows_[0], rows_[1], rows_[2]);
    QUANTAB_UNROLL
    for (int r = 0; r < 3; ++r) rows_[r] += steps_[r];
    return column;
  }
  // How often in a row, at most `most` times, `step` next columns are all inside; these are then
  // taken by NextInside.
  size_t Inside(size_t most, size_t step) {
    if (before_ != 0) return 0;
    const size_t count = std::min(most, inside_ / step);
    inside_ -= count * step;
    return count;
  }

 private:
  size_t before_, inside_;
  const uint8_t* rows_[3];
  size_t steps_[3];
  const Column& outside_;
};

// Calls `window(next)` n times, each of which takes `step` columns by `next()`.
template <typename Column, typename Window>
void ForWindows(Columns3<Column>& columns, size_t n, size_t step, const Window& window) {
  while (n > 0) {
    const size_t inside = columns.Inside(n, step);
    for (size_t i = 0; i < inside; ++i) window([&] { return columns.NextInside(); });
    n -= inside;
    if (n == 0) return;
    window([&] { return columns.Next(); });
    --n;
  }
}

// A Column has Load(a, b, c), the column of 8 channels that begins at these three bytes, and
// AddTo(sums, w, kw), which adds its products with column kw of the window's Weights.
template <typename Column, typename Out>
class Rows3 {
 public:
  Rows3(const uint8_t* weights, const int32_t* base, const Out& out)
      : w_(weights), start_{{wasm_v128_load(base), wasm_v128_load(base + 4)}}, out_(out) {}

  void Stride1(Columns3<Column> columns, size_t n, uint8_t* y, size_t y_step) const {
    // Sums of the window that began two columns ago, and one column ago.
    Sums older = start_, newer = start_;
    Column column = columns.Next();
    column.AddTo(older, w_, 0);
    column = columns.Next();
    column.AddTo(older, w_, 1);
    column.AddTo(newer, w_, 0);
    ForWindows(columns, n, 1, [&](const auto& next) {
      const Column last = next();
      last.AddTo(older, w_, 2);
      out_.template Store<2>(older.of, 0, y);
      older = newer;
      last.AddTo(older, w_, 1);
      newer = start_;
      last.AddTo(newer, w_, 0);
      y += y_step;
    });
  }

  void Stride2(Columns3<Column> columns, size_t n, uint8_t* y, size_t y_step) const {
    Column first = columns.Next();
    ForWindows(columns, n, 2, [&](const auto& next) {
      Sums sums = start_;
      first.AddTo(sums, w_, 0);
      next().AddTo(sums, w_, 1);
      first = next();
      first.AddTo(sums, w_, 2);
      out_.template Store<2>(sums.of, 0, y);
      y += y_step;
    });
  }

 private:
  typename Column::Weights w_;
  Sums start_;
  const Out& out_;
};

template <typename Column>
void Band3(const I8DepthwiseBand3& band, size_t channel, const void* w, const I8GemmFinish& finish,
           void* y) {
  i8_gemm_simd::WithOut(finish, [&](const auto& out) {
    const Rows3<Column, std::decay_t<decltype(out)>> rows(static_cast<const uint8_t*>(w),
                                                          finish.base, out);
    const uint8_t* padding = band.padding + channel;
    const Column outside = Column::Load(padding, padding, padding);
    const size_t y_step = band.y_step * out.kElement;
    auto* to = static_cast<uint8_t*>(y);
    const I8DepthwiseRow* under = band.under;
    for (size_t i = 0; i < band.count; ++i, to += band.n * y_step, under += band.under_step) {
      const Columns3<Column> columns(band, under, channel, outside);
      band.stride == 1 ? rows.Stride1(columns, band.n, to, y_step)
                       : rows.Stride2(columns, band.n, to, y_step);
    }
  });
}

}  // namespace quantab::kernels::i8_depthwise_simd

#endif  // QUANTAB_CORE_KERNELS_I8_DEPTHWISE_BAND3_H_
