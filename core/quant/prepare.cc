#include "core/quant/prepare.h"

#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/error.h"
#include "core/onnx/official.h"

namespace quantab {
namespace {

constexpr int64_t kFirstWithQuantize = 10;  // QuantizeLinear, MatMulInteger, ConvInteger
constexpr int64_t kFirstWithDynamic = 11;   // DynamicQuantizeLinear, Round
constexpr int64_t kFirstWithAxis = 13;      // QuantizeLinear and DequantizeLinear along an axis

int64_t OnlyOpset(const onnx::ModelProto& proto) {
  int64_t version = 0;
  int count = 0;
  for (const auto& import : proto.opset_import()) {
    if (!CanonicalDomain(import.domain()).empty()) continue;
    version = import.version();
    ++count;
  }
  if (count > 1) {
    ThrowInvalidModel("The model imports the operator set 'ai.onnx' " + std::to_string(count) +
                      " times; which version its nodes mean is unknown.");
  }
  if (count == 0) {
    ThrowUnsupported(
        "Unsupported: the model imports no 'ai.onnx' operator set, so quantized operators cannot "
        "be added to it.");
  }
  return version;
}

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

}  // namespace

Model PrepareModel(const Model& model, StaticOptions& options, Monitor* monitor) {
  Model prepared = model;
  DropOverridden(*prepared.proto.mutable_graph());
  int64_t version = OnlyOpset(prepared.proto);
  const bool dynamic = options.quant_format == "dynamic";
  const int64_t first = dynamic || !options.quantize_bias ? kFirstWithDynamic : kFirstWithQuantize;
  if (version < first) {
    Warn(monitor, "The model's operator set " + std::to_string(version) +
                      " lacks quantized operators; it was converted to " +
                      std::to_string(kFirstWithDynamic) + ".");
    ConvertVersion(prepared, kFirstWithDynamic);
    version = kFirstWithDynamic;
  }
  if (options.quant_format == "QDQ" && options.per_channel && version < kFirstWithAxis) {
    try {
      ConvertVersion(prepared, kFirstWithAxis);
      Warn(monitor, "The model's operator set was converted from " + std::to_string(version) +
                        " to 13, which scales per channel need.");
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      options.per_channel = false;
      Warn(monitor,
           "Weights have one scale each: scales per channel need operator set 13, and the model "
           "could not be converted. " +
               error.message());
    }
  }
  InferMainGraph(prepared, monitor);
  return prepared;
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
