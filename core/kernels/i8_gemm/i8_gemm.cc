#include "core/kernels/i8_gemm/i8_gemm.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "core/base/parallel.h"
#include "core/kernels/bytes.h"
#include "core/kernels/relaxed_dot.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/i8_gemm/kernels.inc"
#undef QUANTAB_KERNEL
};

// What packed bytes begin with; panels follow. Each panel is: for its columns the sums of B over k,
// then the zero points (both int32, in signed B's range), then the bytes.
struct alignas(16) PackedHeader {
  const KernelEntry* entry;
  uint32_t has_zero;  // some column's zero point is not 0 in signed range
};
static_assert(sizeof(PackedHeader) == 16);

const I8GemmKernel& KernelOf(const KernelEntry& entry) {
  return *static_cast<const I8GemmKernel*>(entry.kernel);
}

size_t PanelBytes(const I8GemmKernel& kernel, size_t k) {
  const size_t rows = SaturatingRoundUp(k, kernel.depth_block);
  return SaturatingMul(kernel.columns, SaturatingAdd(2 * sizeof(int32_t), rows));
}

size_t PackedBytes(const I8GemmKernel& kernel, size_t n, size_t k) {
  return SaturatingAdd(sizeof(PackedHeader),
                       SaturatingMul(DivideUp(n, kernel.columns), PanelBytes(kernel, k)));
}

// Rows of A handled between two sweeps of B.
constexpr size_t kRowBlock = 64;

// The widened operands of a wide kernel, on the stack: A's rows of a block (128 KiB), and a panel
// of at most kMaxWideDepth values of k (72 KiB). Deeper products go in chunks of that depth.
constexpr size_t kWideElements = 65536;
constexpr size_t kMaxWideDepth = 4608;
constexpr size_t kWidePanelColumns = 8;
// Products made in the time of one simple operation (GrainFor).
constexpr size_t kProductsOfAStep = 8;
// Below so many rows a panel is used so little that widening it does not pay.
constexpr size_t kFewRows = 8;

// The rows of A that tiles read: as they lie (one after the other, or in parts), or widened.
struct Rows {
  const uint8_t* bytes;
  size_t lda;
  bool is_signed;
  I8GemmParts parts = {};         // counts when parts.part is not null
  const int16_t* wide = nullptr;  // rows of `depth` elements

  Rows From(size_t row) const {
    Rows rest = *this;
    if (parts.part != nullptr) {
      rest.parts.part += row * parts.count;
    } else {
      rest.bytes += row * lda;
    }
    return rest;
  }
  // Calls visit(bytes, how many, k of the first) for the pieces of the values of k
  // [first, first + count) of a row.
  template <typename Visit>
  void VisitPieces(size_t row, size_t first, size_t count, const Visit& visit) const {
    if (parts.part == nullptr) return visit(bytes + row * lda + first, count, first);
    while (count > 0) {
      const size_t skip = first % parts.bytes;
      const size_t n = std::min(count, parts.bytes - skip);
      visit(parts.part[row * parts.count + first / parts.bytes] + skip, n, first);
      first += n;
      count -= n;
    }
  }
};

// A panel of B as it is packed.
struct Panel {
  const int32_t* sums;
  const int32_t* zeros;
  const int8_t* bytes;
  const int16_t* wide = nullptr;
};

Panel PanelAt(const I8GemmKernel& kernel, const void* packed, size_t k, size_t index) {
  const auto* at =
      static_cast<const uint8_t*>(packed) + sizeof(PackedHeader) + index * PanelBytes(kernel, k);
  const auto* sums = reinterpret_cast<const int32_t*>(at);
  const int32_t* zeros = sums + kernel.columns;
  return {sums, zeros, reinterpret_cast<const int8_t*>(zeros + kernel.columns)};
}

// The values of k [first, first + count) of some rows, with zeros up to `depth` of them.
void WidenRows(const I8GemmKernel& kernel, size_t rows, const Rows& from, size_t first,
               size_t count, size_t depth, int16_t* to) {
  for (size_t r = 0; r < rows; ++r, to += depth) {
    from.VisitPieces(r, first, count, [&](const uint8_t* bytes, size_t n, size_t at) {
      kernel.widen(n, bytes, from.is_signed, to + (at - first));
    });
    std::fill(to + count, to + depth, int16_t{0});
  }
}

uint32_t RowSum(const I8GemmKernel& kernel, size_t k, const Rows& rows, size_t row) {
  uint32_t sum = 0;
  rows.VisitPieces(row, 0, k, [&](const uint8_t* bytes, size_t n, size_t) {
    sum += static_cast<uint32_t>(kernel.row_sum(n, bytes, rows.is_signed));
  });
  return sum;
}

// The tiles of one panel: acc[r * columns + c] for `rows` rows.
I8GemmTiles NarrowTiles(size_t rows, size_t k, const Rows& a, const Panel& panel, int32_t* acc) {
  return {.rows = rows,
          .k = k,
          .a = a.bytes,
          .lda = a.lda,
          .parts = a.parts,
          .a_signed = a.is_signed,
          .panel = panel.bytes,
          .panel_is_wide = false,
          .add = false,
          .acc = acc};
}

I8GemmTiles WideTiles(size_t rows, size_t depth, const Rows& a, const Panel& panel, int32_t* acc) {
  const void* data = panel.bytes;
  if (panel.wide != nullptr) data = panel.wide;
  return {.rows = rows,
          .k = depth,
          .a = a.wide,
          .lda = depth,
          .parts = {},
          .a_signed = true,
          .panel = data,
          .panel_is_wide = panel.wide != nullptr,
          .add = false,
          .acc = acc};
}

// The tiles of one panel for any depth, with room for one tile's rows of a chunk.
void RunWideInChunks(const I8GemmKernel& kernel, size_t rows, size_t k, const Rows& a,
                     const Panel& panel, int16_t* room, int32_t* acc) {
  for (size_t r = 0; r < rows; r += kernel.rows, acc += kernel.rows * kernel.columns) {
    const size_t count = std::min(kernel.rows, rows - r);
    for (size_t first = 0; first < k; first += kMaxWideDepth) {
      const size_t part = std::min(kMaxWideDepth, k - first);
      const size_t depth = SaturatingRoundUp(part, kernel.depth_block);
      WidenRows(kernel, count, a.From(r), first, part, depth, room);
      kernel.tiles({.rows = count,
                    .k = depth,
                    .a = room,
                    .lda = depth,
                    .parts = {},
                    .a_signed = true,
                    .panel = panel.bytes + first * kernel.columns,
                    .panel_is_wide = false,
                    .add = first != 0,
                    .acc = acc});
    }
  }
}

// Everything of one product but which rows and columns.
struct Product {
  const I8GemmKernel& kernel;
  size_t n, k;
  const void* packed;
  bool has_zero;
  int32_t flipped_zero;
  int32_t a_zero;
  const I8GemmEpilogue& epilogue;
};

// What a panel's columns need to be finished.
struct Columns {
  alignas(16) int32_t base[kI8GemmMaxColumns];
  alignas(16) float scale[kI8GemmMaxColumns];

  void Set(const Product& product, const Panel& panel, size_t first, size_t count) {
    const I8GemmEpilogue& epilogue = product.epilogue;
    for (size_t i = 0; i < count; ++i) {
      const auto bias =
          static_cast<uint32_t>(epilogue.bias == nullptr ? 0 : epilogue.bias[first + i]);
      base[i] = static_cast<int32_t>(bias - static_cast<uint32_t>(product.flipped_zero) *
                                                static_cast<uint32_t>(panel.sums[i]));
      if (epilogue.scale != nullptr) {
        scale[i] = epilogue.scale[(first + i) * epilogue.scale_stride];
      }
    }
  }
};

// The part of a product that one thread makes at a time: a block of rows, of which `a`, `c` and
// `row_scale` (or null) are the first, and the columns [n0, n1), n0 at a panel's begin.
struct Part {
  size_t rows;
  Rows a;
  uint8_t* c;
  size_t ldc;
  const float* row_scale;
  size_t n0, n1;
};

// Results of one panel.
struct PanelOut {
  size_t columns;
  const I8GemmFinish& finish;
  uint8_t* y;
  size_t y_row;
};

void MakeTiles(const I8GemmKernel& kernel, const I8GemmTiles& tiles, const PanelOut& to) {
  if (kernel.finished_tiles != nullptr && to.columns == kernel.columns &&
      to.finish.zero == nullptr && to.finish.out != I8GemmOut::kInt32) {
    kernel.finished_tiles(tiles, to.finish, to.y, to.y_row);
    return;
  }
  kernel.tiles(tiles);
  kernel.finish(tiles.rows, to.columns, tiles.acc, kernel.columns, to.finish, to.y, to.y_row);
}

// `make(panel, acc, to)` makes the results of one panel, with room for its accumulators.
template <typename Make>
void RunPart(const Product& product, const Part& part, const Make& make) {
  const size_t rows = part.rows;
  const Rows& a = part.a;
  const I8GemmKernel& kernel = product.kernel;
  const I8GemmEpilogue& epilogue = product.epilogue;
  alignas(16) int32_t acc[kRowBlock * kI8GemmMaxColumns];
  int32_t row_sums[kRowBlock];
  Columns columns;
  I8GemmFinish finish(epilogue);
  finish.base = columns.base;
  finish.row_sums = row_sums;
  finish.scale = columns.scale;
  finish.row_scale = part.row_scale;
  if (product.has_zero) {
    for (size_t r = 0; r < rows; ++r) {
      row_sums[r] = static_cast<int32_t>(RowSum(kernel, product.k, a, r) -
                                         static_cast<uint32_t>(product.k) *
                                             static_cast<uint32_t>(product.a_zero));
    }
  }
  for (size_t n0 = part.n0; n0 < part.n1; n0 += kernel.columns) {
    const size_t count = std::min(kernel.columns, part.n1 - n0);
    Panel panel = PanelAt(kernel, product.packed, product.k, n0 / kernel.columns);
    columns.Set(product, panel, n0, count);
    finish.zero = product.has_zero ? panel.zeros : nullptr;
    finish.float_bias = epilogue.float_bias == nullptr ? nullptr : epilogue.float_bias + n0;
    make(panel, acc, PanelOut{count, finish, part.c + n0 * I8ElementBytes(epilogue.out), part.ldc});
  }
  I8Complete(epilogue, rows, part.n1 - part.n0, part.c + part.n0 * I8ElementBytes(epilogue.out),
             part.ldc);
}

// Through a wide kernel whose operands fit the stack's room.
void RunWidePart(const Product& product, Part part) {
  const I8GemmKernel& kernel = product.kernel;
  const size_t depth = SaturatingRoundUp(product.k, kernel.depth_block);
  alignas(16) int16_t wide_rows[kWideElements];
  alignas(16) int16_t wide_panel[kMaxWideDepth * kWidePanelColumns];
  WidenRows(kernel, part.rows, part.a, 0, product.k, depth, wide_rows);
  part.a.wide = wide_rows;
  RunPart(product, part, [&](Panel& panel, int32_t* acc, const PanelOut& to) {
    if (part.rows > kFewRows) {
      kernel.widen(depth * kernel.columns, reinterpret_cast<const uint8_t*>(panel.bytes), true,
                   wide_panel);
      panel.wide = wide_panel;
    }
    MakeTiles(kernel, WideTiles(part.rows, depth, part.a, panel, acc), to);
  });
}

void RunAnyPart(const Product& product, const Part& part) {
  const I8GemmKernel& kernel = product.kernel;
  if (!kernel.wide) {
    RunPart(product, part, [&](const Panel& panel, int32_t* acc, const PanelOut& to) {
      MakeTiles(kernel, NarrowTiles(part.rows, product.k, part.a, panel, acc), to);
    });
  } else if (product.k <= kMaxWideDepth) {
    RunWidePart(product, part);
  } else {
    alignas(16) int16_t room[kI8GemmMaxRows * kMaxWideDepth];
    RunPart(product, part, [&](const Panel& panel, int32_t* acc, const PanelOut& to) {
      RunWideInChunks(kernel, part.rows, product.k, part.a, panel, room, acc);
      kernel.finish(part.rows, to.columns, acc, kernel.columns, to.finish, to.y, to.y_row);
    });
  }
}

// Rows in a block: as many as there is room for, and about as many in each.
size_t BlockRows(const I8GemmKernel& kernel, size_t m, size_t k) {
  size_t most = kRowBlock;
  if (kernel.wide && k <= kMaxWideDepth) {
    const size_t fit =
        kWideElements / std::max<size_t>(SaturatingRoundUp(k, kernel.depth_block), 1);
    most = std::min(most, fit / kernel.rows * kernel.rows);
  }
  return EvenBlock(m, most, kernel.rows);
}

// Writes one column of B, signed, to its places in a panel, of which `to` is the first. Returns its
// sum.
int32_t PackColumn(const I8GemmKernel& kernel, size_t k, const I8GemmB& b, size_t column,
                   int8_t* to) {
  const uint8_t flip = b.is_signed ? 0 : 0x80;
  const size_t inner = b.k_inner == 0 ? k : b.k_inner;
  const size_t step = kernel.columns * kernel.depth;
  uint32_t sum = 0;
  size_t d = 0;  // place among the values of k that lie together
  for (size_t first = 0; first < k; first += inner) {
    const auto* from = static_cast<const uint8_t*>(b.data) + column * b.n_stride +
                       (b.k_inner == 0 ? 0 : first / inner * b.k_outer_stride);
    const size_t count = std::min(inner, k - first);
    for (size_t i = 0; i < count; ++i, from += b.k_stride) {
      const auto value = static_cast<int8_t>(*from ^ flip);
      to[d] = value;
      sum += static_cast<uint32_t>(int32_t{value});
      if (++d == kernel.depth) {
        d = 0;
        to += step;
      }
    }
  }
  return static_cast<int32_t>(sum);
}

// The same for `columns` columns from `first` on that lie next to each other in each row of B, row
// by row.
void PackRows(const I8GemmKernel& kernel, size_t k, const I8GemmB& b, size_t first, size_t columns,
              int8_t* panel, int32_t* sums) {
  const uint8_t flip = b.is_signed ? 0 : 0x80;
  const size_t depth = kernel.depth;
  uint32_t total[kI8GemmMaxColumns] = {};
  const auto* from = static_cast<const uint8_t*>(b.data) + first;
  for (size_t i = 0; i < k; ++i, from += b.k_stride) {
    int8_t* to = panel + i / depth * depth * kernel.columns + i % depth;
    for (size_t c = 0; c < columns; ++c) {
      const auto value = static_cast<int8_t>(from[c] ^ flip);
      to[c * depth] = value;
      total[c] += static_cast<uint32_t>(int32_t{value});
    }
  }
  for (size_t c = 0; c < columns; ++c) sums[c] = static_cast<int32_t>(total[c]);
}

// Columns of a part, a multiple of a panel's: all of them where the blocks of rows are enough to
// keep threads busy.
size_t PartColumns(const I8GemmKernel& kernel, size_t blocks, size_t n) {
  constexpr size_t kEnoughParts = 8;
  const size_t ways = blocks >= kEnoughParts ? 1 : DivideUp(kEnoughParts, blocks);
  return std::max(kernel.columns, SaturatingRoundUp(DivideUp(n, ways), kernel.columns));
}

void Multiply(size_t m, size_t n, size_t k, const Rows& a, int32_t a_zero, const void* packed,
              void* c, size_t ldc, const I8GemmEpilogue& epilogue) {
  const auto* header = static_cast<const PackedHeader*>(packed);
  const I8GemmKernel& kernel = KernelOf(*header->entry);
  i8_gemm_family.Note(header->entry->name);
  const Product product = {
      .kernel = kernel,
      .n = n,
      .k = k,
      .packed = packed,
      .has_zero = header->has_zero != 0,
      .flipped_zero = ZeroAfterFlip(kernel.flips(a.is_signed), a.is_signed, a_zero),
      .a_zero = a_zero,
      .epilogue = epilogue};
  if (m == 0 || n == 0) return;
  const size_t rows = BlockRows(kernel, m, k);
  const size_t blocks = DivideUp(m, rows);
  const size_t columns = ThreadsHere() == 1 ? n : PartColumns(kernel, blocks, n);
  const size_t across = DivideUp(n, columns);
  const size_t steps =
      SaturatingMul(std::min(rows, m), std::min(columns, n), std::max<size_t>(k, 1));
  ParallelFor(blocks * across, GrainFor(steps / kProductsOfAStep), [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t m0 = i / across * rows;
      const size_t n0 = i % across * columns;
      RunAnyPart(product,
                 {.rows = std::min(rows, m - m0),
                  .a = a.From(m0),
                  .c = static_cast<uint8_t*>(c) + m0 * ldc * I8ElementBytes(epilogue.out),
                  .ldc = ldc,
                  .row_scale = epilogue.row_scale == nullptr ? nullptr : epilogue.row_scale + m0,
                  .n0 = n0,
                  .n1 = std::min(n0 + columns, n)});
    }
  });
}

}  // namespace

constinit KernelFamily i8_gemm_family("i8_gemm", kEntries);

size_t I8GemmPackedBytes(size_t n, size_t k) {
  size_t most = 0;
  for (const KernelEntry& entry : kEntries)
    most = std::max(most, PackedBytes(KernelOf(entry), n, k));
  return most;
}

void I8GemmPack(size_t n, size_t k, const I8GemmB& b, void* packed) {
  const KernelEntry& entry =
      i8_gemm_family.ChooseCheapest<I8GemmKernel>([n](const I8GemmKernel& kernel) {
        return static_cast<double>(SaturatingRoundUp(n, kernel.columns)) * kernel.cost;
      });
  const I8GemmKernel& kernel = KernelOf(entry);
  auto* header = new (packed) PackedHeader{&entry, 0};
  auto* at = static_cast<uint8_t*>(packed) + sizeof(PackedHeader);
  for (size_t first = 0; first < n; first += kernel.columns, at += PanelBytes(kernel, k)) {
    const size_t columns = std::min(kernel.columns, n - first);
    auto* sums = reinterpret_cast<int32_t*>(at);
    int32_t* zeros = sums + kernel.columns;
    auto* panel = reinterpret_cast<int8_t*>(zeros + kernel.columns);
    std::memset(at, 0, PanelBytes(kernel, k));
    for (size_t c = 0; c < columns; ++c) {
      const int32_t zero = b.zero == nullptr ? 0 : b.zero[(first + c) * b.zero_stride];
      zeros[c] = b.is_signed ? zero : zero - 128;
      if (zeros[c] != 0) header->has_zero = 1;
    }
    if (b.n_stride == 1 && b.k_inner == 0) {
      PackRows(kernel, k, b, first, columns, panel, sums);
    } else {
      for (size_t c = 0; c < columns; ++c) {
        sums[c] = PackColumn(kernel, k, b, first + c, panel + c * kernel.depth);
      }
    }
  }
}

void I8Gemm(size_t m, size_t n, size_t k, const void* a, bool a_signed, size_t lda, int32_t a_zero,
            const void* packed, void* c, size_t ldc, const I8GemmEpilogue& epilogue) {
  Multiply(m, n, k, {static_cast<const uint8_t*>(a), lda, a_signed}, a_zero, packed, c, ldc,
           epilogue);
}

void I8GemmOfParts(size_t m, size_t n, const I8GemmParts& a, bool a_signed, int32_t a_zero,
                   const void* packed, void* c, size_t ldc, const I8GemmEpilogue& epilogue) {
  Multiply(m, n, a.count * a.bytes, {nullptr, 0, a_signed, a}, a_zero, packed, c, ldc, epilogue);
}

void I8FinishRows(size_t rows, size_t n, const int32_t* acc, size_t acc_row,
                  const I8GemmFinish& finish, void* y, size_t y_row) {
  i8_gemm_family.Get<I8GemmKernel>().finish(rows, n, acc, acc_row, finish, y, y_row);
}

void I8EpilogueRow(size_t n, const int32_t* acc, size_t column, const I8GemmEpilogue& epilogue,
                   void* y) {
  constexpr size_t kChunk = 64;
  alignas(16) int32_t bases[kChunk];
  alignas(16) float scales[kChunk];
  alignas(16) float float_biases[kChunk];
  const size_t most = std::min(n, kChunk);
  std::fill_n(bases, most, epilogue.bias == nullptr ? 0 : epilogue.bias[column]);
  std::fill_n(scales, most,
              epilogue.scale == nullptr ? 1 : epilogue.scale[column * epilogue.scale_stride]);
  if (epilogue.float_bias != nullptr) {
    std::fill_n(float_biases, most, epilogue.float_bias[column]);
  }
  I8GemmFinish finish(epilogue);
  finish.base = bases;
  finish.scale = scales;
  finish.float_bias = epilogue.float_bias == nullptr ? nullptr : float_biases;
  for (size_t i = 0; i < n; i += kChunk) {
    I8FinishRows(1, std::min(kChunk, n - i), acc + i, 0, finish,
                 static_cast<uint8_t*>(y) + i * I8ElementBytes(epilogue.out), 0);
  }
  I8Complete(epilogue, 1, n, y, n);
}

void I8Complete(const I8GemmEpilogue& epilogue, size_t rows, size_t n, void* c, size_t ldc) {
  if (epilogue.range == nullptr && epilogue.addend == nullptr) return;
  auto* y = static_cast<float*>(c);
  if (n == ldc) {
    n *= rows;
    rows = 1;
  }
  for (size_t r = 0; r < rows; ++r, y += ldc) {
    const FloatRange range =
        epilogue.addend == nullptr
            ? quantize_family.Get<QuantizeKernel>().min_max(n, y)
            : i8_gemm_family.Get<I8GemmKernel>().add(n, epilogue.addend + (y - epilogue.results),
                                                     epilogue.low, epilogue.high, y);
    if (epilogue.range != nullptr) epilogue.range->Add(range);
  }
}

}  // namespace quantab::kernels
