// SupportedOperators: what the executor runs, for people and programs.
#include <algorithm>
#include <map>
#include <utility>

#include "core/api/quantab.h"
#include "core/lower/lower.h"
#include "core/onnx/schemas.h"
#include "core/ops/op.h"

namespace quantab {
namespace {

using Key = std::pair<std::string, std::string>;  // domain, name

constexpr int kNoEnd = 1 << 30;

std::string Shown(const std::string& domain) { return domain.empty() ? "ai.onnx" : domain; }

std::vector<SupportedOperator> List() {
  std::map<Key, SupportedOperator> found;
  for (const OpDef& def : OpRegistry::Get().all()) {
    if (def.domain == kLowerDomain) continue;
    const Key key(CanonicalDomain(std::string(def.domain)), std::string(def.name));
    const auto [at, fresh] = found.try_emplace(
        key, SupportedOperator{Shown(key.first), key.second, def.since, def.until, false});
    if (fresh) continue;
    at->second.since = std::min(at->second.since, def.since);
    at->second.until = std::max(at->second.until, def.until);
  }
  for (const SchemaInfo& schema : Schemas()) {
    const Key key(schema.domain, schema.op_type);
    const auto at = found.find(key);
    if (at != found.end()) {
      at->second.since = std::max(at->second.since, schema.since);
    } else if (schema.has_function) {
      found.emplace(
          key, SupportedOperator{Shown(schema.domain), schema.op_type, schema.since, kNoEnd, true});
    }
  }
  std::vector<SupportedOperator> operators;
  for (auto& [key, op] : found) {
    if (op.until == kNoEnd) op.until = 0;
    operators.push_back(std::move(op));
  }
  return operators;
}

}  // namespace

std::vector<SupportedOperator> SupportedOperators() {
  return Guard([] { return List(); });
}

}  // namespace quantab
