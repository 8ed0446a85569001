// Crop (ai.onnx, experimental: withdrawn after opset 9, but ONNX Runtime still runs files that have
// it): an image [n, c, h, w] without its border (left, top, right, bottom); with `scale`, the
// (height, width) that begins at left and top.
#include <cstring>

#include "core/ops/types.h"

namespace quantab {
namespace {

// Where a side begins and how long it is afterwards.
struct Side {
  int64_t begin = 0, size = 0;
};

Side SideOf(const OpContext& c, int64_t size, int64_t before, int64_t after, int64_t wanted) {
  const bool fits = before >= 0 && after >= 0 && before <= size && after <= size - before;
  const int64_t left = fits ? (wanted >= 0 ? wanted : size - before - after) : -1;
  if (!fits || left > size - before) {
    c.Invalid("the border does not fit an input of shape " + ToString(c.Input(0).shape()) + ".");
  }
  return {before, left};
}

void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  const std::vector<int64_t> border = c.attributes().Ints("border");
  const std::vector<int64_t> scale = c.attributes().Ints("scale", {-1, -1});
  if (x.rank() != 4 || border.size() != 4 || scale.size() != 2 || BitsOf(x.dtype()) % 8 != 0 ||
      BitsOf(x.dtype()) == 0) {
    c.Invalid("an image of rank 4, a 'border' of 4 values and a 'scale' of 2 are expected.");
  }
  const Side h = SideOf(c, x.dim(2), border[1], border[3], scale[0]);
  const Side w = SideOf(c, x.dim(3), border[0], border[2], scale[1]);
  const size_t element = SizeOf(x.dtype());
  Tensor& y = c.Output(0, x.dtype(), {x.dim(0), x.dim(1), h.size, w.size});
  if (y.count() == 0) return;
  const size_t row = Size(w.size) * element;
  std::byte* to = y.mutable_raw();
  for (int64_t plane = 0; plane < x.dim(0) * x.dim(1); ++plane) {
    for (int64_t i = 0; i < h.size; ++i) {
      const int64_t from = (plane * x.dim(2) + h.begin + i) * x.dim(3) + w.begin;
      std::memcpy(to, x.raw() + Size(from) * element, row);
      to += row;
    }
  }
}

}  // namespace

QUANTAB_REGISTER(ops, crop) { r.Add({.name = "Crop", .compute = Compute}); }

}  // namespace quantab
