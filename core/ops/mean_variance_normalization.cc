// MeanVarianceNormalization (ai.onnx, since 9): y = (x - mean) / (deviation + 1e-9), of the
// elements that agree in all dimensions but `axes`.
#include <cmath>

#include "core/ops/half.h"
#include "core/ops/shape_args.h"
#include "core/ops/strided.h"
#include "core/ops/types.h"

namespace quantab {
namespace {

constexpr double kEpsilon = 1e-9;

// A walk over x together with the statistics, one for each group of elements.
struct Groups {
  StridedLoop<2> loop;
  int64_t count = 1, size = 1;  // how many, and of how many elements each
};

Groups MakeGroups(const OpContext& c, const Shape& shape) {
  const std::vector<int64_t> given =
      c.attributes().Has("axes") ? c.attributes().Ints("axes") : std::vector<int64_t>{0, 2, 3};
  const std::vector<int> axes = NormalizeAxes(c, given, static_cast<int>(shape.size()));
  std::vector<bool> reduced(shape.size(), given.empty());
  for (int axis : axes) reduced[Size(axis)] = true;
  Groups groups;
  groups.loop.dims = shape;
  groups.loop.strides[0] = StridesOf(shape);
  groups.loop.strides[1].assign(shape.size(), 0);
  for (size_t d = shape.size(); d-- > 0;) {
    if (!reduced[d]) groups.loop.strides[1][d] = groups.count;
    (reduced[d] ? groups.size : groups.count) *= shape[d];
  }
  groups.loop.Merge();
  return groups;
}

// f(index of an element, index of its group) for all.
template <class F>
void ForEachElement(const StridedLoop<2>& loop, F&& f) {
  ForEachRow(loop, [&](const std::array<int64_t, 2>& at) {
    for (int64_t i = 0; i < loop.dims.back(); ++i) {
      f(at[0] + i * loop.strides[0].back(), at[1] + i * loop.strides[1].back());
    }
  });
}

template <class T>
void Run(OpContext& c) {
  const Tensor x = c.Input(0);
  const Groups groups = MakeGroups(c, x.shape());
  const T* in = x.data<T>();
  T* y = c.Output(0, x.dtype(), x.shape()).template mutable_data<T>();
  if (x.count() == 0) return;
  const auto size = static_cast<double>(groups.size);
  std::vector<double> mean(Size(groups.count), 0), square(Size(groups.count), 0);
  ForEachElement(groups.loop,
                 [&](int64_t i, int64_t g) { mean[Size(g)] += static_cast<double>(in[i]) / size; });
  ForEachElement(groups.loop, [&](int64_t i, int64_t g) {
    const double difference = static_cast<double>(in[i]) - mean[Size(g)];
    square[Size(g)] += difference * difference;
  });
  for (double& value : square) value = 1 / (std::sqrt(value / size) + kEpsilon);
  ForEachElement(groups.loop, [&](int64_t i, int64_t g) {
    y[i] = static_cast<T>((static_cast<double>(in[i]) - mean[Size(g)]) * square[Size(g)]);
  });
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

QUANTAB_REGISTER(ops, mean_variance_normalization) {
  r.Add({.name = "MeanVarianceNormalization",
         .since = 9,
         .in_place = true,
         .compute = InFloat<Compute>});
}

}  // namespace quantab
