// ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceProd, ReduceSumSquare, ReduceL1, ReduceL2,
// ReduceLogSum, ReduceLogSumExp (ai.onnx). Axes are an attribute, later an input (ReduceSum since
// 13, the others since 18).
#include "core/kernels/reduce/reduce.h"

#include <algorithm>
#include <cmath>

#include "core/ops/broadcast.h"
#include "core/ops/half.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

using kernels::ReduceOp;

enum class Kind { kSum, kMean, kMax, kMin, kProd, kSumSquare, kL1, kL2, kLogSum, kLogSumExp };

// A reduction is a chain of steps from the innermost run of reduced dimensions outwards: the first
// applies the element function, later ones only combine.
enum class Step { kSum, kMax, kMin, kProd, kSumSquare, kL1 };

Step FirstStep(Kind kind) {
  switch (kind) {
    case Kind::kMax:
      return Step::kMax;
    case Kind::kMin:
      return Step::kMin;
    case Kind::kProd:
      return Step::kProd;
    case Kind::kSumSquare:
    case Kind::kL2:
      return Step::kSumSquare;
    case Kind::kL1:
      return Step::kL1;
    default:
      return Step::kSum;
  }
}

Step LaterStep(Step first) {
  return first == Step::kSumSquare || first == Step::kL1 ? Step::kSum : first;
}

template <class T>
T Start(Step step) {
  using Limits = std::numeric_limits<T>;
  switch (step) {
    case Step::kMax:
      return Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
    case Step::kMin:
      return Limits::has_infinity ? Limits::infinity() : Limits::max();
    case Step::kProd:
      return T{1};
    default:
      return T{0};
  }
}

template <class T>
T Accumulate(Step step, T sum, T x) {
  switch (step) {
    case Step::kMax:
      return MaxOf(sum, x);
    case Step::kMin:
      return MinOf(sum, x);
    case Step::kProd:
      return WrapMul(sum, x);
    case Step::kSumSquare:
      return WrapAdd(sum, WrapMul(x, x));
    case Step::kL1:
      return WrapAdd(sum, x < T{0} ? WrapSub(T{0}, x) : x);
    default:
      return WrapAdd(sum, x);
  }
}

// y[o, i] = step over r of x[o, r, i].
template <class T>
void RunStep(Step step, size_t outer, size_t reduced, size_t inner, const T* x, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    if (step != Step::kProd) {
      const ReduceOp op = step == Step::kMax         ? ReduceOp::kMax
                          : step == Step::kMin       ? ReduceOp::kMin
                          : step == Step::kSumSquare ? ReduceOp::kSumSquare
                          : step == Step::kL1        ? ReduceOp::kL1
                                                     : ReduceOp::kSum;
      if (inner == 1) return kernels::ReduceRows(op, outer, reduced, x, y);
      for (size_t o = 0; o < outer; ++o) {
        kernels::ReduceColumns(op, reduced, inner, x + o * reduced * inner, y + o * inner);
      }
      return;
    }
  }
  for (size_t o = 0; o < outer; ++o) {
    T* out = y + o * inner;
    for (size_t i = 0; i < inner; ++i) out[i] = Start<T>(step);
    for (size_t r = 0; r < reduced; ++r) {
      const T* in = x + (o * reduced + r) * inner;
      for (size_t i = 0; i < inner; ++i) out[i] = Accumulate(step, out[i], in[i]);
    }
  }
}

// Which axes are reduced; nothing when the input goes through unreduced.
std::optional<std::vector<bool>> ReducedAxes(const OpContext& c, int rank, bool axes_input) {
  std::vector<int64_t> axes;
  if (axes_input) {
    if (const Tensor* input = c.Optional(1)) {
      const auto values = input->span<int64_t>();
      axes.assign(values.begin(), values.end());
    }
    if (axes.empty() && c.attributes().Int("noop_with_empty_axes", 0) != 0) return std::nullopt;
  } else {
    axes = c.attributes().Ints("axes");
  }
  std::vector<bool> reduced(static_cast<size_t>(rank), axes.empty());
  for (int64_t axis : axes) reduced[Size(NormalizeAxis(c, axis, rank))] = true;
  return reduced;
}

// Runs of neighbouring dimensions that are all reduced or all kept, outermost first.
struct Run {
  bool reduced;
  int64_t size;
};
std::vector<Run> RunsOf(const Shape& shape, const std::vector<bool>& reduced) {
  std::vector<Run> runs;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    if (!runs.empty() && runs.back().reduced == reduced[i]) {
      runs.back().size *= shape[i];
    } else {
      runs.push_back({reduced[i], shape[i]});
    }
  }
  return runs;
}

// Reduces `x`, viewed as `runs`, into `y`, which has one element for each kept one.
template <class T>
void Chain(Step first, std::vector<Run> runs, const T* x, T* y) {
  std::vector<T> from, to;
  Step step = first;
  size_t inner = 1;
  while (true) {
    while (!runs.empty() && !runs.back().reduced) {
      inner *= Size(runs.back().size);
      runs.pop_back();
    }
    size_t reduced = 1;
    if (!runs.empty()) {
      reduced = Size(runs.back().size);
      runs.pop_back();
    }
    size_t outer = 1;
    bool more = false;
    for (const Run& run : runs) {
      outer *= Size(run.size);
      more = more || run.reduced;
    }
    if (!more) return RunStep(step, outer, reduced, inner, x, y);
    to.resize(outer * inner);
    RunStep(step, outer, reduced, inner, x, to.data());
    from.swap(to);
    x = from.data();
    step = LaterStep(first);
  }
}

template <class T>
void LogSumExp(const Shape& shape, const Shape& kept, const std::vector<Run>& runs, const T* x,
               int64_t in_count, T* y, int64_t out_count) {
  std::vector<T> largest(Size(out_count)), shifted(Size(in_count));
  Chain(Step::kMax, runs, x, largest.data());
  for (T& value : largest) {
    if (!std::isfinite(static_cast<double>(value))) value = T{0};
  }
  BroadcastMap(PlanBroadcastTo(shape, kept, shape), x, largest.data(), shifted.data(),
               [](T a, T b) { return std::exp(a - b); });
  Chain(Step::kSum, runs, shifted.data(), y);
  for (size_t i = 0; i < largest.size(); ++i) y[i] = static_cast<T>(std::log(y[i])) + largest[i];
}

template <class T>
void Finish(Kind kind, T* y, int64_t count, int64_t reduced) {
  for (int64_t i = 0; i < count; ++i) {
    if (kind == Kind::kMean) {
      if constexpr (std::is_integral_v<T>) {
        using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
        y[i] = reduced == 0 ? T{0} : static_cast<T>(Wide{y[i]} / static_cast<Wide>(reduced));
      } else {
        y[i] /= static_cast<T>(reduced);
      }
    } else if (kind == Kind::kL2) {
      y[i] = static_cast<T>(std::sqrt(y[i]));
    } else if (kind == Kind::kLogSum) {
      y[i] = static_cast<T>(std::log(y[i]));
    }
  }
}

// The elements are seen as T.
template <class T>
Tensor& Reduce(OpContext& c, Kind kind, const std::vector<bool>& reduced) {
  const Tensor x = c.Input(0);
  const bool keep = c.attributes().Int("keepdims", 1) != 0;
  Shape kept, shape;
  int64_t reduced_count = 1;
  for (size_t i = 0; i < reduced.size(); ++i) {
    if (reduced[i]) reduced_count *= x.shape()[i];
    kept.push_back(reduced[i] ? 1 : x.shape()[i]);
    if (keep || !reduced[i]) shape.push_back(kept.back());
  }
  Tensor& y = c.Output(0, x.dtype(), shape);
  T* out = reinterpret_cast<T*>(y.mutable_raw());
  const T* in = reinterpret_cast<const T*>(x.raw());
  const std::vector<Run> runs = RunsOf(x.shape(), reduced);
  if (y.count() == 0) return y;
  if constexpr (std::is_floating_point_v<T>) {
    if (kind == Kind::kLogSumExp) {
      LogSumExp(x.shape(), kept, runs, in, x.count(), out, y.count());
      return y;
    }
  }
  Chain(FirstStep(kind), runs, in, out);
  Finish(kind, out, y.count(), reduced_count);
  return y;
}

// Booleans are bytes of 0 and 1; of none the smallest is true.
void ReduceBool(OpContext& c, Kind kind, const std::vector<bool>& reduced) {
  const bool empty = c.Input(0).count() == 0;
  Tensor& y = Reduce<uint8_t>(c, kind, reduced);
  if (empty && kind == Kind::kMin) std::fill_n(y.mutable_data<bool>(), y.count(), true);
}

template <Kind kKind, bool kAxesInput>
void Compute(OpContext& c) {
  const int rank = c.Input(0).rank();
  std::optional<std::vector<bool>> reduced = ReducedAxes(c, rank, kAxesInput);
  if (!reduced) reduced = std::vector<bool>(Size(rank), false);
  constexpr bool kSelects = kKind == Kind::kMax || kKind == Kind::kMin;
  const DType dtype = c.Input(0).dtype();
  if (!kSelects && (dtype == DType::kBool || BitsOf(dtype) < 32)) UnsupportedInputType(c, 0);
  if (dtype == DType::kBool) return ReduceBool(c, kKind, *reduced);
  VisitNumeric(c, 0, [&](auto zero) {
    using T = decltype(zero);
    if (std::is_integral_v<T> && kKind == Kind::kLogSumExp) UnsupportedInputType(c, 0);
    Reduce<T>(c, kKind, *reduced);
  });
}

template <Kind kKind>
void Register(OpRegistry& r, std::string_view name, int axes_input_since) {
  r.Add({.name = name, .until = axes_input_since - 1, .compute = InFloat<Compute<kKind, false>>});
  r.Add({.name = name, .since = axes_input_since, .compute = InFloat<Compute<kKind, true>>});
}

}  // namespace

QUANTAB_REGISTER(ops, reduce) {
  Register<Kind::kSum>(r, "ReduceSum", 13);
  Register<Kind::kMean>(r, "ReduceMean", 18);
  Register<Kind::kMax>(r, "ReduceMax", 18);
  Register<Kind::kMin>(r, "ReduceMin", 18);
  Register<Kind::kProd>(r, "ReduceProd", 18);
  Register<Kind::kSumSquare>(r, "ReduceSumSquare", 18);
  Register<Kind::kL1>(r, "ReduceL1", 18);
  Register<Kind::kL2>(r, "ReduceL2", 18);
  Register<Kind::kLogSum>(r, "ReduceLogSum", 18);
  Register<Kind::kLogSumExp>(r, "ReduceLogSumExp", 18);
}

}  // namespace quantab
