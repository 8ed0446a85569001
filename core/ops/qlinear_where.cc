// QLinearWhere (com.microsoft): Where of 8-bit tensors that have scales of their own,
//   (condition, x, x_scale, x_zero, y, y_scale, y_zero, z_scale, z_zero)
//   z = quantize(condition ? dequantize(x) : dequantize(y)), with broadcasting.
#include <numeric>

#include "core/ops/qlinear_table.h"
#include "core/ops/quantization.h"
#include "core/ops/strided.h"

namespace quantab {
namespace {

// What the bytes of the operand at input `i` become.
Tensor TableOf(const OpContext& c, int i, const QuantizedPoint& to) {
  IsSignedByte(c, i);
  const QuantizedPoint from{ScalarInput(c, i + 1), ZeroInput(c, i + 2), c.Input(i).dtype()};
  if (!(from == to)) return QuantizedTable(DequantizedBytes(from), to);
  Tensor same(to.dtype, {256});
  auto* bytes = reinterpret_cast<uint8_t*>(same.mutable_raw());
  std::iota(bytes, bytes + 256, uint8_t{0});
  return same;
}

void Compute(OpContext& c) {
  const Tensor& condition = c.Input(0);
  if (condition.dtype() != DType::kBool) UnsupportedInputType(c, 0);
  IsSignedByte(c, 8);
  const QuantizedPoint to{ScalarInput(c, 7), ZeroInput(c, 8), c.Input(8).dtype()};
  const Tensor& x = c.Input(1);
  const Tensor& y = c.Input(4);
  const Tensor x_table = TableOf(c, 1, to), y_table = TableOf(c, 4, to);
  std::optional<Shape> shape = BroadcastShapes(x.shape(), y.shape());
  if (shape) shape = BroadcastShapes(*shape, condition.shape());
  if (!shape) {
    c.Invalid("shapes " + ToString(condition.shape()) + ", " + ToString(x.shape()) + " and " +
              ToString(y.shape()) + " cannot be broadcast together.");
  }
  StridedLoop<4> loop{
      *shape,
      {BroadcastStrides(condition.shape(), *shape), BroadcastStrides(x.shape(), *shape),
       BroadcastStrides(y.shape(), *shape), StridesOf(*shape)}};
  loop.Merge();
  const int64_t c_step = loop.strides[0].back();
  const int64_t x_step = loop.strides[1].back();
  const int64_t y_step = loop.strides[2].back();
  const bool* holds = condition.data<bool>();
  std::byte* z = c.Output(0, to.dtype, *shape).mutable_raw();
  const auto look_up = [](const Tensor& table, std::byte value) {
    return table.raw()[static_cast<size_t>(value)];
  };
  ForEachRow(loop, [&](const std::array<int64_t, 4>& at) {
    for (int64_t i = 0; i < loop.dims.back(); ++i) {
      z[at[3] + i] = holds[at[0] + i * c_step] ? look_up(x_table, x.raw()[at[1] + i * x_step])
                                               : look_up(y_table, y.raw()[at[2] + i * y_step]);
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_where) {
  r.Add({.name = "QLinearWhere", .domain = "com.microsoft", .compute = Compute});
}

}  // namespace quantab
