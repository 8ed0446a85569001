// NhwcMaxPool (com.microsoft): MaxPool of 8-bit tensors [N,spatial...,C].
#include <algorithm>

#include "core/ops/types.h"
#include "core/ops/window.h"

namespace quantab {
namespace {

// `y` holds the lowest value in every element.
template <class T>
void Pool(const kernels::ConvShape& s, size_t batch, size_t channels, const T* x, T* y) {
  // Calls f(first position of the input) for the taps of an output position inside dimension `d`.
  const auto taps = [&s](size_t d, size_t out, auto f) {
    for (size_t k = 0; k < s.kernel[d]; ++k) {
      const size_t at = out * s.stride[d] + k * s.dilation[d];
      if (at >= s.pad[d] && at - s.pad[d] < s.in[d]) f(at - s.pad[d]);
    }
  };
  for (size_t b = 0; b < batch; ++b, x += s.InPixels() * channels) {
    for (size_t o0 = 0; o0 < s.out[0]; ++o0) {
      for (size_t o1 = 0; o1 < s.out[1]; ++o1) {
        for (size_t o2 = 0; o2 < s.out[2]; ++o2, y += channels) {
          taps(0, o0, [&](size_t i0) {
            taps(1, o1, [&](size_t i1) {
              taps(2, o2, [&](size_t i2) {
                const T* from = x + ((i0 * s.in[1] + i1) * s.in[2] + i2) * channels;
                for (size_t i = 0; i < channels; ++i) y[i] = std::max(y[i], from[i]);
              });
            });
          });
        }
      }
    }
  }
}

template <class T>
void Run(OpContext& c, const Tensor& x, const Window& window) {
  Shape shape = window.OutShape(x.dim(0), 0);
  shape.erase(shape.begin() + 1);
  shape.push_back(x.shape().back());
  Tensor& y = c.Output(0, x.dtype(), shape);
  T* out = y.mutable_data<T>();
  std::fill_n(out, Size(y.count()), std::numeric_limits<T>::lowest());
  Pool(window.shape, Size(x.dim(0)), Size(x.shape().back()), x.data<T>(), out);
}

void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  if (x.rank() < 3) {
    c.Invalid("input 0 has rank " + std::to_string(x.rank()) + ", expected 3 or more.");
  }
  const WindowAttributes attributes = ReadWindow(c.attributes());
  const auto spatial = std::span(x.shape()).subspan(1, x.shape().size() - 2);
  const Window window = MakeWindow(c, attributes, spatial, attributes.kernel_shape);
  if (x.dtype() == DType::kInt8) return Run<int8_t>(c, x, window);
  if (x.dtype() == DType::kUint8) return Run<uint8_t>(c, x, window);
  UnsupportedInputType(c, 0);
}

}  // namespace

QUANTAB_REGISTER(ops, nhwc_max_pool) {
  r.Add({.name = "NhwcMaxPool", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
