// Logic of booleans: And, Or, Xor with broadcasting (ai.onnx, since 1; NumPy's since 7), Not.
#include "core/ops/broadcast.h"
#include "core/ops/legacy_broadcast.h"

namespace quantab {
namespace {

bool And(bool a, bool b) { return a && b; }
bool Or(bool a, bool b) { return a || b; }
bool Xor(bool a, bool b) { return a != b; }

template <bool (*kApply)(bool, bool)>
void Binary(OpContext& c) {
  const Tensor& a = c.Input(0);
  const Tensor& b = c.Input(1);
  const bool* pa = a.data<bool>();
  const bool* pb = b.data<bool>();
  const BroadcastPlan plan = PlanBroadcast(c, a.shape(), b.shape());
  bool* y = c.Output(0, DType::kBool, plan.out).mutable_data<bool>();
  BroadcastMap(plan, pa, pb, y, kApply);
}

void Not(OpContext& c) {
  const Tensor& x = c.Input(0);
  const bool* from = x.data<bool>();
  const int64_t count = x.count();
  bool* y = c.Output(0, DType::kBool, x.shape()).mutable_data<bool>();
  for (int64_t i = 0; i < count; ++i) y[i] = !from[i];
}

template <bool (*kApply)(bool, bool)>
void Register(OpRegistry& r, std::string_view name) {
  r.Add({.name = name, .until = 6, .in_place = true, .compute = LegacyBroadcast<Binary<kApply>>});
  r.Add({.name = name, .since = 7, .in_place = true, .compute = Binary<kApply>});
}

}  // namespace

QUANTAB_REGISTER(ops, logical) {
  Register<And>(r, "And");
  Register<Or>(r, "Or");
  Register<Xor>(r, "Xor");
  r.Add({.name = "Not", .in_place = true, .compute = Not});
}

}  // namespace quantab
