// Softmax, LogSoftmax, Hardmax (ai.onnx). Before opset 13 the input is flattened to two dimensions
// at `axis` (default 1) and rows are normalised; since 13 the one axis (default -1) is.
#include "core/kernels/softmax/softmax.h"

#include <algorithm>

#include "core/kernels/transpose/transpose.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

enum class Kind { kSoftmax, kLogSoftmax, kHardmax };

template <class T>
void PlainRows(Kind kind, size_t rows, size_t columns, const T* x, T* y) {
  for (size_t r = 0; r < rows; ++r, x += columns, y += columns) {
    if (columns == 0) continue;
    const size_t best = Size(std::max_element(x, x + columns) - x);
    if (kind == Kind::kHardmax) {
      for (size_t i = 0; i < columns; ++i) y[i] = i == best ? T{1} : T{0};
      continue;
    }
    const T largest = x[best];
    T sum{0};
    for (size_t i = 0; i < columns; ++i) sum += std::exp(x[i] - largest);
    const T log_sum = std::log(sum);
    for (size_t i = 0; i < columns; ++i) {
      const T shifted = x[i] - largest;
      y[i] = kind == Kind::kSoftmax ? std::exp(shifted) / sum : shifted - log_sum;
    }
  }
}

template <class T>
void Rows(Kind kind, size_t rows, size_t columns, const T* x, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    if (kind == Kind::kSoftmax) return kernels::Softmax(rows, columns, x, y);
    if (kind == Kind::kLogSoftmax) return kernels::LogSoftmax(rows, columns, x, y);
  }
  PlainRows(kind, rows, columns, x, y);
}

template <class T>
void Run(OpContext& c, Kind kind, bool flatten) {
  const Tensor x = c.Input(0);
  const int rank = x.rank();
  Tensor& y = c.Output(0, x.dtype(), x.shape());
  if (rank == 0) return Rows(kind, 1, 1, x.data<T>(), y.mutable_data<T>());
  const int64_t wanted = c.attributes().Int("axis", flatten ? 1 : -1);
  // Flattening also allows an axis just past the end.
  const int axis = flatten && wanted == rank ? rank : NormalizeAxis(c, wanted, rank);
  const size_t outer = Size(CountOf(x.shape(), 0, axis));
  if (flatten) {
    const size_t columns = Size(CountOf(x.shape(), axis, rank));
    return Rows(kind, outer, columns, x.data<T>(), y.mutable_data<T>());
  }
  const size_t size = Size(x.dim(axis));
  const size_t inner = Size(CountOf(x.shape(), axis + 1, rank));
  if (inner == 1) return Rows(kind, outer, size, x.data<T>(), y.mutable_data<T>());
  T* rows = c.ScratchOf<T>(size, inner);
  for (size_t o = 0; o < outer; ++o) {
    const T* in = x.data<T>() + o * size * inner;
    T* out = y.mutable_data<T>() + o * size * inner;
    kernels::Transpose2D(size, inner, sizeof(T), in, inner, rows, size);
    Rows(kind, inner, size, rows, rows);
    kernels::Transpose2D(inner, size, sizeof(T), rows, size, out, inner);
  }
}

template <Kind kKind, bool kFlatten>
void Compute(OpContext& c) {
  switch (c.Input(0).dtype()) {
    case DType::kFloat:
      return Run<float>(c, kKind, kFlatten);
    case DType::kDouble:
      return Run<double>(c, kKind, kFlatten);
    default:
      UnsupportedInputType(c, 0);
  }
}

template <Kind kKind>
void Register(OpRegistry& r, std::string_view name) {
  r.Add({.name = name, .until = 12, .in_place = true, .compute = InFloat<Compute<kKind, true>>});
  r.Add({.name = name, .since = 13, .in_place = true, .compute = InFloat<Compute<kKind, false>>});
}

}  // namespace

QUANTAB_REGISTER(ops, softmax) {
  Register<Kind::kSoftmax>(r, "Softmax");
  Register<Kind::kLogSoftmax>(r, "LogSoftmax");
  Register<Kind::kHardmax>(r, "Hardmax");
}

}  // namespace quantab
