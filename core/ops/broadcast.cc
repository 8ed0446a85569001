#include "core/ops/broadcast.h"

#include <algorithm>

namespace quantab {
namespace {

// Stride of each dimension of `out` in a tensor of shape `in`: 0 where it is repeated.
std::vector<int64_t> StridesIn(const Shape& in, const Shape& out) {
  std::vector<int64_t> strides(out.size(), 0);
  int64_t stride = 1;
  for (size_t i = 0; i < in.size(); ++i) {
    const size_t from = in.size() - 1 - i;
    if (in[from] != 1) strides[out.size() - 1 - i] = stride;
    stride *= in[from];
  }
  return strides;
}

}  // namespace

BroadcastPlan PlanBroadcastTo(const Shape& a, const Shape& b, Shape out) {
  BroadcastPlan plan;
  const std::vector<int64_t> a_strides = StridesIn(a, out);
  const std::vector<int64_t> b_strides = StridesIn(b, out);
  for (size_t i = out.size(); i-- > 0;) {
    if (out[i] == 1) continue;
    if (!plan.dims.empty()) {
      const int64_t inner = plan.dims.back();
      if (a_strides[i] == plan.a_stride.back() * inner &&
          b_strides[i] == plan.b_stride.back() * inner) {
        plan.dims.back() *= out[i];
        continue;
      }
    }
    plan.dims.push_back(out[i]);
    plan.a_stride.push_back(a_strides[i]);
    plan.b_stride.push_back(b_strides[i]);
  }
  std::reverse(plan.dims.begin(), plan.dims.end());
  std::reverse(plan.a_stride.begin(), plan.a_stride.end());
  std::reverse(plan.b_stride.begin(), plan.b_stride.end());
  plan.out = std::move(out);
  return plan;
}

BroadcastPlan PlanBroadcast(const OpContext& c, const Shape& a, const Shape& b) {
  std::optional<Shape> out = BroadcastShapes(a, b);
  if (!out) {
    c.Invalid("shapes " + ToString(a) + " and " + ToString(b) + " cannot be broadcast together.");
  }
  return PlanBroadcastTo(a, b, std::move(*out));
}

BroadcastInner InnerOf(const BroadcastPlan& plan) {
  BroadcastInner inner;
  const size_t n = plan.dims.size();
  if (n >= 1) {
    inner.columns = plan.dims[n - 1];
    inner.a_column = plan.a_stride[n - 1];
    inner.b_column = plan.b_stride[n - 1];
  }
  if (n >= 2) {
    inner.rows = plan.dims[n - 2];
    inner.a_row = plan.a_stride[n - 2];
    inner.b_row = plan.b_stride[n - 2];
  }
  return inner;
}

}  // namespace quantab
