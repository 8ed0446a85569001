// QLinearConcat (com.microsoft): y_scale, y_zero, then x, x_scale, x_zero for each input. Inputs
// are brought to the output's scale by a table of 256 bytes, or copied where they have it.
#include "core/ops/join.h"
#include "core/ops/qlinear_table.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const int count = (c.input_count() - 2) / 3;
  if (count < 1 || c.input_count() != 2 + 3 * count) {
    c.Invalid("has " + std::to_string(c.input_count()) +
              " inputs, expected 2 and 3 for each tensor.");
  }
  IsSignedByte(c, 1);
  const QuantizedPoint to{ScalarInput(c, 0), ZeroInput(c, 1), c.Input(1).dtype()};
  std::vector<Shape> parts;
  for (int i = 0; i < count; ++i) parts.push_back(c.Input(2 + 3 * i).shape());
  const int rank = static_cast<int>(parts.front().size());
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), rank);
  const Shape shape = JoinedShape(c, parts, axis);
  Tensor& y = c.Output(0, to.dtype, shape);
  const size_t outer = Size(CountOf(shape, 0, axis));
  const size_t row = Size(CountOf(shape, axis, rank));
  size_t offset = 0;
  for (int i = 0; i < count; ++i) {
    const int input = 2 + 3 * i;
    IsSignedByte(c, input);
    const Tensor& x = c.Input(input);
    const QuantizedPoint from{ScalarInput(c, input + 1), ZeroInput(c, input + 2), x.dtype()};
    const size_t part = Size(CountOf(x.shape(), axis, rank));
    const Tensor table = from == to ? Tensor() : QuantizedTable(DequantizedBytes(from), to);
    if (part > 0) LookUpRows(outer, part, x.raw(), table, y.mutable_raw() + offset, row);
    offset += part;
  }
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_concat) {
  r.Add({.name = "QLinearConcat", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
