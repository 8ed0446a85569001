// QLinearSoftmax (com.microsoft): softmax of 8-bit tensors,
//   y = saturate(round_half_even(softmax(dequantize(x)) * floor(1 / y_scale)) + y_zero)
//   (x, x_scale, x_zero, y_scale, y_zero)
// Attribute 'opset' says which Softmax of ai.onnx it is: up to 12 the dimensions from `axis` on are
// one row, from 13 on `axis` alone is. The zero point of x cancels out.
#include <array>

#include "core/ops/quantization.h"

namespace quantab {
namespace {

// exp((i - 255) * x_scale): of a value that is 255 - i steps below the largest one.
using Exponentials = std::array<float, 256>;

Exponentials MakeExponentials(float x_scale) {
  Exponentials table{};
  for (size_t i = 0; i < table.size(); ++i) {
    table[i] =
        static_cast<float>(std::exp((static_cast<double>(i) - 255) * static_cast<double>(x_scale)));
  }
  return table;
}

// How a row's values become 8-bit ones.
struct Target {
  float steps;  // between 0 and 1
  int32_t zero;
};

// `count` values, `step` apart.
template <class T>
void SoftmaxRow(const Exponentials& table, size_t count, size_t step, const Target& to, const T* x,
                T* y) {
  int32_t largest = std::numeric_limits<T>::min();
  for (size_t i = 0; i < count; ++i) largest = std::max<int32_t>(largest, x[i * step]);
  const auto exponential = [&](size_t i) { return table[Size(255 - largest + x[i * step])]; };
  float sum = 0;
  for (size_t i = 0; i < count; ++i) sum += exponential(i);
  const QuantizedRange range = RangeOf(DTypeOf<T>::value);
  for (size_t i = 0; i < count; ++i) {
    y[i * step] =
        static_cast<T>(QuantizeOne(exponential(i) * to.steps / sum, 1.0f, to.zero, range));
  }
}

template <class T>
void Run(OpContext& c) {
  const Tensor x = c.Input(0);
  const bool flattens = c.attributes().Int("opset", 13) < 13;
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", -1), x.rank());
  const size_t outer = Size(CountOf(x.shape(), 0, axis));
  const size_t count = Size(flattens ? CountOf(x.shape(), axis, x.rank()) : x.dim(axis));
  const size_t inner = flattens ? 1 : Size(CountOf(x.shape(), axis + 1, x.rank()));
  const Exponentials table = MakeExponentials(ScalarInput(c, 1));
  const Target to{std::floor(1.0f / ScalarInput(c, 3)), ZeroInput(c, 4)};
  T* y = c.Output(0, x.dtype(), x.shape()).mutable_data<T>();
  for (size_t o = 0; o < outer; ++o) {
    for (size_t i = 0; i < inner; ++i) {
      const size_t at = o * count * inner + i;
      SoftmaxRow(table, count, inner, to, x.data<T>() + at, y + at);
    }
  }
}

void Compute(OpContext& c) {
  const bool is_signed = IsSignedByte(c, 0);
  if (c.Optional(4) != nullptr && IsSignedByte(c, 4) != is_signed) {
    c.Invalid("inputs 0 and 4 have different types.");
  }
  is_signed ? Run<int8_t>(c) : Run<uint8_t>(c);
}

}  // namespace

QUANTAB_REGISTER(ops, qlinear_softmax) {
  r.Add(
      {.name = "QLinearSoftmax", .domain = "com.microsoft", .in_place = true, .compute = Compute});
}

}  // namespace quantab
