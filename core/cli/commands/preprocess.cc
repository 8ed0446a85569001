// quantab preprocess MODEL -o OUT: quant_pre_process.
#include "core/api/files.h"
#include "core/cli/conversion.h"

namespace quantab {
namespace {

std::string Run(const Invocation& invocation) {
  const Recipe recipe = RecipeOf(invocation, RecipeMethod::kPreProcess);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  return WriteResult(invocation, recipe, model, Convert(model, recipe, invocation.monitor));
}

}  // namespace

QUANTAB_REGISTER(commands, preprocess) { r.Add({.name = "preprocess", .run = Run}); }

}  // namespace quantab
