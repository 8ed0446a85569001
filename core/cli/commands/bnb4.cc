// quantab bnb4 MODEL -o OUT: MatMulBnb4Quantizer.
#include "core/api/files.h"
#include "core/cli/conversion.h"

namespace quantab {
namespace {

std::string Run(const Invocation& invocation) {
  const Recipe recipe = RecipeOf(invocation, RecipeMethod::kMatMulBnb4);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  return WriteResult(invocation, recipe, model, Convert(model, recipe, invocation.monitor));
}

}  // namespace

QUANTAB_REGISTER(commands, bnb4) { r.Add({.name = "bnb4", .run = Run}); }

}  // namespace quantab
