// quantab dynamic MODEL -o OUT: quantize_dynamic.
#include "core/api/files.h"
#include "core/cli/conversion.h"

namespace quantab {
namespace {

std::string Run(const Invocation& invocation) {
  const Recipe recipe = RecipeOf(invocation, RecipeMethod::kDynamic);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  return WriteResult(invocation, recipe, model, Convert(model, recipe, invocation.monitor));
}

}  // namespace

QUANTAB_REGISTER(commands, dynamic) { r.Add({.name = "dynamic", .run = Run}); }

}  // namespace quantab
