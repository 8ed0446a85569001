#include "core/kernels/f32_winograd/f32_winograd.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/base/reproducible.h"
#include "core/kernels/bytes.h"
#include "core/kernels/f32_gemm/f32_gemm.h"

namespace quantab::kernels {
namespace {

constexpr KernelEntry kEntries[] = {
#define QUANTAB_KERNEL(name, needs) {#name, Needs::needs, &name},
#include "core/kernels/f32_winograd/kernels.inc"
#undef QUANTAB_KERNEL
};

// Floats of the points of either side's channels that are in memory at once: 640 KiB.
constexpr size_t kBlockFloats = 160 * 1024;

// Products made in the time of one simple operation (GrainFor).
constexpr size_t kProductsOfAStep = 4;

// Channels on either side, and tiles, with which it begins to pay.
constexpr size_t kLeastChannels = 16;
constexpr size_t kLeastTiles = 12;

// How a convolution is cut into blocks of rows of tiles.
struct Blocks {
  explicit Blocks(const ConvShape& shape)
      : tile_rows(DivideUp(shape.out[1], kWinogradTile)),
        tile_columns(DivideUp(shape.out[2], kWinogradTile)) {
    const size_t channels = std::max(shape.in_channels, shape.out_channels);
    const size_t tiles = kBlockFloats / kWinogradPoints / channels;
    rows = std::clamp<size_t>(tiles / tile_columns, 1, tile_rows);
    tiles_at_most = SaturatingMul(rows, tile_columns);
    // The input under a block, with its padding.
    line = SaturatingAdd(SaturatingMul(tile_columns, kWinogradTile), 2);
    strip = SaturatingMul(SaturatingAdd(SaturatingMul(rows, kWinogradTile), 2), line);
    in_line = SaturatingRoundUp(shape.in_channels, kWinogradLanes);
    in_step = SaturatingMul(tiles_at_most, in_line);
    out_line = SaturatingRoundUp(shape.out_channels, kWinogradLanes);
    out_step = SaturatingMul(tiles_at_most, out_line);
  }

  // The tiles of block `i`.
  WinogradTiles TilesOf(const ConvShape& shape, size_t i) const {
    return {.rows = std::min(rows, tile_rows - i * rows),
            .columns = tile_columns,
            .input_line = line,
            .out_rows = shape.out[1] - i * rows * kWinogradTile,
            .out_columns = shape.out[2]};
  }

  // Simple operations that bring a block's tiles of four channels to the points, or back
  // (GrainFor).
  size_t StepsOfAWay() const { return SaturatingMul(tiles_at_most, 100); }

  size_t tile_rows, tile_columns;
  size_t rows;  // of tiles, in a block
  size_t tiles_at_most;
  size_t line, strip;
  size_t in_line, in_step;    // floats from tile to tile, and from point to point
  size_t out_line, out_step;  // likewise
};

// Rows under `tile_rows` rows of tiles, from padded row `first` on, of `channels` planes. Columns
// of the strips that are padding are 0 and stay.
void CopyStrips(const ConvShape& shape, const Blocks& blocks, size_t channels, const float* x,
                size_t first, size_t tile_rows, float* strips) {
  const size_t columns = std::min(shape.in[2], blocks.line - std::min(blocks.line, shape.pad[2]));
  for (size_t c = 0; c < channels; ++c, x += shape.InPixels(), strips += blocks.strip) {
    for (size_t r = 0; r < tile_rows * kWinogradTile + 2; ++r) {
      const size_t row = first + r;
      float* to = strips + r * blocks.line;
      if (row < shape.pad[1] || row - shape.pad[1] >= shape.in[1]) {
        std::fill_n(to, blocks.line, 0.0F);
      } else {
        std::copy_n(x + (row - shape.pad[1]) * shape.in[2], columns, to + shape.pad[2]);
      }
    }
  }
}

}  // namespace

constinit KernelFamily f32_winograd_family("f32_winograd", kEntries);

bool F32WinogradPays(const ConvShape& shape) {
  constexpr std::array<size_t, 3> kOnes = {1, 1, 1};
  if (shape.kernel != std::array<size_t, 3>{1, 3, 3} || shape.stride != kOnes ||
      shape.dilation != kOnes || shape.groups != 1 || shape.in[0] != 1 || shape.out[0] != 1 ||
      shape.pad[0] != 0 || std::min(shape.in_channels, shape.out_channels) < kLeastChannels ||
      ReproducibleScope::Active()) {
    return false;
  }
  const double tiles = static_cast<double>(DivideUp(shape.out[1], kWinogradTile)) *
                       static_cast<double>(DivideUp(shape.out[2], kWinogradTile));
  if (tiles < kLeastTiles) return false;
  // Cycles per pair of channels, as measured on x86: 8 multiply-adds in one; what a tile takes on
  // its way to the points and back; reading the weights.
  const double plain = 9.0 / 8 * static_cast<double>(shape.OutPixels());
  const double ways = 25.0 / static_cast<double>(shape.out_channels) +
                      20.0 / static_cast<double>(shape.in_channels);
  return tiles * (kWinogradPoints / 8.0 + ways) + kWinogradPoints / 2.0 < 0.9 * plain;
}

size_t F32WinogradPackedBytes(size_t out_channels, size_t in_channels) {
  return SaturatingMul(kWinogradPoints, F32GemmPackedBytes(out_channels, in_channels));
}

void F32WinogradPack(size_t out_channels, size_t in_channels, const float* w, float* packed) {
  constexpr double kThird = 1.0 / 3;
  constexpr double kRoot = 0.47140452079103168293;  // sqrt(2) / 3
  constexpr double kG[kWinogradPatch][3] = {
      {1, 0, 0},
      {-2 * kThird, -kRoot, -kThird},
      {-2 * kThird, kRoot, -kThird},
      {kThird / 2, kRoot / 2, kThird},
      {kThird / 2, -kRoot / 2, kThird},
      {0, 0, 1},
  };
  const size_t point_step = F32GemmPackedBytes(out_channels, in_channels) / sizeof(float);
  std::fill_n(packed, kWinogradPoints * point_step, 0.0F);
  for (size_t o = 0; o < out_channels; ++o) {
    float* panel = packed + o / kF32GemmPanel * in_channels * kF32GemmPanel + o % kF32GemmPanel;
    for (size_t c = 0; c < in_channels; ++c, w += 9, panel += kF32GemmPanel) {
      double rows[kWinogradPatch][3];
      for (size_t i = 0; i < kWinogradPatch; ++i) {
        for (size_t j = 0; j < 3; ++j) {
          rows[i][j] = kG[i][0] * w[j] + kG[i][1] * w[3 + j] + kG[i][2] * w[6 + j];
        }
      }
      for (size_t point = 0; point < kWinogradPoints; ++point) {
        const double* row = rows[point / kWinogradPatch];
        const double* g = kG[point % kWinogradPatch];
        panel[point * point_step] =
            static_cast<float>(row[0] * g[0] + row[1] * g[1] + row[2] * g[2]);
      }
    }
  }
}

size_t F32WinogradScratchBytes(const ConvShape& shape) {
  const Blocks blocks(shape);
  const size_t points =
      SaturatingMul(kWinogradPoints, SaturatingAdd(blocks.in_step, blocks.out_step));
  const size_t lanes =
      LanesOf(DivideUp(shape.in_channels, kWinogradLanes), GrainFor(blocks.StepsOfAWay()));
  const size_t strips = SaturatingMul(lanes, kWinogradLanes, blocks.strip);
  return SaturatingMul(SaturatingAdd(points, strips), sizeof(float));
}

void F32Winograd(const ConvShape& shape, const float* x, const float* packed, const float* bias,
                 float* y, void* scratch, float min, float max) {
  const F32WinogradKernel& kernel = f32_winograd_family.Get<F32WinogradKernel>();
  const Blocks blocks(shape);
  const size_t in_channels = shape.in_channels, out_channels = shape.out_channels;
  const size_t weights_step = F32GemmPackedBytes(out_channels, in_channels) / sizeof(float);
  auto* in_points = static_cast<float*>(scratch);
  float* out_points = in_points + kWinogradPoints * blocks.in_step;
  float* strips = out_points + kWinogradPoints * blocks.out_step;
  const size_t way = GrainFor(blocks.StepsOfAWay());
  const size_t product =
      GrainFor(SaturatingMul(blocks.tiles_at_most, in_channels, out_channels) / kProductsOfAStep);
  for (size_t i = 0; i < shape.batch * DivideUp(blocks.tile_rows, blocks.rows); ++i) {
    const size_t batch = i / DivideUp(blocks.tile_rows, blocks.rows);
    const WinogradTiles tiles = blocks.TilesOf(shape, i % DivideUp(blocks.tile_rows, blocks.rows));
    const size_t row = shape.out[1] - tiles.out_rows;
    ParallelFor(DivideUp(in_channels, kWinogradLanes), way,
                [&](size_t begin, size_t end, size_t lane) {
                  float* own = strips + lane * kWinogradLanes * blocks.strip;
                  std::fill_n(own, kWinogradLanes * blocks.strip, 0.0F);
                  for (size_t c = begin * kWinogradLanes;
                       c < std::min(in_channels, end * kWinogradLanes); c += kWinogradLanes) {
                    const size_t channels = std::min(kWinogradLanes, in_channels - c);
                    const float* plane = x + (batch * in_channels + c) * shape.InPixels();
                    CopyStrips(shape, blocks, channels, plane, row, tiles.rows, own);
                    kernel.to_points(tiles, channels, own, blocks.strip, in_points + c,
                                     blocks.in_step, blocks.in_line);
                  }
                });
    ParallelFor(kWinogradPoints, product, [&](size_t begin, size_t end) {
      for (size_t p = begin; p < end; ++p) {
        F32Gemm(tiles.rows * tiles.columns, out_channels, in_channels,
                in_points + p * blocks.in_step, blocks.in_line, packed + p * weights_step,
                out_points + p * blocks.out_step, blocks.out_line);
      }
    });
    ParallelFor(DivideUp(out_channels, kWinogradLanes), way, [&](size_t begin, size_t end) {
      for (size_t o = begin * kWinogradLanes; o < std::min(out_channels, end * kWinogradLanes);
           o += kWinogradLanes) {
        float* to = y + (batch * out_channels + o) * shape.OutPixels() + row * shape.out[2];
        kernel.from_points(tiles, std::min(kWinogradLanes, out_channels - o), out_points + o,
                           blocks.out_step, blocks.out_line, bias == nullptr ? nullptr : bias + o,
                           min, max, to, shape.OutPixels());
      }
    });
  }
}

}  // namespace quantab::kernels
