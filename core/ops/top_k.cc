// TopK (ai.onnx, since 1): the k largest (or smallest, opset 11) elements along an axis and their
// positions, best first; the lower position first among equals, NaN above every number.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

#include "core/ops/half.h"
#include "core/ops/shape_args.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr int64_t kLastAttribute = 9;

// A strict order of all values, NaN included.
template <class T>
bool Above(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
  }
  return a > b;
}

int64_t Wanted(const OpContext& c) {
  if (c.opset() <= kLastAttribute) return c.attributes().Int("k", 0);
  const std::vector<int64_t> k = IntegerInput(c, 1);
  if (k.size() != 1)
    c.Invalid("input 1 has " + std::to_string(k.size()) + " elements, expected one.");
  return k[0];
}

void Compute(OpContext& c) {
  const Tensor& x = c.Input(0);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", -1), x.rank());
  const bool largest = c.attributes().Int("largest", 1) != 0;
  const int64_t k = Wanted(c);
  const int64_t dim = x.dim(axis);
  if (k < 0 || k > dim) {
    ThrowInvalidArgument("k is " + std::to_string(k) + ", but dimension " + std::to_string(axis) +
                         " has size " + std::to_string(dim) + ".");
  }
  const int64_t outer = CountOf(x.shape(), 0, axis);
  const int64_t inner = CountOf(x.shape(), axis + 1, x.rank());
  Shape shape = x.shape();
  shape[Size(axis)] = k;
  std::vector<int64_t> order(Size(dim));
  Tensor& values = c.Output(0, x.dtype(), shape);
  int64_t* positions = c.Output(1, DType::kInt64, shape).mutable_data<int64_t>();
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    T* out = values.mutable_data<T>();
    for (int64_t line = 0; line < outer * inner; ++line) {
      const T* from = x.data<T>() + line / inner * dim * inner + line % inner;
      const int64_t to = line / inner * k * inner + line % inner;
      std::iota(order.begin(), order.end(), int64_t{0});
      std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t a, int64_t b) {
        const T va = from[a * inner];
        const T vb = from[b * inner];
        if (largest ? Above(va, vb) : Above(vb, va)) return true;
        if (largest ? Above(vb, va) : Above(va, vb)) return false;
        return a < b;
      });
      for (int64_t i = 0; i < k; ++i) {
        out[to + i * inner] = from[order[Size(i)] * inner];
        positions[to + i * inner] = order[Size(i)];
      }
    }
  });
}

}  // namespace

QUANTAB_REGISTER(ops, top_k) { r.Add({.name = "TopK", .compute = InFloat<Compute>}); }

}  // namespace quantab
