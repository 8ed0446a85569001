// Gives nodes names, so that options can name them.
//   before:  Conv ""            Conv "Conv_0"
//   after:   Conv "Conv_1"      Conv "Conv_0"
#include "core/graph/name_nodes.h"

#include "core/passes/pass.h"

namespace quantab {
namespace {

bool NameNodes(Model& model, const PassContext&) {
  return NameUnnamedNodes(*model.proto.mutable_graph());
}

}  // namespace

QUANTAB_REGISTER(passes, name_nodes) {
  r.Add({.name = "name_nodes", .stage = PassStage::kNormalize, .optional = true, .run = NameNodes});
}

}  // namespace quantab
