// DeformConv (ai.onnx, since 19): a convolution whose taps are moved by offsets, and weighted by a
// mask, that depend on the output pixel. Between elements the input is interpolated; outside it is
// 0.
#include <algorithm>
#include <cmath>

#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/ops/conv_shape.h"
#include "core/ops/half.h"

namespace quantab {
namespace {

// Output pixels whose windows are in memory at once.
constexpr size_t kBlockPixels = 64;

// A point between four elements of a plane, those that exist.
struct Corners {
  size_t count = 0;
  size_t offset[4];
  float weight[4];
};

Corners CornersAt(float row, float column, int64_t height, int64_t width) {
  Corners corners;
  const bool near = row > -1 && row < static_cast<float>(height) && column > -1 &&
                    column < static_cast<float>(width);
  if (!near) return corners;
  const float top = std::floor(row), left = std::floor(column);
  for (int i = 0; i < 4; ++i) {
    const int64_t r = static_cast<int64_t>(top) + i / 2;
    const int64_t q = static_cast<int64_t>(left) + i % 2;
    if (r < 0 || r >= height || q < 0 || q >= width) continue;
    const float down = row - top, right = column - left;
    corners.offset[corners.count] = Size(r * width + q);
    corners.weight[corners.count++] =
        (i / 2 == 0 ? 1 - down : down) * (i % 2 == 0 ? 1 - right : right);
  }
  return corners;
}

class DeformedWindows {
 public:
  DeformedWindows(const OpContext& c, const ConvGeometry& geometry)
      : shape_(geometry.shape),
        groups_(c.attributes().Int("offset_group", 1)),
        taps_(shape_.Taps()),
        pixels_(shape_.OutPixels()) {
    const auto channels = static_cast<int64_t>(shape_.in_channels);
    if (groups_ < 1 || groups_ > std::max<int64_t>(1, channels) || channels % groups_ != 0) {
      c.Invalid("attribute 'offset_group' is '" + std::to_string(groups_) +
                "', which does not divide '" + std::to_string(channels) + "' channels.");
    }
    offset_ = Checked(c, 2, geometry, 2);
    if (c.Optional(4) != nullptr) mask_ = Checked(c, 4, geometry, 1);
  }

  // Row (channel, tap) of `columns` is what that tap reads of sample `n`, whose first channel is
  // `x`, for output pixels [first, first + count).
  void Fill(size_t n, const float* x, size_t first, size_t count, float* columns) const {
    const size_t channels = shape_.in_channels / Size(groups_);
    for (size_t g = 0; g < Size(groups_); ++g) {
      for (size_t tap = 0; tap < taps_; ++tap) {
        const size_t row = (n * Size(groups_) + g) * taps_ + tap;
        for (size_t p = 0; p < count; ++p) {
          const float* offset = offset_ + 2 * row * pixels_ + first + p;
          const Corners corners = At(tap, first + p, offset[0], offset[pixels_]);
          const float mask = mask_ == nullptr ? 1 : mask_[row * pixels_ + first + p];
          for (size_t k = g * channels; k < (g + 1) * channels; ++k) {
            const float* plane = x + k * shape_.InPixels();
            float sum = 0;
            for (size_t i = 0; i < corners.count; ++i) {
              sum += corners.weight[i] * plane[corners.offset[i]];
            }
            columns[(k * taps_ + tap) * count + p] = sum * mask;
          }
        }
      }
    }
  }

 private:
  // Input `i`, `values` for each offset group, tap and output pixel.
  const float* Checked(const OpContext& c, int i, const ConvGeometry& geometry,
                       int64_t values) const {
    const float* data = FloatInput(c, i);
    Shape wanted = geometry.out;
    wanted[1] = ElementCount(Shape{groups_, static_cast<int64_t>(taps_), values});
    if (c.Input(i).shape() != wanted) {
      c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
                ", expected " + ToString(wanted) + ".");
    }
    return data;
  }

  Corners At(size_t tap, size_t pixel, float down, float right) const {
    const size_t out_width = shape_.out[2], kernel_width = shape_.kernel[2];
    const auto position = [&](size_t dim, size_t out, size_t k) {
      return static_cast<float>(
          static_cast<int64_t>(out) * static_cast<int64_t>(shape_.stride[dim]) +
          static_cast<int64_t>(k) * static_cast<int64_t>(shape_.dilation[dim]) -
          static_cast<int64_t>(shape_.pad[dim]));
    };
    return CornersAt(position(1, pixel / out_width, tap / kernel_width) + down,
                     position(2, pixel % out_width, tap % kernel_width) + right,
                     static_cast<int64_t>(shape_.in[1]), static_cast<int64_t>(shape_.in[2]));
  }

  const kernels::ConvShape& shape_;
  int64_t groups_;
  size_t taps_, pixels_;
  const float* offset_ = nullptr;
  const float* mask_ = nullptr;
};

void Compute(OpContext& c) {
  const float* x = FloatInput(c, 0);
  const float* weights = FloatInput(c, 1);
  const ConvGeometry geometry = MakeConv(c, c.Input(0).shape(), c.Input(1).shape());
  if (c.Input(0).rank() != 4) c.Unsupported("only two spatial dimensions are supported.");
  const kernels::ConvShape& s = geometry.shape;
  const float* bias = nullptr;
  if (c.Optional(3) != nullptr) {
    CheckConvBias(c, 3, geometry);
    bias = FloatInput(c, 3);
  }
  const DeformedWindows windows(c, geometry);
  Tensor& output = c.Output(0, DType::kFloat, geometry.out);
  if (output.count() == 0) return;
  float* y = output.mutable_data<float>();
  const size_t pixels = s.OutPixels(), m = s.out_channels / s.groups;
  const size_t k = s.in_channels / s.groups * s.Taps();
  const size_t block = std::min(kBlockPixels, pixels);
  float* columns = c.ScratchOf<float>(k, s.groups, block);
  auto* packed = reinterpret_cast<float*>(c.Scratch(kernels::F32GemmPackedBytes(block, k)).data());
  for (size_t n = 0; n < s.batch; ++n) {
    for (size_t first = 0; first < pixels; first += kBlockPixels) {
      const size_t count = std::min(kBlockPixels, pixels - first);
      windows.Fill(n, x + n * s.in_channels * s.InPixels(), first, count, columns);
      for (size_t g = 0; g < s.groups; ++g) {
        kernels::F32GemmPack(count, k, columns + g * k * count, count, false, packed);
        kernels::F32GemmEpilogue epilogue;
        if (bias != nullptr) epilogue.row_bias = bias + g * m;
        kernels::F32Gemm(m, count, k, weights + g * m * k, k, packed,
                         y + (n * s.out_channels + g * m) * pixels + first, pixels, epilogue);
      }
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, deform_conv) {
  r.Add({.name = "DeformConv", .since = 19, .compute = InFloat<Compute>});
}

}  // namespace quantab
