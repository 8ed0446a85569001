// Kernel family `f32_winograd`: float convolution by 3x3 windows one pixel apart, in a quarter of
// the multiplications.
//
// Tiles of 4 x 4 outputs are polynomial products, evaluated at the points 0, +-sqrt(1/2), +-sqrt(2)
// and infinity in each direction (Lavin and Gray, Fast Algorithms for Convolutional Neural
// Networks, 2015; the points as Barabasz et al. recommend for accuracy):
//
//   Y = A' [ sum over c of (G w[o,c] G') * (B' x[c] B) ] A,   * element by element
//
// With a matrix for each of the 36 points, the sum is 36 float products (f32_gemm), tiles x C by C
// x O. The error is about twice that of a plain sum.
#ifndef QUANTAB_CORE_KERNELS_F32_WINOGRAD_F32_WINOGRAD_H_
#define QUANTAB_CORE_KERNELS_F32_WINOGRAD_F32_WINOGRAD_H_

#include <cstddef>
#include <limits>

#include "core/kernels/dispatch.h"
#include "core/kernels/im2col/im2col.h"

namespace quantab::kernels {

inline constexpr size_t kWinogradTile = 4;     // outputs of a tile, in each direction
inline constexpr size_t kWinogradPatch = 6;    // inputs under it, and points
inline constexpr size_t kWinogradPoints = 36;  // in both directions

// Whether F32Winograd computes this shape, and faster than F32Conv would. False in a
// ReproducibleScope: ranges come from plain sums.
bool F32WinogradPays(const ConvShape& shape);

// Bytes of the weights at the points; SIZE_MAX when they are more (bytes.h).
size_t F32WinogradPackedBytes(size_t out_channels, size_t in_channels);

// w: [out_channels, in_channels, 3, 3]. packed: F32WinogradPackedBytes, aligned to 4; no overlap.
void F32WinogradPack(size_t out_channels, size_t in_channels, const float* w, float* packed);

// Bytes of scratch F32Winograd needs for this shape; SIZE_MAX when they are more.
size_t F32WinogradScratchBytes(const ConvShape& shape);

// As F32Conv (f32_conv.h), for shapes of which F32WinogradPays is true, with packed weights.
void F32Winograd(const ConvShape& shape, const float* x, const float* packed, const float* bias,
                 float* y, void* scratch, float min = -std::numeric_limits<float>::infinity(),
                 float max = std::numeric_limits<float>::infinity());

// Some rows of tiles, in all channels.
struct WinogradTiles {
  size_t rows;
  size_t columns;
  size_t input_line;   // floats between rows of the input
  size_t out_rows;     // outputs that there are, from the first tile on
  size_t out_columns;  // likewise; rows of the output are as far apart
};

inline constexpr size_t kWinogradLanes = 4;

// One kernel of the family: tiles of up to four channels, to the points and back. Point p of tile t
// (row by row) in channel c is element [p * point_step + t * tile_step + c]; all four channels'
// elements are written, or read, however many there are.
struct F32WinogradKernel {
  // x: the first tile's patch in the first channel; patches lie 4 apart, channels x_step.
  void (*to_points)(const WinogradTiles& tiles, size_t channels, const float* x, size_t x_step,
                    float* to, size_t point_step, size_t tile_step);
  // y = clamp(tile + bias, min, max); channels lie y_step apart. bias: one for each channel, or
  // null.
  void (*from_points)(const WinogradTiles& tiles, size_t channels, const float* from,
                      size_t point_step, size_t tile_step, const float* bias, float min, float max,
                      float* y, size_t y_step);
};

extern KernelFamily f32_winograd_family;
#define QUANTAB_KERNEL(name, needs) extern const F32WinogradKernel name;
#include "core/kernels/f32_winograd/kernels.inc"
#undef QUANTAB_KERNEL

}  // namespace quantab::kernels

#endif  // QUANTAB_CORE_KERNELS_F32_WINOGRAD_F32_WINOGRAD_H_
