#include "core/ops/window.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

std::vector<int64_t> Filled(const OpContext& c, const char* name,
                            const std::vector<int64_t>& values, size_t count, int64_t otherwise,
                            int64_t least) {
  if (values.empty()) return std::vector<int64_t>(count, otherwise);
  if (values.size() != count) {
    c.Invalid("attribute '" + std::string(name) + "' has " + std::to_string(values.size()) +
              " values, expected " + std::to_string(count) + ".");
  }
  for (int64_t value : values) {
    if (value < least || value > kMostPositions) {
      c.Invalid("attribute '" + std::string(name) + "' holds '" + std::to_string(value) +
                "', expected '" + std::to_string(least) + "' to '" +
                std::to_string(kMostPositions) + "'.");
    }
  }
  return values;
}

}  // namespace

WindowAttributes ReadWindow(const Attributes& attributes) {
  return {.kernel_shape = attributes.Ints("kernel_shape"),
          .strides = attributes.Ints("strides"),
          .dilations = attributes.Ints("dilations"),
          .pads = attributes.Ints("pads"),
          .auto_pad = attributes.String("auto_pad", "NOTSET"),
          .ceil_mode = attributes.Int("ceil_mode", 0) != 0};
}

Shape Window::OutShape(int64_t batch, int64_t channels) const {
  Shape out = {batch, channels};
  for (int i = 3 - dims; i < 3; ++i) out.push_back(static_cast<int64_t>(shape.out[Size(i)]));
  return out;
}

void CheckPositions(const OpContext& c, int64_t positions) {
  if (positions <= kMostPositions) return;
  c.Unsupported("a spatial dimension with its padding, or a window, has '" +
                std::to_string(positions) + "' positions, but at most '" +
                std::to_string(kMostPositions) + "' are supported.");
}

Window MakeWindow(const OpContext& c, const WindowAttributes& attributes,
                  std::span<const int64_t> in, std::span<const int64_t> kernel) {
  const size_t n = in.size();
  if (n < 1 || n > 3) {
    c.Unsupported(std::to_string(n) + " spatial dimensions are not supported, only 1 to 3.");
  }
  if (kernel.size() != n) {
    c.Invalid("the window has " + std::to_string(kernel.size()) + " dimensions, expected " +
              std::to_string(n) + ".");
  }
  const auto strides = Filled(c, "strides", attributes.strides, n, 1, 1);
  const auto dilations = Filled(c, "dilations", attributes.dilations, n, 1, 1);
  const auto pads = Filled(c, "pads", attributes.pads, 2 * n, 0, 0);
  const std::string& mode = attributes.auto_pad;
  const bool same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (!same && mode != "NOTSET" && mode != "VALID") {
    c.Invalid("attribute 'auto_pad' is '" + mode + "'.");
  }

  Window window;
  window.dims = static_cast<int>(n);
  for (size_t i = 0; i < n; ++i) {
    const size_t to = 3 - n + i;
    if (kernel[i] < 1) c.Invalid("the window is empty.");
    CheckPositions(c, kernel[i]);
    CheckPositions(c, in[i]);
    const int64_t reach = dilations[i] * (kernel[i] - 1) + 1;
    int64_t begin = mode == "NOTSET" ? pads[i] : 0;
    int64_t end = mode == "NOTSET" ? pads[n + i] : 0;
    int64_t out = 0;
    if (same) {
      out = (in[i] + strides[i] - 1) / strides[i];
      const int64_t total = std::max<int64_t>(0, (out - 1) * strides[i] + reach - in[i]);
      begin = mode == "SAME_LOWER" ? total - total / 2 : total / 2;
      end = total - begin;
    } else {
      const int64_t room = in[i] + begin + end - reach;
      if (room < 0) {
        c.Invalid("a window of size '" + std::to_string(reach) + "' does not fit an input of '" +
                  std::to_string(in[i]) + "'.");
      }
      out = room / strides[i] + 1;
      if (attributes.ceil_mode && room % strides[i] != 0) {
        // A further window, unless it would begin past the input and its first padding.
        if (out * strides[i] < in[i] + begin) ++out;
      }
    }
    CheckPositions(c, in[i] + begin + end);
    CheckPositions(c, out == 0 ? 0 : (out - 1) * strides[i] + reach);
    window.shape.in[to] = Size(in[i]);
    window.shape.kernel[to] = Size(kernel[i]);
    window.shape.out[to] = Size(out);
    window.shape.stride[to] = Size(strides[i]);
    window.shape.dilation[to] = Size(dilations[i]);
    window.shape.pad[to] = Size(begin);
    window.pad_end[to] = Size(end);
  }
  return window;
}

Window MakePoolWindow(const OpContext& c) {
  const WindowAttributes attributes = ReadWindow(c.attributes());
  const Tensor& x = c.Input(0);
  if (x.rank() < 3)
    c.Invalid("input 0 has rank " + std::to_string(x.rank()) + ", expected 3 or more.");
  return MakeWindow(c, attributes, std::span(x.shape()).subspan(2), attributes.kernel_shape);
}

size_t PlaneGrain(const kernels::ConvShape& shape) {
  return GrainFor(kernels::SaturatingMul(shape.OutPixels(), shape.Taps()));
}

}  // namespace quantab
