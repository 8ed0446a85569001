// Unique (ai.onnx, since 11): the different elements of the flattened input, or the different
// slices along an axis, sorted or in the order of their first occurrence; where each occurs first,
// which of them each element is, and how often each comes. NaNs are equal, and above every number.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

#include "core/ops/copy_elements.h"
#include "core/ops/types.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

// The slices of a tensor along an axis: `rows` runs of `inner` elements each.
struct Slices {
  int64_t count = 0;
  int64_t rows = 1;
  int64_t inner = 1;
};

struct Groups {
  std::vector<int64_t> first;    // by group: the first slice in it
  std::vector<int64_t> counts;   // by group
  std::vector<int64_t> inverse;  // by slice: its group
};

// Negative, zero or positive as a stands before, with or after b.
template <class T>
int Compare(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) - std::isnan(b);
  }
  return (b < a) - (a < b);
}

template <class T>
int CompareSlices(const T* elements, const Slices& slices, int64_t a, int64_t b) {
  for (int64_t row = 0; row < slices.rows; ++row) {
    const T* begin = elements + row * slices.count * slices.inner;
    for (int64_t i = 0; i < slices.inner; ++i) {
      const int order = Compare(begin[a * slices.inner + i], begin[b * slices.inner + i]);
      if (order != 0) return order;
    }
  }
  return 0;
}

// Groups in ascending order.
template <class T>
Groups GroupSlices(const T* elements, const Slices& slices) {
  std::vector<int64_t> order(Size(slices.count));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const int compared = CompareSlices(elements, slices, a, b);
    return compared != 0 ? compared < 0 : a < b;
  });
  Groups groups;
  groups.inverse.resize(order.size());
  for (int64_t slice : order) {
    if (groups.first.empty() || CompareSlices(elements, slices, groups.first.back(), slice) != 0) {
      groups.first.push_back(slice);
      groups.counts.push_back(0);
    }
    ++groups.counts.back();
    groups.inverse[Size(slice)] = static_cast<int64_t>(groups.first.size()) - 1;
  }
  return groups;
}

Groups ByFirstOccurrence(const Groups& sorted) {
  std::vector<size_t> order(sorted.first.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return sorted.first[a] < sorted.first[b]; });
  Groups groups;
  std::vector<int64_t> place(order.size());
  for (size_t group : order) {
    place[group] = static_cast<int64_t>(groups.first.size());
    groups.first.push_back(sorted.first[group]);
    groups.counts.push_back(sorted.counts[group]);
  }
  for (int64_t group : sorted.inverse) groups.inverse.push_back(place[Size(group)]);
  return groups;
}

Groups GroupsOf(const OpContext& c, const Tensor& x, const Slices& slices) {
  if (x.dtype() == DType::kString) return GroupSlices(x.strings().data(), slices);
  const Tensor numbers = IsHalf(x.dtype()) ? HalfToFloat(x) : x;
  Groups groups;
  const bool known = VisitArithmetic(numbers.dtype(), [&](auto zero) {
    groups = GroupSlices(numbers.data<decltype(zero)>(), slices);
  });
  if (!known) UnsupportedInputType(c, 0);
  return groups;
}

void PutIndices(OpContext& c, int i, const std::vector<int64_t>& values) {
  if (!c.HasOutput(i)) return;
  Tensor& y = c.Output(i, DType::kInt64, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), y.mutable_data<int64_t>());
}

void Compute(OpContext& c) {
  const bool flat = !c.attributes().Has("axis");
  const Tensor x = flat ? c.Input(0).Reshaped({c.Input(0).count()}) : c.Input(0);
  const int axis = NormalizeAxis(c, c.attributes().Int("axis", 0), x.rank());
  const Slices slices = {x.dim(axis), CountOf(x.shape(), 0, axis),
                         CountOf(x.shape(), axis + 1, x.rank())};
  Groups groups = GroupsOf(c, x, slices);
  if (c.attributes().Int("sorted", 1) == 0) groups = ByFirstOccurrence(groups);
  const int64_t count = static_cast<int64_t>(groups.first.size());
  Shape shape = x.shape();
  shape[Size(axis)] = count;
  Tensor& y = OutputForCopies(c, 0, x.dtype(), std::move(shape));
  for (int64_t group = 0; group < count; ++group) {
    CopyElements(x, {groups.first[Size(group)] * slices.inner, slices.count * slices.inner}, y,
                 {group * slices.inner, count * slices.inner}, slices.rows, slices.inner);
  }
  PutIndices(c, 1, groups.first);
  PutIndices(c, 2, groups.inverse);
  PutIndices(c, 3, groups.counts);
}

}  // namespace

QUANTAB_REGISTER(ops, unique) { r.Add({.name = "Unique", .since = 11, .compute = Compute}); }

}  // namespace quantab
