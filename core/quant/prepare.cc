#include "core/quant/prepare.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/onnx/official.h"
#include "core/passes/steps.h"
#include "core/quant/overrides.h"

namespace quantab {
namespace {

constexpr int64_t kFirstWithQuantize = 10;  // QuantizeLinear, MatMulInteger, ConvInteger
constexpr int64_t kFirstWithDynamic = 11;   // DynamicQuantizeLinear, Round
constexpr int64_t kFirstWithAxis = 13;      // QuantizeLinear and DequantizeLinear along an axis
constexpr int64_t kFirstWithHalf = 19;      // and with float8, and with scales of float16
constexpr int64_t kFirstWithAll = 21;       // and with integers of 4 and 16 bits, and blocks

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

// A model that is being converted, and its operator set.
class Upgrade {
 public:
  Upgrade(Model& model, int64_t version, Monitor* monitor)
      : model_(model), version_(version), monitor_(monitor) {}

  int64_t version() const { return version_; }

  // Does nothing where the operator set is new enough. `why` ends the sentence of a warning.
  void To(int64_t version, const std::string& why) {
    if (version_ >= version) return;
    PreProcessOptions options;
    options.opset_version = version;
    ConvertOpset(model_, options, monitor_);
    Warn(monitor_, "The model's operator set was converted from " + std::to_string(version_) +
                       " to " + std::to_string(version) + ", " + why + ".");
    version_ = version;
  }

  // As To. Where the model cannot be converted, it stays as it was; `instead` begins the sentence
  // of the warning about it.
  bool Try(int64_t version, const std::string& why, const std::string& instead) {
    try {
      To(version, why);
      return true;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      Warn(monitor_, instead + " since the model could not be converted to operator set " +
                         std::to_string(version) + ". " + error.message());
      return false;
    }
  }

 private:
  Model& model_;
  int64_t version_;
  Monitor* monitor_;
};

// The operator set that types and formats need.
void UpgradeForTypes(Upgrade& upgrade, const StaticOptions& options) {
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
void UpgradeForQdq(Upgrade& upgrade, StaticOptions& options, const onnx::GraphProto& graph) {
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
  Upgrade upgrade(prepared, OnlyOpset(prepared.proto), monitor);
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
