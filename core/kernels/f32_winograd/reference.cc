#include <algorithm>

#include "core/kernels/f32_winograd/f32_winograd.h"

namespace quantab::kernels {
namespace {

constexpr float kRootHalf = 0.70710678F;
constexpr float kRootTwo = 1.41421356F;

constexpr float kInput[kWinogradPatch][kWinogradPatch] = {
    // B'
    {1, 0, -2.5F, 0, 1, 0},
    {0, -kRootTwo, -2, kRootHalf, 1, 0},
    {0, kRootTwo, -2, -kRootHalf, 1, 0},
    {0, -kRootHalf, -0.5F, kRootTwo, 1, 0},
    {0, kRootHalf, -0.5F, -kRootTwo, 1, 0},
    {0, 1, 0, -2.5F, 0, 1},
};

constexpr float kOutput[kWinogradTile][kWinogradPatch] = {
    // A'
    {1, 1, 1, 1, 1, 0},
    {0, kRootHalf, -kRootHalf, kRootTwo, -kRootTwo, 0},
    {0, 0.5F, 0.5F, 2, 2, 0},
    {0, kRootHalf / 2, -kRootHalf / 2, 2 * kRootTwo, -2 * kRootTwo, 1},
};

// to = m * from * m', `from` a patch of which element (i, j) is from[i * line + j * step].
template <size_t kTo>
void Transform(const float (&m)[kTo][kWinogradPatch], const float* from, size_t line, size_t step,
               float (&to)[kTo][kTo]) {
  for (size_t a = 0; a < kTo; ++a) {
    for (size_t b = 0; b < kTo; ++b) {
      float sum = 0;
      for (size_t i = 0; i < kWinogradPatch; ++i) {
        for (size_t j = 0; j < kWinogradPatch; ++j) {
          sum += m[a][i] * m[b][j] * from[i * line + j * step];
        }
      }
      to[a][b] = sum;
    }
  }
}

void ToPoints(const WinogradTiles& tiles, size_t channels, const float* x, size_t x_step, float* to,
              size_t point_step, size_t tile_step) {
  for (size_t t = 0; t < tiles.rows * tiles.columns; ++t) {
    const size_t patch = t / tiles.columns * tiles.input_line + t % tiles.columns;
    for (size_t c = 0; c < kWinogradLanes; ++c) {
      const float* from = x + std::min(c, channels - 1) * x_step + patch * kWinogradTile;
      float points[kWinogradPatch][kWinogradPatch];
      Transform(kInput, from, tiles.input_line, 1, points);
      for (size_t p = 0; p < kWinogradPoints; ++p) {
        to[p * point_step + t * tile_step + c] = points[p / kWinogradPatch][p % kWinogradPatch];
      }
    }
  }
}

void FromPoints(const WinogradTiles& tiles, size_t channels, const float* from, size_t point_step,
                size_t tile_step, const float* bias, float min, float max, float* y,
                size_t y_step) {
  for (size_t t = 0; t < tiles.rows * tiles.columns; ++t) {
    const size_t row = t / tiles.columns * kWinogradTile;
    const size_t column = t % tiles.columns * kWinogradTile;
    for (size_t c = 0; c < channels; ++c) {
      float tile[kWinogradTile][kWinogradTile];
      Transform(kOutput, from + t * tile_step + c, kWinogradPatch * point_step, point_step, tile);
      for (size_t i = 0; i < std::min(kWinogradTile, tiles.out_rows - row); ++i) {
        for (size_t j = 0; j < std::min(kWinogradTile, tiles.out_columns - column); ++j) {
          float value = tile[i][j] + (bias == nullptr ? 0 : bias[c]);
          if (value < min) value = min;
          if (value > max) value = max;
          y[c * y_step + (row + i) * tiles.out_columns + column + j] = value;
        }
      }
    }
  }
}

}  // namespace

const F32WinogradKernel f32_winograd_reference = {ToPoints, FromPoints};

}  // namespace quantab::kernels
