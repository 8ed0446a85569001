// Cast (ai.onnx, since 6), CastLike (since 15): elements converted to another type.
#include "core/ops/cast.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "core/ops/types.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

// float16 and bfloat16 elements as they are stored.
struct Half {
  uint16_t bits;
};
struct Bfloat16 {
  uint16_t bits;
};

template <class F>
bool VisitCastable(DType dtype, F&& f) {
  if (dtype == DType::kFloat16) return f(Half{}), true;
  if (dtype == DType::kBfloat16) return f(Bfloat16{}), true;
  return VisitArithmetic(dtype, f);
}

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
To Convert(From value) {
  if constexpr (std::is_same_v<From, Half>) {
    return Convert<To>(HalfToFloat(value.bits));
  } else if constexpr (std::is_same_v<From, Bfloat16>) {
    return Convert<To>(Bfloat16ToFloat(value.bits));
  } else if constexpr (std::is_same_v<To, Half>) {
    return Half{FloatToHalf(static_cast<float>(value))};
  } else if constexpr (std::is_same_v<To, Bfloat16>) {
    return Bfloat16{FloatToBfloat16(static_cast<float>(value))};
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return FromFloat<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

[[noreturn]] void UnsupportedCast(const OpContext& c, DType from, DType to) {
  c.Unsupported("a cast from '" + std::string(NameOf(from)) + "' to '" + std::string(NameOf(to)) +
                "' is not supported.");
}

void ComputeCast(OpContext& c) {
  if (!c.attributes().Has("to")) c.Invalid("attribute 'to' is missing.");
  CastTo(c, c.Input(0), static_cast<DType>(c.attributes().Int("to", 0)));
}

void ComputeCastLike(OpContext& c) { CastTo(c, c.Input(0), c.Input(1).dtype()); }

}  // namespace

void CastTo(OpContext& c, const Tensor& x, DType to) {
  if (x.dtype() == to) {
    c.SetOutput(0, x);
    return;
  }
  if (!VisitCastable(x.dtype(), [](auto) {}) || !VisitCastable(to, [](auto) {})) {
    UnsupportedCast(c, x.dtype(), to);
  }
  const std::byte* from_bytes = x.raw();
  const int64_t count = x.count();
  std::byte* to_bytes = c.Output(0, to, x.shape()).mutable_raw();
  VisitCastable(x.dtype(), [&](auto from_zero) {
    VisitCastable(to, [&](auto to_zero) {
      using From = decltype(from_zero);
      using To = decltype(to_zero);
      const From* source = reinterpret_cast<const From*>(from_bytes);
      To* target = reinterpret_cast<To*>(to_bytes);
      for (int64_t i = 0; i < count; ++i) target[i] = Convert<To>(source[i]);
    });
  });
}

QUANTAB_REGISTER(ops, cast) {
  r.Add({.name = "Cast", .since = 6, .compute = ComputeCast});
  r.Add({.name = "CastLike", .since = 15, .compute = ComputeCastLike});
}

}  // namespace quantab
