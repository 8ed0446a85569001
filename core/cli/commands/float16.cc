// quantab float16 MODEL -o OUT: convert_float_to_float16.
#include "core/api/files.h"
#include "core/cli/conversion.h"

namespace quantab {
namespace {

std::string Run(const Invocation& invocation) {
  const Recipe recipe = RecipeOf(invocation, RecipeMethod::kFloat16);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  return WriteResult(invocation, recipe, model, Convert(model, recipe, invocation.monitor));
}

}  // namespace

QUANTAB_REGISTER(commands, float16) { r.Add({.name = "float16", .run = Run}); }

}  // namespace quantab
