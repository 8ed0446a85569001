#include "core/quant/qnn_overrides.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>

#include "core/quant/overrides.h"

namespace quantab {
namespace {

constexpr double kScale15 = 1.0 / 32768.0;
constexpr double kScale16 = 1.0 / 65536.0;

class QnnOverrides {
 public:
  QnnOverrides(const Model& model, StaticOptions& options, Monitor* monitor)
      : options_(options), overrides_(options.tensor_quant_overrides), monitor_(monitor) {
    for (const auto& tensor : model.proto.graph().initializer()) constants_.insert(tensor.name());
    constants_.erase("");
  }

  void Add(const onnx::NodeProto& node) {
    const std::string& type = node.op_type();
    if (type == "Sigmoid") {
      FixOutput(node, {kScale16, 0}, {kScale15, 0});
    } else if (type == "Tanh") {
      FixOutput(node, {kScale15, 32768}, {kScale15, 0});
    } else if (type == "MatMul" && options_.per_channel) {
      ForbidChannels(node);
    } else if (type == "MatMul" || (type == "LayerNormalization" && !options_.per_channel)) {
      TypeWeight(node);
    }
  }

 private:
  struct Parameters {
    double scale;
    int64_t zero_point;
  };

  const TensorQuantOverride* FirstOf(const std::string& tensor) const {
    const std::vector<TensorQuantOverride>* entries = FindOverrides(overrides_, tensor);
    return entries == nullptr ? nullptr : &(*entries)[0];
  }

  // The overrides of `tensor`, to be changed; one where there was none.
  std::vector<TensorQuantOverride>& EntriesOf(const std::string& tensor) {
    std::vector<TensorQuantOverride>& entries = overrides_[tensor];
    if (entries.empty()) entries.emplace_back();
    return entries;
  }

  // Gives an output of 16 bits its parameters, by the sign of its type.
  void FixOutput(const onnx::NodeProto& node, Parameters of_uint16, Parameters of_int16) {
    if (node.output_size() == 0 || node.output(0).empty()) return;
    const TensorQuantOverride* given = FirstOf(node.output(0));
    const QuantType type =
        given != nullptr && given->quant_type ? *given->quant_type : options_.activation_type;
    if (InfoOf(type).bits != 16) return;
    const Parameters& fixed = type == QuantType::kQUInt16 ? of_uint16 : of_int16;
    for (TensorQuantOverride& entry : EntriesOf(node.output(0))) {
      entry.quant_type = type;
      entry.scale = fixed.scale;
      entry.zero_point = fixed.zero_point;
      // They go with no scale.
      entry.symmetric.reset();
      entry.rmin.reset();
      entry.rmax.reset();
    }
  }

  void GiveWeightType(const std::string& constant) {
    for (TensorQuantOverride& entry : EntriesOf(constant)) {
      entry.quant_type = options_.weight_type;
      entry.symmetric = options_.weight_symmetric;
    }
  }

  void ForbidChannels(const onnx::NodeProto& node) {
    for (const std::string& input : node.input()) {
      if (constants_.contains(input) && !overrides_.contains(input)) GiveWeightType(input);
    }
  }

  // The type in which `node` reads an activation.
  QuantType TypeRead(const onnx::NodeProto& node, const std::string& activation) const {
    const TensorQuantOverride* given = FirstOf(activation);
    if (given == nullptr) return options_.activation_type;
    if (given->convert && given->convert->quant_type) {
      const std::vector<std::string>& readers = given->convert->recv_nodes;
      if (readers.empty() ||
          std::find(readers.begin(), readers.end(), node.name()) != readers.end()) {
        return *given->convert->quant_type;
      }
    }
    return given->quant_type.value_or(options_.activation_type);
  }

  void TypeWeight(const onnx::NodeProto& node) {
    if (InfoOf(options_.weight_type).bits != 8 ||
        options_.weight_type == QuantType::kQFloat8E4M3FN) {
      return;
    }
    bool beside_16_bits = false;
    std::string weight;
    for (int i = 0; i < std::min(2, node.input_size()); ++i) {
      const std::string& input = node.input(i);
      if (input.empty()) continue;
      const TensorQuantOverride* given = FirstOf(input);
      if (given != nullptr && given->axis) return;
      if (!constants_.contains(input)) {
        beside_16_bits = beside_16_bits || InfoOf(TypeRead(node, input)).bits == 16;
        continue;
      }
      if (given != nullptr && given->quant_type == options_.weight_type &&
          given->symmetric == options_.weight_symmetric) {
        return;
      }
      weight = input;
    }
    if (!beside_16_bits || weight.empty()) return;
    const std::vector<TensorQuantOverride>* entries = FindOverrides(overrides_, weight);
    if (entries != nullptr && std::any_of(entries->begin(), entries->end(), [](const auto& entry) {
          return entry.quant_type || entry.symmetric;
        })) {
      Warn(monitor_, "'tensor_quant_overrides' of '" + weight + "', which " + node.op_type() +
                         " '" + node.name() +
                         "' reads, stays as it was given; QNN may not run this.");
      return;
    }
    GiveWeightType(weight);
  }

  StaticOptions& options_;
  TensorQuantOverrides& overrides_;
  Monitor* monitor_;
  std::unordered_set<std::string> constants_;
};

}  // namespace

void AddQnnOverrides(const Model& model, const std::vector<const onnx::NodeProto*>& nodes,
                     StaticOptions& options, Monitor* monitor) {
  QnnOverrides overrides(model, options, monitor);
  for (const onnx::NodeProto* node : nodes) overrides.Add(*node);
}

}  // namespace quantab
