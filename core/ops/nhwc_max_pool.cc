// NhwcMaxPool (com.microsoft): MaxPool of 8-bit tensors [N,spatial...,C]. Lowering makes it with
// domain quantab too, of floating-point ones.
#include "core/kernels/pool_last/pool_last.h"
#include "core/ops/half.h"
#include "core/ops/quantization.h"
#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {
namespace {

// The output, and pool(window, channels, number of the first element in, in the output) for each
// image.
template <class Pool>
void ForEachImage(OpContext& c, const Tensor& x, const Pool& pool) {
  if (x.rank() < 3) {
    c.Invalid("input 0 has rank " + std::to_string(x.rank()) + ", expected 3 or more.");
  }
  const WindowAttributes attributes = ReadWindow(c.attributes());
  const auto spatial = std::span(x.shape()).subspan(1, x.shape().size() - 2);
  const Window window = MakeWindow(c, attributes, spatial, attributes.kernel_shape);
  const size_t channels = Size(x.shape().back());
  Shape shape = window.OutShape(x.dim(0), 0);
  shape.erase(shape.begin() + 1);
  shape.push_back(x.shape().back());
  Tensor& y = c.Output(0, x.dtype(), shape);
  for (size_t image = 0; image < Size(x.dim(0)); ++image) {
    pool(window.shape, channels, image * window.shape.InPixels() * channels, y,
         image * window.shape.OutPixels() * channels);
  }
}

void Compute(OpContext& c) {
  const bool is_signed = IsSignedByte(c, 0);
  const Tensor x = c.Input(0);
  ForEachImage(
      c, x,
      [&](const kernels::ConvShape& shape, size_t channels, size_t from, Tensor& y, size_t to) {
        kernels::MaxPoolLast(shape, channels, reinterpret_cast<const uint8_t*>(x.raw()) + from,
                             is_signed, reinterpret_cast<uint8_t*>(y.mutable_raw()) + to);
      });
}

void ComputeFloat(OpContext& c) {
  const float* data = FloatInput(c, 0);
  const Tensor x = c.Input(0);
  ForEachImage(
      c, x,
      [&](const kernels::ConvShape& shape, size_t channels, size_t from, Tensor& y, size_t to) {
        kernels::MaxPoolLastF32(shape, channels, data + from, y.mutable_data<float>() + to);
      });
}

}  // namespace

QUANTAB_REGISTER(ops, nhwc_max_pool) {
  r.Add({.name = "NhwcMaxPool", .domain = "com.microsoft", .compute = Compute});
  r.Add({.name = "NhwcMaxPool", .domain = "quantab", .compute = InFloat<ComputeFloat>});
}

}  // namespace quantab
