// ConvTranspose (ai.onnx): the gradient of Conv, as a matrix product for each group and block of
// input pixels, and a scatter of its rows into the output.
//   columns[(o,tap), p] = sum over c of w[c,o,tap] * x[c,p];  y[o, p * stride - pad + tap *
//   dilation] +=
#include <algorithm>

#include "core/kernels/f32_gemm/f32_gemm.h"
#include "core/kernels/transpose/transpose.h"
#include "core/ops/half.h"
#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {
namespace {

// Floats of columns made at a time: 256 KiB, about half of a small second-level cache.
constexpr size_t kBlockFloats = 64 * 1024;

struct Geometry {
  int dims = 0;
  size_t batch, groups, in_channels, out_channels;  // channels of all groups
  std::array<size_t, 3> in = {1, 1, 1}, kernel = {1, 1, 1}, out = {1, 1, 1};
  std::array<int64_t, 3> stride = {1, 1, 1}, dilation = {1, 1, 1}, pad = {0, 0, 0};
  Shape shape;
};

Geometry MakeGeometry(const OpContext& c, const Shape& x, const Shape& w) {
  if (x.size() < 3 || x.size() > 5 || w.size() != x.size()) {
    c.Invalid("inputs have shapes " + ToString(x) + " and " + ToString(w) +
              ", expected equal ranks of 3 to 5.");
  }
  const WindowAttributes attributes = ReadWindow(c.attributes());
  const size_t n = x.size() - 2;
  const auto values = [&](const char* name, std::vector<int64_t> list, size_t count,
                          int64_t otherwise) {
    if (list.empty()) list.assign(count, otherwise);
    bool right = list.size() == count;
    for (int64_t value : list) right = right && value >= otherwise && value <= kMostPositions;
    if (!right) c.Invalid("attribute '" + std::string(name) + "' does not fit the input.");
    return list;
  };
  const auto strides = values("strides", attributes.strides, n, 1);
  const auto dilations = values("dilations", attributes.dilations, n, 1);
  const auto pads = values("pads", attributes.pads, 2 * n, 0);
  const auto extra = values("output_padding", c.attributes().Ints("output_padding"), n, 0);
  const auto wanted = c.attributes().Ints("output_shape");
  const bool same = attributes.auto_pad == "SAME_UPPER" || attributes.auto_pad == "SAME_LOWER";

  Geometry g;
  g.dims = static_cast<int>(n);
  g.batch = Size(x[0]);
  const int64_t groups = c.attributes().Int("group", 1);
  if (groups < 1 || groups > std::max<int64_t>(1, x[1]) || w[0] != x[1] || x[1] % groups != 0) {
    c.Invalid("weights of shape " + ToString(w) + " and group '" + std::to_string(groups) +
              "' do not fit an input of shape " + ToString(x) + ".");
  }
  if (w[1] > kMostPositions / groups) {
    c.Unsupported("'" + std::to_string(groups) + "' groups of '" + std::to_string(w[1]) +
                  "' output channels are more than '" + std::to_string(kMostPositions) +
                  "' channels, which are not supported.");
  }
  g.groups = Size(groups);
  g.in_channels = Size(x[1]);
  g.out_channels = Size(w[1] * groups);
  if (!wanted.empty() && wanted.size() != n && wanted.size() != n + 2) {
    c.Invalid("attribute 'output_shape' has " + std::to_string(wanted.size()) + " values.");
  }
  for (int64_t value : wanted) {
    if (value >= 0 && value <= kMostPositions) continue;
    c.Invalid("attribute 'output_shape' holds '" + std::to_string(value) + "', expected '0' to '" +
              std::to_string(kMostPositions) + "'.");
  }
  g.shape = {x[0], static_cast<int64_t>(g.out_channels)};
  for (size_t i = 0; i < n; ++i) {
    const size_t to = 3 - n + i;
    if (w[i + 2] < 1) c.Invalid("the window is empty.");
    CheckPositions(c, x[i + 2]);
    CheckPositions(c, w[i + 2]);
    const int64_t reach = dilations[i] * (w[i + 2] - 1) + 1;
    const int64_t full = strides[i] * (x[i + 2] - 1) + extra[i] + reach;
    int64_t begin = pads[i], out = full - pads[i] - pads[n + i];
    if (!wanted.empty() || same) {
      out = wanted.empty() ? x[i + 2] * strides[i] : wanted[wanted.size() - n + i];
      const int64_t total = std::max<int64_t>(0, full - out);
      begin = attributes.auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
    } else if (attributes.auto_pad == "VALID") {
      begin = 0;
      out = full;
    }
    if (out < 0) c.Invalid("the padding is larger than the output.");
    CheckPositions(c, out);
    g.in[to] = Size(x[i + 2]);
    g.kernel[to] = Size(w[i + 2]);
    g.out[to] = Size(out);
    g.stride[to] = strides[i];
    g.dilation[to] = dilations[i];
    g.pad[to] = begin;
    g.shape.push_back(out);
  }
  return g;
}

// Adds one row of products, of input pixels [first, first + count), to an output plane, for one
// tap.
void Scatter(const Geometry& g, const std::array<size_t, 3>& tap, size_t first, size_t count,
             const float* row, float* plane) {
  std::array<int64_t, 3> shift;
  for (size_t d = 0; d < 3; ++d) {
    shift[d] = static_cast<int64_t>(tap[d]) * g.dilation[d] - g.pad[d];
  }
  const auto inside = [&](size_t d, int64_t at) {
    return at >= 0 && at < static_cast<int64_t>(g.out[d]);
  };
  while (count > 0) {
    const size_t i0 = first / g.in[2] / g.in[1], i1 = first / g.in[2] % g.in[1];
    const size_t i2 = first % g.in[2];
    const size_t run = std::min(count, g.in[2] - i2);  // up to the end of the line
    const int64_t o0 = static_cast<int64_t>(i0) * g.stride[0] + shift[0];
    const int64_t o1 = static_cast<int64_t>(i1) * g.stride[1] + shift[1];
    if (inside(0, o0) && inside(1, o1)) {
      float* line = plane + (Size(o0) * g.out[1] + Size(o1)) * g.out[2];
      for (size_t i = 0; i < run; ++i) {
        const int64_t o2 = static_cast<int64_t>(i2 + i) * g.stride[2] + shift[2];
        if (inside(2, o2)) line[o2] += row[i];
      }
    }
    first += run;
    count -= run;
    row += run;
  }
}

// Adds what `count` input pixels give to the planes of one group. `columns` are their products: a
// row of `count` for each output channel and tap.
void ScatterGroup(const Geometry& g, size_t first, size_t count, const float* columns,
                  float* planes) {
  const size_t out_pixels = g.out[0] * g.out[1] * g.out[2];
  for (size_t o = 0; o < g.out_channels / g.groups; ++o, planes += out_pixels) {
    std::array<size_t, 3> tap;
    for (tap[0] = 0; tap[0] < g.kernel[0]; ++tap[0]) {
      for (tap[1] = 0; tap[1] < g.kernel[1]; ++tap[1]) {
        for (tap[2] = 0; tap[2] < g.kernel[2]; ++tap[2], columns += count) {
          Scatter(g, tap, first, count, columns, planes);
        }
      }
    }
  }
}

void Compute(OpContext& c) {
  const float* x = FloatInput(c, 0);
  const float* w = FloatInput(c, 1);
  const Geometry g = MakeGeometry(c, c.Input(0).shape(), c.Input(1).shape());
  const float* bias = c.Optional(2) == nullptr ? nullptr : FloatInput(c, 2);
  if (bias && Size(c.Input(2).count()) != g.out_channels) {
    c.Invalid("input 2 has shape " + ToString(c.Input(2).shape()) + ", expected [" +
              std::to_string(g.out_channels) + "].");
  }
  const size_t pixels = g.in[0] * g.in[1] * g.in[2];
  const size_t taps = g.kernel[0] * g.kernel[1] * g.kernel[2];
  const size_t out_pixels = g.out[0] * g.out[1] * g.out[2];
  const size_t in_group = g.in_channels / g.groups, out_group = g.out_channels / g.groups;
  Tensor& output = c.Output(0, DType::kFloat, g.shape);
  if (output.count() == 0) return;
  float* y = output.mutable_data<float>();
  const size_t rows = kernels::SaturatingMul(out_group, taps);
  const size_t depth = std::max(rows, in_group);
  const size_t fitting = kBlockFloats / std::max<size_t>(1, depth);
  const size_t block = std::min(pixels, std::max(fitting, kernels::kF32GemmPanel));
  float* turned = c.ScratchOf<float>(rows, in_group);  // w of a group, output channels first
  auto* packed =
      reinterpret_cast<float*>(c.Scratch(kernels::F32GemmPackedBytes(block, in_group)).data());
  float* columns = c.ScratchOf<float>(rows, block);
  for (size_t b = 0; b < g.batch; ++b) {
    for (size_t group = 0; group < g.groups; ++group) {
      const float* in = x + (b * g.in_channels + group * in_group) * pixels;
      float* planes = y + (b * g.out_channels + group * out_group) * out_pixels;
      for (size_t o = 0; o < out_group; ++o) {
        std::fill_n(planes + o * out_pixels, out_pixels, bias ? bias[group * out_group + o] : 0.0f);
      }
      kernels::Transpose2D(in_group, rows, sizeof(float), w + group * in_group * rows, rows, turned,
                           in_group);
      for (size_t first = 0; first < pixels; first += block) {
        const size_t count = std::min(block, pixels - first);
        kernels::F32GemmPack(count, in_group, in + first, pixels, false, packed);
        kernels::F32Gemm(rows, count, in_group, turned, in_group, packed, columns, count);
        ScatterGroup(g, first, count, columns, planes);
      }
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, conv_transpose) {
  r.Add({.name = "ConvTranspose", .compute = InFloat<Compute>});
}

}  // namespace quantab
