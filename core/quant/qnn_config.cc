#include "core/quant/qnn_config.h"

#include <utility>

#include "core/quant/config.h"
#include "core/quant/mixed_precision.h"
#include "core/quant/overrides.h"
#include "core/quant/qnn_overrides.h"

namespace quantab {
namespace {

constexpr int64_t kFirstWithQnnTypes = 21;  // QuantizeLinear of integers of 4 and 16 bits
constexpr double kNarrowestRange = 1e-4;

}  // namespace

StaticOptions QnnConfigDefaults() {
  StaticOptions options;
  options.activation_type = QuantType::kQUInt8;
  options.weight_type = QuantType::kQUInt8;
  options.minimum_real_range = kNarrowestRange;
  return options;
}

StaticOptions QnnConfig(const Model& model, StaticOptions options, Monitor* monitor) {
  if (!options.weight_symmetric) {
    options.weight_symmetric =
        options.weight_type == QuantType::kQInt8 || options.weight_type == QuantType::kQInt16;
  }
  if (options.add_qtype_converts && !options.tensor_quant_overrides.empty()) {
    options.tensor_quant_overrides =
        FixMixedPrecision(model, std::move(options.tensor_quant_overrides), options.activation_type,
                          options.activation_symmetric);
  }
  const std::vector<const onnx::NodeProto*> nodes = NodesAskedFor(model, options);
  AddQnnOverrides(model, nodes, options, monitor);
  if (options.op_types_to_quantize.empty()) {
    options.op_types_to_quantize = OpTypesOf(nodes, {"Cast"});
  }
  const auto lacks = [](QuantType type) { return InfoOf(type).bits != 8; };
  if (OpsetVersion(model.proto) < kFirstWithQnnTypes && UsesType(options, lacks)) {
    options.use_qdq_contrib_ops = true;
  }
  return options;
}

}  // namespace quantab
