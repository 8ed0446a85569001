// DFT (ai.onnx, since 17; the axis is an input since 20): the discrete Fourier transform along one
// axis. The last dimension holds a real number, or the two parts of a complex one.
#include <algorithm>

#include "core/ops/fourier.h"
#include "core/ops/half.h"
#include "core/ops/scalar_input.h"

namespace quantab {
namespace {

constexpr int64_t kAxisInput = 20;  // first opset with the axis as an input

struct Plan {
  bool inverse = false, onesided = false;
  int axis = 0;
  int64_t length = 0;  // of the transform
  Shape out;
};

Plan MakePlan(const OpContext& c) {
  const Shape& shape = c.Input(0).shape();
  const int rank = c.Input(0).rank();
  if (rank < 2 || (shape.back() != 1 && shape.back() != 2)) {
    c.Invalid("input 0 has shape " + ToString(shape) +
              ", expected rank 2 or more and a last dimension of 1 or 2.");
  }
  Plan plan;
  plan.inverse = c.attributes().Int("inverse", 0) != 0;
  plan.onesided = c.attributes().Int("onesided", 0) != 0;
  int64_t axis = c.attributes().Int("axis", 1);
  if (c.opset() >= kAxisInput) axis = c.Optional(2) == nullptr ? -2 : IntegerScalar(c, 2);
  plan.axis = NormalizeAxis(c, axis, rank);
  if (plan.axis == rank - 1) c.Invalid("the last dimension is no axis to transform.");
  const bool from_half = plan.inverse && plan.onesided;
  const int64_t given = c.Input(0).dim(plan.axis);
  if (c.Optional(1) != nullptr) {
    plan.length = IntegerScalar(c, 1);
  } else if (!from_half) {
    plan.length = given;
  } else if (given == 0 || __builtin_mul_overflow(given - 1, 2, &plan.length)) {
    plan.length = 0;
  }
  if (plan.length < 1) {
    c.Invalid("a transform of length '" + std::to_string(plan.length) + "' is not possible.");
  }
  plan.out = shape;
  plan.out.back() = from_half ? 1 : 2;
  plan.out[Size(plan.axis)] = plan.onesided && !plan.inverse ? plan.length / 2 + 1 : plan.length;
  return plan;
}

// The whole spectrum of a real signal, of whose first half `x` has what is known.
void MirrorSpectrum(size_t n, Complex* x) {
  x[0].im = 0;
  if (n % 2 == 0) x[n / 2].im = 0;
  for (size_t k = 1; k < (n + 1) / 2; ++k) x[n - k] = Conjugate(x[k]);
}

template <class T>
void Run(OpContext& c) {
  const Tensor x = c.Input(0);
  const Plan plan = MakePlan(c);
  const bool from_half = plan.inverse && plan.onesided;
  T* y = c.Output(0, x.dtype(), plan.out).template mutable_data<T>();
  const size_t outer = Size(CountOf(x.shape(), 0, plan.axis));
  const size_t inner = Size(CountOf(x.shape(), plan.axis + 1, x.rank() - 1));
  if (outer == 0 || inner == 0) return;
  const size_t parts = Size(x.shape().back()), out_parts = Size(plan.out.back());
  const size_t n = Size(plan.length);
  const size_t in_size = Size(x.dim(plan.axis)), out_size = Size(plan.out[Size(plan.axis)]);
  const size_t used = std::min(in_size, from_half ? n / 2 + 1 : n);
  FourierTransform transform(n);
  std::vector<Complex> signal(n);
  for (size_t o = 0; o < outer; ++o) {
    for (size_t i = 0; i < inner; ++i) {
      const T* from = x.data<T>() + (o * in_size * inner + i) * parts;
      T* to = y + (o * out_size * inner + i) * out_parts;
      std::fill(signal.begin(), signal.end(), Complex{});
      for (size_t j = 0; j < used; ++j, from += inner * parts) {
        signal[j] = {static_cast<double>(from[0]), parts == 2 ? static_cast<double>(from[1]) : 0};
      }
      if (from_half) MirrorSpectrum(n, signal.data());
      if (plan.inverse) {
        transform.Inverse(signal.data());
      } else {
        transform.Forward(signal.data());
      }
      for (size_t j = 0; j < out_size; ++j, to += inner * out_parts) {
        to[0] = static_cast<T>(signal[j].re);
        if (out_parts == 2) to[1] = static_cast<T>(signal[j].im);
      }
    }
  }
}

void Compute(OpContext& c) {
  switch (c.Input(0).dtype()) {
    case DType::kFloat:
      return Run<float>(c);
    case DType::kDouble:
      return Run<double>(c);
    default:
      UnsupportedInputType(c, 0);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, dft) { r.Add({.name = "DFT", .since = 17, .compute = InFloat<Compute>}); }

}  // namespace quantab
