// BitCast (ai.onnx, since 26): the bits of the elements read as another type of the same width.
#include "core/ops/op.h"

namespace quantab {
namespace {

// A C++ bool of another value than 0 and 1 is undefined.
void ToBool(OpContext& c, const Tensor& x) {
  Tensor& y = c.Output(0, DType::kBool, x.shape());
  for (size_t i = 0; i < x.bytes(); ++i) {
    y.mutable_raw()[i] = static_cast<std::byte>(x.raw()[i] != std::byte{0});
  }
}

void Compute(OpContext& c) {
  const Tensor x = c.Input(0);
  if (!c.attributes().Has("to")) c.Invalid("attribute 'to' is missing.");
  const auto to = static_cast<DType>(c.attributes().Int("to", 0));
  if (BitsOf(to) == 0 || BitsOf(to) != BitsOf(x.dtype())) {
    c.Invalid("elements of type '" + std::string(NameOf(x.dtype())) +
              "' do not have as many bits as '" + std::string(NameOf(to)) + "'.");
  }
  if (to == DType::kBool && x.dtype() != DType::kBool) return ToBool(c, x);
  c.SetOutput(0, Tensor(to, x.shape(), x.buffer()));
}

}  // namespace

QUANTAB_REGISTER(ops, bit_cast) { r.Add({.name = "BitCast", .since = 26, .compute = Compute}); }

}  // namespace quantab
