// Makes constants of initializers that whoever runs the model could replace.
//   before:  inputs x, w; initializer w
//   after:   input x; initializer w
// Only when asked for: the model has fewer inputs afterwards. Nothing can be folded into a weight
// that may be replaced.
#include "core/passes/fix_initializers.h"
#include "core/passes/pass.h"

namespace quantab {
namespace {

bool Run(Model& model, const PassContext&) {
  return FixInitializers(*model.proto.mutable_graph()) > 0;
}

}  // namespace

QUANTAB_REGISTER(passes, remove_initializers_from_inputs) {
  r.Add({.name = "remove_initializers_from_inputs",
         .stage = PassStage::kNormalize,
         .optional = true,
         .run = Run});
}

}  // namespace quantab
