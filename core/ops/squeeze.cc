// Squeeze, Unsqueeze (ai.onnx, since 1): dimensions of size 1 removed or inserted. The axes are an
// attribute up to opset 12, an input from 13 on.
#include <algorithm>

#include "core/ops/op.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int64_t kLastAxesAttribute = 12;

void Squeeze(OpContext& c) {
  const Tensor& x = c.Input(0);
  const std::vector<int> axes =
      NormalizeAxes(c, AttributeOrInput(c, "axes", 1, kLastAxesAttribute), x.rank());
  const bool all =
      c.opset() <= kLastAxesAttribute ? !c.attributes().Has("axes") : c.Optional(1) == nullptr;
  Shape shape;
  for (int i = 0; i < x.rank(); ++i) {
    const bool named = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (named && x.dim(i) != 1) {
      c.Invalid("dimension " + std::to_string(i) + " of shape " + ToString(x.shape()) +
                " is not 1 and cannot be removed.");
    }
    if (!(named || (all && x.dim(i) == 1))) shape.push_back(x.dim(i));
  }
  c.SetOutput(0, x.Reshaped(std::move(shape)));
}

void Unsqueeze(OpContext& c) {
  const Tensor& x = c.Input(0);
  const std::vector<int64_t> given = AttributeOrInput(c, "axes", 1, kLastAxesAttribute);
  const int rank = x.rank() + static_cast<int>(given.size());
  Shape shape(Size(rank), 0);
  for (int axis : NormalizeAxes(c, given, rank)) shape[Size(axis)] = 1;
  auto next = x.shape().begin();
  for (int64_t& dim : shape) {
    if (dim == 0) dim = *next++;
  }
  c.SetOutput(0, x.Reshaped(std::move(shape)));
}

}  // namespace

QUANTAB_REGISTER(ops, squeeze) {
  r.Add({.name = "Squeeze", .compute = Squeeze});
  r.Add({.name = "Unsqueeze", .compute = Unsqueeze});
}

}  // namespace quantab
