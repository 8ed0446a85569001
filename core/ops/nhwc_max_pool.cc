// NhwcMaxPool (com.microsoft): MaxPool of 8-bit tensors [N,spatial...,C].
#include "core/kernels/pool_last/pool_last.h"
#include "core/ops/quantization.h"
#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  if (x.rank() < 3) {
    c.Invalid("input 0 has rank " + std::to_string(x.rank()) + ", expected 3 or more.");
  }
  const WindowAttributes attributes = ReadWindow(c.attributes());
  const auto spatial = std::span(x.shape()).subspan(1, x.shape().size() - 2);
  const Window window = MakeWindow(c, attributes, spatial, attributes.kernel_shape);
  const bool is_signed = IsSignedByte(c, 0);
  const size_t channels = Size(x.shape().back());
  Shape shape = window.OutShape(x.dim(0), 0);
  shape.erase(shape.begin() + 1);
  shape.push_back(x.shape().back());
  Tensor& y = c.Output(0, x.dtype(), shape);
  const auto* from = reinterpret_cast<const uint8_t*>(x.raw());
  auto* to = reinterpret_cast<uint8_t*>(y.mutable_raw());
  for (int64_t image = 0; image < x.dim(0); ++image) {
    kernels::MaxPoolLast(window.shape, channels, from, is_signed, to);
    from += window.shape.InPixels() * channels;
    to += window.shape.OutPixels() * channels;
  }
}

}  // namespace

QUANTAB_REGISTER(ops, nhwc_max_pool) {
  r.Add({.name = "NhwcMaxPool", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
