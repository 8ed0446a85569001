#include "core/quant/qdq_config.h"

#include "core/quant/config.h"
#include "core/quant/overrides.h"

namespace quantab {
namespace {

constexpr int64_t kFirstWithSmallTypes = 21;  // QuantizeLinear of integers of 4 and 16 bits

bool UsesBitsOf(const StaticOptions& options, int bits) {
  return UsesType(options, [bits](QuantType type) { return InfoOf(type).bits == bits; });
}

}  // namespace

StaticOptions QdqConfigDefaults() {
  StaticOptions options;
  options.activation_type = QuantType::kQUInt8;
  options.weight_type = QuantType::kQInt8;
  options.force_quantize_no_input_check = true;
  return options;
}

StaticOptions QdqConfig(const Model& model, StaticOptions options, Monitor*) {
  if (options.op_types_to_quantize.empty()) {
    options.op_types_to_quantize = OpTypesOf(NodesAskedFor(model, options), {"Cast"});
  }
  // For 16 bits the operator set is converted, and has 4 bits then too.
  if (OpsetVersion(model.proto) < kFirstWithSmallTypes && UsesBitsOf(options, 4) &&
      !UsesBitsOf(options, 16)) {
    options.use_qdq_contrib_ops = true;
  }
  return options;
}

}  // namespace quantab
