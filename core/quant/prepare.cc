#include "core/quant/prepare.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/onnx/official.h"
#include "core/quant/overrides.h"
#include "core/quant/upgrade_opset.h"

namespace quantab {
namespace {

constexpr int64_t kFirstWithQuantize = 10;  // QuantizeLinear, MatMulInteger, ConvInteger
constexpr int64_t kFirstWithDynamic = 11;   // DynamicQuantizeLinear, Round
constexpr int64_t kFirstWithAxis = 13;      // QuantizeLinear and DequantizeLinear along an axis
constexpr int64_t kFirstWithHalf = 19;      // and with float8, and with scales of float16
constexpr int64_t kFirstWithAll = 21;       // and with integers of 4 and 16 bits, and blocks

// Of several initializers of one name the last counts.
void DropOverridden(onnx::GraphProto& graph) {
  auto& initializers = *graph.mutable_initializer();
  std::unordered_map<std::string_view, int> last;
  for (int i = 0; i < initializers.size(); ++i) last[initializers[i].name()] = i;
  int kept = 0;
  for (int i = 0; i < initializers.size(); ++i) {
    const std::string& name = initializers[i].name();
    if (!name.empty() && last[name] != i) continue;
    if (kept != i) initializers.SwapElements(kept, i);
    ++kept;
  }
  initializers.DeleteSubrange(kept, initializers.size() - kept);
}

bool UsesBits(const StaticOptions& options, int bits) {
  return UsesType(options, [bits](QuantType type) { return InfoOf(type).bits == bits; });
}

// Whether there are float16 values in the main graph, as far as the file says.
bool HasFloat16(const onnx::GraphProto& graph) {
  constexpr int32_t kHalf = onnx::TensorProto::FLOAT16;
  const auto is_half = [](const onnx::ValueInfoProto& info) {
    return info.type().tensor_type().elem_type() == kHalf;
  };
  const auto any = [](const auto& list, auto test) {
    return std::any_of(list.begin(), list.end(), test);
  };
  return any(graph.initializer(), [](const auto& t) { return t.data_type() == kHalf; }) ||
         any(graph.input(), is_half) || any(graph.output(), is_half) ||
         any(graph.node(), [](const onnx::NodeProto& node) {
           return node.op_type() == "Cast" && IntAttribute(node, "to", 0) == kHalf;
         });
}

// The operator set that types and formats need.
void UpgradeForTypes(OpsetUpgrade& upgrade, const StaticOptions& options) {
  const auto is_float8 = [](QuantType type) { return type == QuantType::kQFloat8E4M3FN; };
  if (options.block_size > 0) {
    upgrade.To(kFirstWithAll, "which blocks of weights need");
  } else if (is_float8(options.weight_type)) {
    upgrade.To(kFirstWithHalf, "which float8 needs");
  } else if (UsesBits(options, 16)) {
    upgrade.Try(kFirstWithAll, "which types of 16 bits need",
                "QuantizeLinear and DequantizeLinear are com.microsoft's,");
  }
  const bool dynamic = options.quant_format == "dynamic";
  const int64_t first = dynamic || !options.quantize_bias ? kFirstWithDynamic : kFirstWithQuantize;
  if (upgrade.version() < first) {
    upgrade.To(kFirstWithDynamic, "since it lacked quantized operators");
  }
}

// The operator set that the form of QuantizeLinear and DequantizeLinear needs.
void UpgradeForQdq(OpsetUpgrade& upgrade, StaticOptions& options, const onnx::GraphProto& graph) {
  if (UsesContribOps(options, upgrade.version())) return;
  if (HasFloat16(graph) &&
      !upgrade.Try(kFirstWithHalf, "which scales of float16 need",
                   "QuantizeLinear and DequantizeLinear are com.microsoft's,")) {
    options.use_qdq_contrib_ops = true;
    return;
  }
  if (options.per_channel && !upgrade.Try(kFirstWithAxis, "which scales per channel need",
                                          "Weights have one scale each,")) {
    options.per_channel = false;
  }
}

}  // namespace

Model PrepareModel(const Model& model, StaticOptions& options, Monitor* monitor) {
  Model prepared = model;
  DropOverridden(*prepared.proto.mutable_graph());
  OpsetUpgrade upgrade(prepared, monitor);
  UpgradeForTypes(upgrade, options);
  if (options.quant_format == "QDQ") UpgradeForQdq(upgrade, options, prepared.proto.graph());
  InferMainGraph(prepared, monitor);
  return prepared;
}

bool UsesContribOps(const StaticOptions& options, int64_t opset) {
  return options.use_qdq_contrib_ops ||
         (opset < kFirstWithAll && (UsesBits(options, 4) || UsesBits(options, 16)));
}

void InferMainGraph(Model& model, Monitor* monitor) {
  Model inferred = model;
  InferShapes(inferred, monitor);
  *model.proto.mutable_graph()->mutable_value_info() = inferred.proto.graph().value_info();
}

StaticOptions ToStaticOptions(const DynamicOptions& dynamic) {
  StaticOptions options;
  options.quant_format = "dynamic";
  options.op_types_to_quantize = dynamic.op_types_to_quantize;
  options.per_channel = dynamic.per_channel;
  options.reduce_range = dynamic.reduce_range;
  options.activation_type = QuantType::kQUInt8;
  options.weight_type = dynamic.weight_type;
  options.nodes_to_quantize = dynamic.nodes_to_quantize;
  options.nodes_to_exclude = dynamic.nodes_to_exclude;
  options.weight_symmetric = dynamic.weight_symmetric;
  options.activation_symmetric = dynamic.activation_symmetric;
  options.matmul_const_b_only = dynamic.matmul_const_b_only;
  options.enable_subgraph = dynamic.enable_subgraph;
  options.force_quantize_no_input_check = dynamic.force_quantize_no_input_check;
  options.minimum_real_range = dynamic.minimum_real_range;
  options.default_tensor_type = dynamic.default_tensor_type;
  return options;
}

}  // namespace quantab
