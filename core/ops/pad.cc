// Pad (ai.onnx, since 1): elements added before and after each dimension, or removed where a pad is
// negative. Modes: constant, reflect (mirrored at the border element), edge, wrap. Pads and value
// are attributes up to opset 10 and inputs from 11 on; axes from 18 on.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/ops/movable.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

constexpr int64_t kLastPaddings = 1;  // the last opset in which pads were named 'paddings'
constexpr int64_t kLastAttributes = 10;
constexpr int64_t kFirstAxes = 18;

// Pads beyond this, either way, are mistakes.
constexpr int64_t kLargestPad = int64_t{1} << 31;

struct Pads {
  std::vector<int64_t> before, after;
};

Pads PadsOf(const OpContext& c, int rank) {
  const std::string_view name = c.opset() <= kLastPaddings ? "paddings" : "pads";
  const std::vector<int64_t> given = AttributeOrInput(c, name, 1, kLastAttributes);
  std::vector<int64_t> given_axes;
  if (c.opset() >= kFirstAxes) given_axes = IntegerInput(c, 3);
  if (c.opset() < kFirstAxes || c.Optional(3) == nullptr) {
    for (int d = 0; d < rank; ++d) given_axes.push_back(d);
  }
  const std::vector<int> axes = NormalizeAxes(c, given_axes, rank);
  if (given.size() != 2 * axes.size()) {
    c.Invalid("there are " + std::to_string(given.size()) + " pads, expected " +
              std::to_string(2 * axes.size()) + ".");
  }
  for (int64_t pad : given) {
    if (pad >= -kLargestPad && pad <= kLargestPad) continue;
    c.Invalid("a pad is '" + std::to_string(pad) + "', expected '" + std::to_string(-kLargestPad) +
              "' to '" + std::to_string(kLargestPad) + "'.");
  }
  Pads pads{std::vector<int64_t>(Size(rank), 0), std::vector<int64_t>(Size(rank), 0)};
  for (size_t i = 0; i < axes.size(); ++i) {
    pads.before[Size(axes[i])] = given[i];
    pads.after[Size(axes[i])] = given[axes.size() + i];
  }
  return pads;
}

// The value that fills; its bytes are in the element's own type.
std::array<std::byte, 16> FillValue(const OpContext& c, const Tensor& x) {
  std::array<std::byte, 16> bytes{};
  if (c.opset() > kLastAttributes) {
    const Tensor* value = c.Optional(2);
    if (value == nullptr) return bytes;
    ExpectSameType(c, 0, 2);
    if (value->count() != 1) c.Invalid("input 2 has not one element.");
    std::copy_n(value->raw(), value->bytes(), bytes.begin());
    return bytes;
  }
  const float value = c.attributes().Float("value", 0);
  if (IsHalf(x.dtype())) {
    const uint16_t half =
        x.dtype() == DType::kFloat16 ? FloatToHalf(value) : FloatToBfloat16(value);
    std::memcpy(bytes.data(), &half, sizeof(half));
  }
  VisitArithmetic(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      const double end = std::ldexp(1.0, std::numeric_limits<T>::digits);
      if (!(value >= static_cast<double>(std::numeric_limits<T>::lowest()) && value < end)) {
        c.Invalid("attribute 'value' is " + std::to_string(value) + ", which input 0 cannot hold.");
      }
    }
    const T typed = static_cast<T>(value);
    std::copy_n(reinterpret_cast<const std::byte*>(&typed), sizeof(T), bytes.begin());
  });
  return bytes;
}

int64_t Modulo(int64_t a, int64_t b) {
  const int64_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

// For each output position of a dimension of size `dim`, the input position it copies.
std::vector<int64_t> SourcePositions(const std::string& mode, int64_t dim, int64_t before,
                                     int64_t out) {
  std::vector<int64_t> positions;
  for (int64_t o = 0; o < out; ++o) {
    int64_t at = o - before;
    if (mode == "edge") {
      at = std::clamp<int64_t>(at, 0, dim - 1);
    } else if (mode == "wrap") {
      at = Modulo(at, dim);
    } else {
      const int64_t period = std::max<int64_t>(2 * (dim - 1), 1);
      at = Modulo(at, period);
      if (at >= dim) at = period - at;
    }
    positions.push_back(at);
  }
  return positions;
}

void PadConstant(OpContext& c, const Tensor& x, size_t size, const Pads& pads, Tensor& y) {
  const std::array<std::byte, 16> value = FillValue(c, x);
  FillElements(y.mutable_raw(), y.count(), size, value.data());
  const std::vector<int64_t> x_strides = StridesOf(x.shape());
  const std::vector<int64_t> y_strides = StridesOf(y.shape());
  Shape kept;
  int64_t from = 0, to = 0;
  for (size_t d = 0; d < pads.before.size(); ++d) {
    const int64_t cut = std::max<int64_t>(-pads.before[d], 0);
    kept.push_back(std::max<int64_t>(x.shape()[d] - cut - std::max<int64_t>(-pads.after[d], 0), 0));
    from += cut * x_strides[d];
    to += std::max<int64_t>(pads.before[d], 0) * y_strides[d];
  }
  if (ElementCount(kept) == 0) return;
  CopyStrided(size, kept, x.raw() + Size(from) * size, x_strides, y.mutable_raw() + Size(to) * size,
              y_strides);
}

void PadFromInput(const std::string& mode, const Tensor& x, size_t size, const Pads& pads,
                  Tensor& y) {
  const size_t rank = pads.before.size();
  const std::vector<int64_t> strides = StridesOf(x.shape());
  std::vector<std::vector<int64_t>> offsets;
  for (size_t d = 0; d < rank; ++d) {
    offsets.push_back(SourcePositions(mode, x.shape()[d], pads.before[d], y.shape()[d]));
    for (int64_t& position : offsets.back()) position *= strides[d];
  }
  VisitElementSize(size, [&](auto zero) {
    using T = decltype(zero);
    const T* from = reinterpret_cast<const T*>(x.raw());
    T* to = reinterpret_cast<T*>(y.mutable_raw());
    std::vector<size_t> index(rank, 0);
    for (int64_t n = 0; n < y.count(); n += y.shape().back()) {
      int64_t base = 0;
      for (size_t d = 0; d + 1 < rank; ++d) base += offsets[d][index[d]];
      for (int64_t offset : offsets.back()) *to++ = from[base + offset];
      for (size_t d = rank - 1; d-- > 0;) {
        if (++index[d] < offsets[d].size()) break;
        index[d] = 0;
      }
    }
  });
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const size_t size = MovableSize(c, x);
  const std::string mode = c.attributes().String("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap") {
    c.Invalid("attribute 'mode' is '" + mode +
              "', expected 'constant', 'reflect', 'edge' or 'wrap'.");
  }
  const Pads pads = PadsOf(c, x.rank());
  Shape shape;
  for (int d = 0; d < x.rank(); ++d) {
    int64_t dim = x.dim(d);
    if (__builtin_add_overflow(dim, pads.before[Size(d)], &dim) ||
        __builtin_add_overflow(dim, pads.after[Size(d)], &dim) || dim < 0) {
      c.Invalid("pads " + std::to_string(pads.before[Size(d)]) + " and " +
                std::to_string(pads.after[Size(d)]) + " do not fit dimension " + std::to_string(d) +
                " of shape " + ToString(x.shape()) + ".");
    }
    if (x.dim(d) == 0 && dim > 0 && mode != "constant") {
      c.Invalid("mode '" + mode + "' cannot fill dimension " + std::to_string(d) +
                ", which is empty.");
    }
    shape.push_back(dim);
  }
  if (shape == x.shape() && std::count(pads.before.begin(), pads.before.end(), 0) == x.rank()) {
    c.SetOutput(0, x);
    return;
  }
  Tensor& y = c.Output(0, x.dtype(), std::move(shape));
  if (y.count() == 0) return;
  if (mode == "constant") {
    PadConstant(c, x, size, pads, y);
  } else {
    PadFromInput(mode, x, size, pads, y);
  }
}

}  // namespace

QUANTAB_REGISTER(ops, pad) { r.Add({.name = "Pad", .compute = Movable<Compute, 0b101>}); }

}  // namespace quantab
