// quantab ops: the operators that can run here.
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/console.h"

namespace quantab {
namespace {

std::string Run(const Invocation& invocation) {
  const std::vector<SupportedOperator> operators = SupportedOperators();
  if (invocation.json) return ToJson(operators) + "\n";
  std::vector<std::vector<std::string>> rows = {{"domain", "operator", "opsets", "runs by"}};
  for (const SupportedOperator& op : operators) {
    const std::string until = op.until == 0 ? "" : std::to_string(op.until);
    rows.push_back({op.domain, op.op_type, std::to_string(op.since) + "-" + until,
                    op.by_definition ? "its definition" : "a kernel"});
  }
  return Table(rows) + "\n" + std::to_string(operators.size()) + " operators\n";
}

}  // namespace

QUANTAB_REGISTER(commands, ops) { r.Add({"ops", Run}); }

}  // namespace quantab
