// StringConcat (ai.onnx, since 20): z = x followed by y, broadcast.
#include "core/ops/broadcast.h"
#include "core/ops/text.h"

namespace quantab {
namespace {

void Compute(OpContext& c) {
  const std::vector<std::string>& x = StringInput(c, 0);
  const std::vector<std::string>& y = StringInput(c, 1);
  const BroadcastPlan plan = PlanBroadcast(c, c.Input(0).shape(), c.Input(1).shape());
  std::vector<std::string>& z = c.Output(0, DType::kString, plan.out).mutable_strings();
  BroadcastMap(plan, x.data(), y.data(), z.data(),
               [](const std::string& a, const std::string& b) { return a + b; });
}

}  // namespace

QUANTAB_REGISTER(ops, string_concat) {
  r.Add({.name = "StringConcat", .since = 20, .compute = Compute});
}

}  // namespace quantab
