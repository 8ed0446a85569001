// Element-wise functions of one tensor without attributes; quantab.Silu is made by lowering only.
#include <cmath>

#include "core/kernels/elementwise/elementwise.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

using kernels::UnaryOp;

// Applies `f` to every element of type T.
template <class T, class F>
void Map(OpContext& c, F f) {
  const Tensor x = c.Input(0);
  Tensor& y = c.Output(0, x.dtype(), x.shape());
  const T* in = x.data<T>();
  T* out = y.mutable_data<T>();
  for (int64_t i = 0; i < x.count(); ++i) out[i] = static_cast<T>(f(in[i]));
}

// float32 through the kernel family.
void MapKernel(OpContext& c, UnaryOp op, float alpha = 0) {
  const Tensor x = c.Input(0);
  Tensor& y = c.Output(0, DType::kFloat, x.shape());
  kernels::Unary(op, Size(x.count()), x.data<float>(), y.mutable_data<float>(), alpha);
}

// A function of floating point numbers: float32 by kernel, float64 by `f`.
template <UnaryOp kOp, double (*kFunction)(double)>
void FloatOp(OpContext& c) {
  switch (c.Input(0).dtype()) {
    case DType::kFloat:
      return MapKernel(c, kOp);
    case DType::kDouble:
      return Map<double>(c, kFunction);
    default:
      UnsupportedInputType(c, 0);
  }
}

// A rarely used function, for which no kernel exists.
template <double (*kFunction)(double)>
void PlainOp(OpContext& c) {
  switch (c.Input(0).dtype()) {
    case DType::kFloat:
      return Map<float>(c, [](float x) { return kFunction(x); });
    case DType::kDouble:
      return Map<double>(c, kFunction);
    default:
      UnsupportedInputType(c, 0);
  }
}

double Exp(double x) { return std::exp(x); }
double Log(double x) { return std::log(x); }
double Sqrt(double x) { return std::sqrt(x); }
double Reciprocal(double x) { return 1 / x; }
double Erf(double x) { return std::erf(x); }
double Tanh(double x) { return std::tanh(x); }
double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double Softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }
double Softsign(double x) { return x / (1 + std::fabs(x)); }
double Mish(double x) { return x * std::tanh(Softplus(x)); }
double HardSwish(double x) { return x * std::fmax(0, std::fmin(1, x / 6 + 0.5)); }
double SiluOf(double x) { return x * Sigmoid(x); }
double Ceil(double x) { return std::ceil(x); }
double Floor(double x) { return std::floor(x); }
double Round(double x) { return std::nearbyint(x); }  // the mode is half to even everywhere
double Sin(double x) { return std::sin(x); }
double Cos(double x) { return std::cos(x); }
double Tan(double x) { return std::tan(x); }
double Asin(double x) { return std::asin(x); }
double Acos(double x) { return std::acos(x); }
double Atan(double x) { return std::atan(x); }
double Sinh(double x) { return std::sinh(x); }
double Cosh(double x) { return std::cosh(x); }
double Asinh(double x) { return std::asinh(x); }
double Acosh(double x) { return std::acosh(x); }
double Atanh(double x) { return std::atanh(x); }

void Silu(OpContext& c) {
  if (c.Input(0).dtype() == DType::kFloat) return MapKernel(c, UnaryOp::kSilu, 1);
  FloatOp<UnaryOp::kSilu, SiluOf>(c);
}

void Relu(OpContext& c) {
  if (c.Input(0).dtype() == DType::kFloat) return MapKernel(c, UnaryOp::kRelu);
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    Map<T>(c, [](T x) { return x < T{0} ? T{0} : x; });
  });
}

void Abs(OpContext& c) {
  if (c.Input(0).dtype() == DType::kFloat) return MapKernel(c, UnaryOp::kAbs);
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    Map<T>(c, [](T x) { return x < T{0} ? WrapSub(T{0}, x) : x; });
  });
}

void Neg(OpContext& c) {
  if (c.Input(0).dtype() == DType::kFloat) return MapKernel(c, UnaryOp::kNeg);
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    Map<T>(c, [](T x) {
      if constexpr (std::is_floating_point_v<T>) return -x;
      return WrapSub(T{0}, x);
    });
  });
}

void Sign(OpContext& c) {
  if (c.Input(0).dtype() == DType::kFloat) return MapKernel(c, UnaryOp::kSign);
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    Map<T>(c, [](T x) { return x > T{0} ? T{1} : x < T{0} ? static_cast<T>(-1) : x; });
  });
}

}  // namespace

QUANTAB_REGISTER(ops, unary) {
  const auto add = [&r](std::string_view name, void (*compute)(OpContext&)) {
    r.Add({.name = name, .in_place = true, .compute = compute});
  };
  add("Abs", InFloat<Abs>);
  add("Neg", InFloat<Neg>);
  add("Relu", InFloat<Relu>);
  add("Sign", InFloat<Sign>);
  add("Ceil", InFloat<FloatOp<UnaryOp::kCeil, Ceil>>);
  add("Erf", InFloat<FloatOp<UnaryOp::kErf, Erf>>);
  add("Exp", InFloat<FloatOp<UnaryOp::kExp, Exp>>);
  add("Floor", InFloat<FloatOp<UnaryOp::kFloor, Floor>>);
  add("HardSwish", InFloat<FloatOp<UnaryOp::kHardSwish, HardSwish>>);
  add("Log", InFloat<FloatOp<UnaryOp::kLog, Log>>);
  add("Mish", InFloat<FloatOp<UnaryOp::kMish, Mish>>);
  add("Reciprocal", InFloat<FloatOp<UnaryOp::kReciprocal, Reciprocal>>);
  add("Round", InFloat<FloatOp<UnaryOp::kRound, Round>>);
  add("Sigmoid", InFloat<FloatOp<UnaryOp::kSigmoid, Sigmoid>>);
  add("Softplus", InFloat<FloatOp<UnaryOp::kSoftplus, Softplus>>);
  add("Sqrt", InFloat<FloatOp<UnaryOp::kSqrt, Sqrt>>);
  add("Tanh", InFloat<FloatOp<UnaryOp::kTanh, Tanh>>);
  add("Softsign", InFloat<PlainOp<Softsign>>);
  add("Sin", InFloat<PlainOp<Sin>>);
  add("Cos", InFloat<PlainOp<Cos>>);
  add("Tan", InFloat<PlainOp<Tan>>);
  add("Asin", InFloat<PlainOp<Asin>>);
  add("Acos", InFloat<PlainOp<Acos>>);
  add("Atan", InFloat<PlainOp<Atan>>);
  add("Sinh", InFloat<PlainOp<Sinh>>);
  add("Cosh", InFloat<PlainOp<Cosh>>);
  add("Asinh", InFloat<PlainOp<Asinh>>);
  add("Acosh", InFloat<PlainOp<Acosh>>);
  add("Atanh", InFloat<PlainOp<Atanh>>);
  r.Add({.name = "Silu", .domain = "quantab", .in_place = true, .compute = InFloat<Silu>});
}

}  // namespace quantab
