#include "core/ops/conv_shape.h"

#include <algorithm>

namespace quantab {

ConvGeometry MakeConv(const OpContext& c, const Shape& x, const Shape& w) {
  if (x.size() < 3 || w.size() != x.size()) {
    c.Invalid("inputs have shapes " + ToString(x) + " and " + ToString(w) +
              ", expected equal ranks of 3 or more.");
  }
  const int64_t groups = c.attributes().Int("group", 1);
  if (groups < 1 || groups > std::max<int64_t>(1, x[1]) || w[0] % groups != 0 ||
      x[1] % groups != 0 || w[1] != x[1] / groups) {
    c.Invalid("weights of shape " + ToString(w) + " and group '" + std::to_string(groups) +
              "' do not fit an input of shape " + ToString(x) + ".");
  }
  const WindowAttributes attributes = ReadWindow(c.attributes());
  const auto kernel = std::span(w).subspan(2);
  if (!attributes.kernel_shape.empty() &&
      !std::equal(kernel.begin(), kernel.end(), attributes.kernel_shape.begin(),
                  attributes.kernel_shape.end())) {
    c.Invalid("attribute 'kernel_shape' is " + ToString(attributes.kernel_shape) +
              ", but the weights have shape " + ToString(w) + ".");
  }
  const Window window = MakeWindow(c, attributes, std::span(x).subspan(2), kernel);
  ConvGeometry g;
  g.shape = window.shape;
  g.shape.batch = Size(x[0]);
  g.shape.groups = Size(groups);
  g.shape.in_channels = Size(x[1]);
  g.shape.out_channels = Size(w[0]);
  g.out = window.OutShape(x[0], w[0]);
  return g;
}

void CheckConvBias(const OpContext& c, int i, const ConvGeometry& geometry) {
  if (Size(c.Input(i).count()) != geometry.shape.out_channels) {
    c.Invalid("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
              ", expected [" + std::to_string(geometry.shape.out_channels) + "].");
  }
}

}  // namespace quantab
