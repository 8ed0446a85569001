// RandomUniform, RandomUniformLike (ai.onnx, since 1): random numbers between `low` and `high`, of
// the shape that an attribute or the input has.
#include "core/ops/random.h"

namespace quantab {
namespace {

void Fill(OpContext& c, DType dtype, const Shape& shape) {
  const double low = static_cast<double>(c.attributes().Float("low", 0.0f));
  const double high = static_cast<double>(c.attributes().Float("high", 1.0f));
  RandomSource random(c);
  FillOutput(c, dtype, shape, [&] { return low + (high - low) * random.Uniform(); });
}

void Compute(OpContext& c) {
  if (!c.attributes().Has("shape")) c.Invalid("attribute 'shape' is missing.");
  Fill(c, DTypeAttribute(c, DType::kFloat), c.attributes().Ints("shape"));
}

void ComputeLike(OpContext& c) {
  Fill(c, DTypeAttribute(c, c.Input(0).dtype()), c.Input(0).shape());
}

}  // namespace

QUANTAB_REGISTER(ops, random_uniform) {
  r.Add({.name = "RandomUniform", .compute = Compute});
  r.Add({.name = "RandomUniformLike", .compute = ComputeLike});
}

}  // namespace quantab
