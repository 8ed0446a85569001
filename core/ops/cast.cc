// Cast (ai.onnx, since 1), CastLike (since 15): elements converted to another type.
#include "core/ops/cast.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/onnx/model.h"
#include "core/ops/number_text.h"
#include "core/ops/types.h"
#include "core/tensor/half.h"
#include "core/tensor/packed.h"

namespace quantab {
namespace {

// The first opset in which the type is a number, not the name of one.
constexpr int64_t kTypeNumber = 6;

// 2^63 and 2^64.
constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

template <class To, class From>
To FromFloat(From value) {
  if (std::isnan(value)) return 0;
  const double wide = static_cast<double>(value);
  if constexpr (std::is_same_v<To, uint64_t>) {
    if (wide >= kTwo64) return std::numeric_limits<uint64_t>::max();
    if (wide >= kTwo63) return static_cast<uint64_t>(wide);
  }
  if (wide >= kTwo63) return static_cast<To>(std::numeric_limits<int64_t>::max());
  if (wide < -kTwo63) return static_cast<To>(std::numeric_limits<int64_t>::min());
  return static_cast<To>(static_cast<int64_t>(value));
}

template <class To, class From>
To Convert(const From& value) {
  if constexpr (std::is_same_v<From, std::string>) {
    if constexpr (std::is_integral_v<To> && !std::is_same_v<To, bool>) {
      if (const std::optional<To> integer = IntegerOf<To>(value)) return *integer;
    }
    return Convert<To>(NumberOf(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return FromFloat<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

// What elements are read as: element `i` as a number or a text.
template <class T>
struct NumberReader {
  const T* elements;
  T operator[](size_t i) const { return elements[i]; }
};
template <float (*kWiden)(uint16_t)>
struct HalfReader {
  const uint16_t* elements;
  float operator[](size_t i) const { return kWiden(elements[i]); }
};
struct CodeReader {
  const uint8_t* elements;
  int bits;
  std::array<float, 256> values;
  float operator[](size_t i) const { return values[PackedElement(elements, bits, i)]; }
};

template <class F>
bool VisitReader(const Tensor& x, F&& f) {
  const auto* halves = reinterpret_cast<const uint16_t*>(x.raw());
  if (x.dtype() == DType::kString) return f(x.strings()), true;
  if (x.dtype() == DType::kFloat16) return f(HalfReader<HalfToFloat>{halves}), true;
  if (x.dtype() == DType::kBfloat16) return f(HalfReader<Bfloat16ToFloat>{halves}), true;
  if (HasCodes(x.dtype())) {
    const auto* codes = reinterpret_cast<const uint8_t*>(x.raw());
    return f(CodeReader{codes, BitsOf(x.dtype()), ValuesOfCodes(x.dtype())}), true;
  }
  return VisitArithmetic(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    f(NumberReader<T>{x.data<T>()});
  });
}

// How elements are written.
template <class T>
struct NumberWriter {
  T* elements;
  template <class From>
  void Set(size_t i, const From& value) {
    elements[i] = Convert<T>(value);
  }
};
template <uint16_t (*kNarrow)(float)>
struct HalfWriter {
  uint16_t* elements;
  template <class From>
  void Set(size_t i, const From& value) {
    elements[i] = kNarrow(Convert<float>(value));
  }
};
struct IntegerCodeWriter {
  uint8_t* elements;
  int bits;
  template <class From>
  void Set(size_t i, const From& value) {
    SetPackedElement(elements, bits, i, static_cast<uint8_t>(Convert<int64_t>(value)));
  }
};
struct SmallFloatWriter {
  uint8_t* elements;
  DType dtype;
  SmallFloatRounding rounding;
  template <class From>
  void Set(size_t i, const From& value) {
    SetPackedElement(elements, BitsOf(dtype), i,
                     SmallFloatCode(dtype, Convert<double>(value), rounding));
  }
};
struct TextWriter {
  std::vector<std::string>* elements;
  template <class From>
  void Set(size_t i, const From& value) {
    if constexpr (std::is_same_v<From, std::string>) {
      (*elements)[i] = value;
    } else {
      (*elements)[i] = TextOf(value);
    }
  }
};

template <class F>
bool VisitWriter(Tensor& y, SmallFloatRounding rounding, F&& f) {
  auto* halves = reinterpret_cast<uint16_t*>(y.mutable_raw());
  if (y.dtype() == DType::kString) return f(TextWriter{&y.mutable_strings()}), true;
  if (y.dtype() == DType::kFloat16) return f(HalfWriter<FloatToHalf>{halves}), true;
  if (y.dtype() == DType::kBfloat16) return f(HalfWriter<FloatToBfloat16>{halves}), true;
  if (HasCodes(y.dtype())) {
    auto* codes = reinterpret_cast<uint8_t*>(y.mutable_raw());
    if (y.bytes() > 0) std::memset(codes, 0, y.bytes());
    if (IsSmallFloat(y.dtype())) return f(SmallFloatWriter{codes, y.dtype(), rounding}), true;
    return f(IntegerCodeWriter{codes, BitsOf(y.dtype())}), true;
  }
  return VisitArithmetic(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    f(NumberWriter<T>{y.mutable_data<T>()});
  });
}

bool IsCastable(DType dtype) {
  return dtype == DType::kString || IsHalf(dtype) || HasCodes(dtype) ||
         VisitArithmetic(dtype, [](auto) {});
}

DType WantedType(const OpContext& c) {
  if (!c.attributes().Has("to")) c.Invalid("attribute 'to' is missing.");
  if (c.opset() >= kTypeNumber) return static_cast<DType>(c.attributes().Int("to", 0));
  const std::string name = c.attributes().String("to", "");
  onnx::TensorProto::DataType dtype = onnx::TensorProto::UNDEFINED;
  if (!onnx::TensorProto::DataType_Parse(name, &dtype)) {
    c.Invalid("attribute 'to' is '" + name + "', which names no type.");
  }
  return static_cast<DType>(dtype);
}

SmallFloatRounding RoundingOf(const OpContext& c) {
  SmallFloatRounding rounding;
  rounding.saturate = c.attributes().Int("saturate", 1) != 0;
  const std::string mode = c.attributes().String("round_mode", "up");
  if (mode == "down") {
    rounding.scale = ScaleRounding::kDown;
  } else if (mode == "nearest") {
    rounding.scale = ScaleRounding::kNearest;
  } else if (mode != "up") {
    c.Invalid("attribute 'round_mode' is '" + mode + "', expected 'up', 'down' or 'nearest'.");
  }
  return rounding;
}

void ComputeCast(OpContext& c) { CastTo(c, c.Input(0), WantedType(c), RoundingOf(c)); }

void ComputeCastLike(OpContext& c) { CastTo(c, c.Input(0), c.Input(1).dtype(), RoundingOf(c)); }

}  // namespace

void CastTo(OpContext& c, const Tensor& x, DType to, SmallFloatRounding rounding) {
  if (x.dtype() == to) {
    c.SetOutput(0, x);
    return;
  }
  if (!IsCastable(x.dtype()) || !IsCastable(to)) {
    c.Unsupported("a cast from '" + std::string(NameOf(x.dtype())) + "' to '" +
                  std::string(NameOf(to)) + "' is not supported.");
  }
  const size_t count = Size(x.count());
  Tensor& y = c.Output(0, to, x.shape());
  VisitReader(x, [&](const auto& reader) {
    VisitWriter(y, rounding, [&](auto writer) {
      for (size_t i = 0; i < count; ++i) writer.Set(i, reader[i]);
    });
  });
}

QUANTAB_REGISTER(ops, cast) {
  r.Add({.name = "Cast", .compute = ComputeCast});
  r.Add({.name = "CastLike", .since = 15, .compute = ComputeCastLike});
}

}  // namespace quantab
