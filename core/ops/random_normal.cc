// RandomNormal, RandomNormalLike (ai.onnx, since 1): normally distributed random numbers, of the
// shape that an attribute or the input has.
#include "core/ops/random.h"

namespace quantab {
namespace {

void Fill(OpContext& c, DType dtype, const Shape& shape) {
  const double mean = static_cast<double>(c.attributes().Float("mean", 0.0f));
  const double scale = static_cast<double>(c.attributes().Float("scale", 1.0f));
  RandomSource random(c);
  FillOutput(c, dtype, shape, [&] { return mean + scale * random.Normal(); });
}

void Compute(OpContext& c) {
  if (!c.attributes().Has("shape")) c.Invalid("attribute 'shape' is missing.");
  Fill(c, DTypeAttribute(c, DType::kFloat), c.attributes().Ints("shape"));
}

void ComputeLike(OpContext& c) {
  Fill(c, DTypeAttribute(c, c.Input(0).dtype()), c.Input(0).shape());
}

}  // namespace

QUANTAB_REGISTER(ops, random_normal) {
  r.Add({.name = "RandomNormal", .compute = Compute});
  r.Add({.name = "RandomNormalLike", .compute = ComputeLike});
}

}  // namespace quantab
