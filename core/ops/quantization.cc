#include "core/ops/quantization.h"

#include <algorithm>
#include <array>

#include "core/kernels/quantize/quantize.h"
#include "core/tensor/packed.h"

namespace quantab {
namespace {

template <class T>
void Quantize(size_t n, const float* x, float scale, int32_t zero, void* y) {
  const QuantizedRange range = RangeOf(DTypeOf<T>::value);
  T* out = static_cast<T*>(y);
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<T>(QuantizeOne(x[i], scale, zero, range));
}

template <class T>
void Dequantize(size_t n, const void* x, float scale, int32_t zero, float* y) {
  const T* in = static_cast<const T*>(x);
  for (size_t i = 0; i < n; ++i) y[i] = static_cast<float>(in[i] - zero) * scale;
}

}  // namespace

QuantizedRange RangeOf(DType dtype) {
  switch (dtype) {
    case DType::kUint8:
      return {0, 255};
    case DType::kInt8:
      return {-128, 127};
    case DType::kUint16:
      return {0, 65535};
    case DType::kInt16:
      return {-32768, 32767};
    case DType::kUint4:
      return {0, 15};
    case DType::kInt4:
      return {-8, 7};
    case DType::kUint2:
      return {0, 3};
    case DType::kInt2:
      return {-2, 1};
    default:
      return {0, 0};
  }
}

void QuantizeRun(size_t n, const float* x, float scale, int32_t zero, DType dtype, void* y) {
  switch (dtype) {
    case DType::kUint8:
      return kernels::QuantizeU8(n, x, scale, zero, static_cast<uint8_t*>(y));
    case DType::kInt8:
      return kernels::QuantizeS8(n, x, scale, zero, static_cast<int8_t*>(y));
    case DType::kUint16:
      return Quantize<uint16_t>(n, x, scale, zero, y);
    case DType::kInt16:
      return Quantize<int16_t>(n, x, scale, zero, y);
    default:
      ThrowInternal("QuantizeRun of a type it does not know.");
  }
}

void DequantizeRun(size_t n, const void* x, DType dtype, float scale, int32_t zero, float* y) {
  switch (dtype) {
    case DType::kUint8:
      return kernels::DequantizeU8(n, static_cast<const uint8_t*>(x), scale, zero, y);
    case DType::kInt8:
      return kernels::DequantizeS8(n, static_cast<const int8_t*>(x), scale, zero, y);
    case DType::kUint16:
      return Dequantize<uint16_t>(n, x, scale, zero, y);
    case DType::kInt16:
      return Dequantize<int16_t>(n, x, scale, zero, y);
    case DType::kInt32:
      return kernels::DequantizeS32(n, static_cast<const int32_t*>(x), scale, zero, y);
    default:
      ThrowInternal("DequantizeRun of a type it does not know.");
  }
}

std::vector<int32_t> IntegersOf(const Tensor& tensor) {
  std::vector<int32_t> values(Size(tensor.count()));
  const int bits = BitsOf(tensor.dtype());
  if (IsPacked(tensor.dtype()) && RangeOf(tensor.dtype()).high != 0) {
    const auto* packed = reinterpret_cast<const uint8_t*>(tensor.raw());
    const std::array<float, 256> numbers = ValuesOfCodes(tensor.dtype());
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<int32_t>(numbers[PackedElement(packed, bits, i)]);
    }
    return values;
  }
  const bool known = VisitArithmetic(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* data = tensor.data<T>();
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int32_t>(data[i]);
  });
  if (!known) {
    ThrowUnsupported("a tensor of type '" + std::string(NameOf(tensor.dtype())) +
                     "' cannot be read as integers.");
  }
  return values;
}

std::vector<int32_t> ZeroPoints(const Tensor* tensor) {
  if (tensor == nullptr) return {0};
  return IntegersOf(*tensor);
}

std::vector<float> NumbersOf(const Tensor& tensor) {
  std::vector<float> values(Size(tensor.count()));
  const auto* codes = reinterpret_cast<const uint8_t*>(tensor.raw());
  const int bits = BitsOf(tensor.dtype());
  const std::array<float, 256> numbers = ValuesOfCodes(tensor.dtype());
  for (size_t i = 0; i < values.size(); ++i) values[i] = numbers[PackedElement(codes, bits, i)];
  return values;
}

bool HasOneZero(const OpContext& c) {
  const Tensor* zero = c.Optional(2);
  if (zero == nullptr || zero->count() == 1) return true;
  if (zero->count() != c.Input(1).count()) c.Invalid("inputs 1 and 2 have different shapes.");
  return false;
}

const float* ScalesInput(OpContext& c, int i) {
  const Tensor& scales = c.Input(i);
  if (scales.dtype() != DType::kInt32 && scales.dtype() != DType::kFloat8E8M0) {
    return FloatInput(c, i);
  }
  float* converted = c.ScratchOf<float>(Size(scales.count()));
  if (scales.dtype() == DType::kInt32) {
    const auto integers = scales.span<int32_t>();
    std::transform(integers.begin(), integers.end(), converted,
                   [](int32_t value) { return static_cast<float>(value); });
  } else {
    std::ranges::copy(NumbersOf(scales), converted);
  }
  return converted;
}

float ScalarInput(const OpContext& c, int i) {
  const float* value = FloatInput(c, i);
  if (c.Input(i).count() != 1) {
    c.Unsupported("input " + std::to_string(i) + " has shape " + ToString(c.Input(i).shape()) +
                  ", but only a scalar is supported.");
  }
  return value[0];
}

int32_t ZeroInput(const OpContext& c, int i) {
  const Tensor* zero = c.Optional(i);
  if (zero == nullptr) return 0;
  IsSignedByte(c, i);
  if (zero->count() != 1) {
    c.Unsupported("input " + std::to_string(i) + " has shape " + ToString(zero->shape()) +
                  ", but only a scalar is supported.");
  }
  return ZeroPoints(zero)[0];
}

bool IsSignedByte(const OpContext& c, int i) {
  const DType dtype = c.Input(i).dtype();
  if (!IsByte(dtype)) UnsupportedInputType(c, i);
  return dtype == DType::kInt8;
}

ScaleLayout LayoutOfScales(const OpContext& c, const Shape& tensor, const Shape& scale) {
  ScaleLayout layout;
  const int rank = static_cast<int>(tensor.size());
  if (ElementCount(scale) == 1 && scale.size() <= 1) {
    layout.size = Size(ElementCount(tensor));
    return layout;
  }
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 1), rank);
  layout.outer = Size(CountOf(tensor, 0, axis));
  layout.size = Size(tensor[Size(axis)]);
  layout.inner = Size(CountOf(tensor, axis + 1, rank));
  bool fits;
  const int64_t block = c.attributes().Int("block_size", 0);
  if (scale.size() == 1 && block == 0) {
    layout.block = 1;
    layout.blocks = layout.size;
    fits = Size(scale[0]) == layout.size;
  } else {
    // A block larger than the dimension is the dimension.
    const int64_t most = std::max<int64_t>(tensor[Size(axis)], 1);
    layout.by_block = true;
    layout.block = Size(std::clamp<int64_t>(block, 1, most));
    layout.blocks = kernels::DivideUp(layout.size, layout.block);
    Shape expected = tensor;
    expected[Size(axis)] = static_cast<int64_t>(layout.blocks);
    fits = block >= 1 && scale == expected;
  }
  if (!fits) {
    c.Invalid("a scale of shape " + ToString(scale) + " does not fit a tensor of shape " +
              ToString(tensor) + " along axis '" + std::to_string(axis) + "'.");
  }
  return layout;
}

}  // namespace quantab
