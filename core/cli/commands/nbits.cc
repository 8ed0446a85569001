// quantab nbits MODEL -o OUT: MatMulNBitsQuantizer.
#include "core/api/files.h"
#include "core/cli/conversion.h"

namespace quantab {
namespace {

std::string Run(const Invocation& invocation) {
  const Recipe recipe = RecipeOf(invocation, RecipeMethod::kMatMulNBits);
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  return WriteResult(invocation, recipe, model, Convert(model, recipe, invocation.monitor));
}

}  // namespace

QUANTAB_REGISTER(commands, nbits) { r.Add({.name = "nbits", .run = Run}); }

}  // namespace quantab
