#include "core/cli/quantize_result.h"

#include <cstdio>

#include "core/api/files.h"
#include "core/cli/console.h"

namespace quantab {

std::string WriteQuantized(const Invocation& invocation, const Model& model,
                           const Model& quantized) {
  WriteOptions options;
  options.use_external_data_format = invocation.Flag("use_external_data_format");
  const std::string path = invocation.Value("output");
  const uint64_t before = FileBytes(model);
  const uint64_t after = WriteModelFile(quantized, path, options, invocation.monitor);
  const double percent =
      before == 0 ? 100.0 : 100.0 * static_cast<double>(after) / static_cast<double>(before);
  if (invocation.json) {
    return nlohmann::ordered_json(
               {{"output", path}, {"bytesBefore", before}, {"bytesAfter", after}})
               .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
  }
  return path + ": " + HumanBytes(after) + ", was " + HumanBytes(before) + " (" +
         HumanNumber(percent, 3) + " %)\n";
}

}  // namespace quantab
