// RegexFullMatch (ai.onnx, since 20): which strings match a regular expression, whole.
#include "core/ops/regex.h"
#include "core/ops/text.h"

namespace quantab {
namespace {

struct RegexState final : OpState {
  explicit RegexState(RegexProgram parsed) : program(std::move(parsed)) {}
  RegexProgram program;
};

std::unique_ptr<OpState> Prepare(PrepareContext& c) {
  if (!c.attributes().Has("pattern")) c.Invalid("attribute 'pattern' is missing.");
  return std::make_unique<RegexState>(ParseRegex(c.attributes().String("pattern", "")));
}

void Compute(OpContext& c) {
  const RegexProgram& program = static_cast<const RegexState*>(c.state())->program;
  const std::vector<std::string>& x = StringInput(c, 0);
  bool* y = c.Output(0, DType::kBool, c.Input(0).shape()).mutable_data<bool>();
  for (size_t i = 0; i < x.size(); ++i) y[i] = FullMatch(program, x[i]);
}

}  // namespace

QUANTAB_REGISTER(ops, regex_full_match) {
  r.Add({.name = "RegexFullMatch", .since = 20, .prepare = Prepare, .compute = Compute});
}

}  // namespace quantab
