// quantab dynamic MODEL -o OUT: quantize_dynamic.
#include "core/api/files.h"
#include "core/api/json.h"
#include "core/cli/command.h"
#include "core/cli/quantize_result.h"

namespace quantab {
namespace {

std::string Run(const Invocation& invocation) {
  const DynamicOptions options = DynamicOptionsFromJson(invocation.QuantizerOptions());
  const Model model = OpenModelFile(invocation.positionals[0], invocation.monitor);
  return WriteQuantized(invocation, model, QuantizeDynamic(model, options, invocation.monitor));
}

}  // namespace

QUANTAB_REGISTER(commands, dynamic) { r.Add({.name = "dynamic", .run = Run}); }

}  // namespace quantab
