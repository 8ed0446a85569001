#include "core/onnx/schemas.h"

#include <map>
#include <utility>

#include "onnx/defs/schema.h"

namespace quantab {

std::vector<SchemaInfo> Schemas() {
  std::map<std::pair<std::string, std::string>, std::pair<SchemaInfo, int>> newest;
  for (const onnx::OpSchema& schema : onnx::OpSchemaRegistry::get_all_schemas_with_history()) {
    const int since = schema.SinceVersion();
    auto& [info, version] = newest[{schema.domain(), schema.Name()}];
    if (info.since == 0 || since < info.since) info.since = since;
    if (since < version) continue;
    version = since;
    info.domain = schema.domain();
    info.op_type = schema.Name();
    info.has_function = schema.HasFunction() || schema.HasContextDependentFunction();
    info.deprecated = schema.Deprecated();
  }
  std::vector<SchemaInfo> schemas;
  for (auto& [key, entry] : newest) schemas.push_back(std::move(entry.first));
  return schemas;
}

}  // namespace quantab
