#include "core/quant/overrides.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "core/base/error.h"
#include "core/quant/params.h"
#include "core/quant/select.h"

namespace quantab {
namespace {

// The overrides of one tensor being checked.
class Checker {
 public:
  Checker(const std::string& tensor, const onnx::TensorProto* constant,
          const StaticOptions& options)
      : tensor_(tensor), constant_(constant), options_(options) {}

  void Check(const std::vector<TensorQuantOverride>& entries) const {
    if (entries.empty()) return;
    if (entries.size() > 1 || entries[0].axis) {
      CheckChannels(entries);
    } else {
      CheckEntry(entries[0], TypeOfEntry(entries[0]));
      if (entries[0].convert) CheckConversion(entries[0]);
    }
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    ThrowInvalidArgument("'tensor_quant_overrides' of '" + tensor_ + "': " + what);
  }

  // Nothing for a constant that may be a weight or an operand like activations.
  std::optional<QuantType> TypeOfEntry(const QuantOverride& entry) const {
    if (entry.quant_type) return entry.quant_type;
    if (constant_ == nullptr || options_.activation_type == options_.weight_type) {
      return options_.activation_type;
    }
    return std::nullopt;
  }

  void CheckEntry(const QuantOverride& entry, std::optional<QuantType> type) const {
    if (entry.scale.has_value() != entry.zero_point.has_value()) {
      Fail("'scale' and 'zero_point' go together; give both or neither.");
    }
    if (entry.scale && (entry.symmetric || entry.reduce_range || entry.rmin || entry.rmax)) {
      Fail(
          "'scale' and 'zero_point' leave nothing for 'symmetric', 'reduce_range', 'rmin' and "
          "'rmax' to say; give the ones or the others.");
    }
    if (entry.scale && !(std::isfinite(*entry.scale) && static_cast<float>(*entry.scale) > 0)) {
      Fail("'scale' must be a positive number.");
    }
    if (entry.zero_point && type) CheckZeroPoint(*entry.zero_point, *type);
    for (const auto& end : {entry.rmin, entry.rmax}) {
      if (end && !std::isfinite(static_cast<float>(*end))) {
        Fail("'rmin' and 'rmax' must be finite.");
      }
    }
    if (entry.rmin && entry.rmax && *entry.rmin > *entry.rmax) {
      Fail("'rmin' is greater than 'rmax'.");
    }
    if (entry.reduce_range && constant_ == nullptr) {
      Fail("'reduce_range' is for constants, and this is an activation.");
    }
    CheckType(entry, type);
  }

  void CheckType(const QuantOverride& entry, std::optional<QuantType> type) const {
    if (!type) return;
    if (*type == QuantType::kQFloat8E4M3FN) {
      if (options_.activation_type != *type) {
        Fail(
            "QFLOAT8E4M3FN is possible only where 'activation_type' and 'weight_type' are that "
            "too.");
      }
      if (entry.rmin || entry.rmax || entry.symmetric || entry.reduce_range.value_or(false)) {
        Fail(
            "the scale of float8 follows from the standard deviation; 'rmin', 'rmax', "
            "'symmetric' and 'reduce_range' say nothing about it. Give 'scale' and "
            "'zero_point' 0.");
      }
    } else if (options_.quant_format != "QDQ" && InfoOf(*type).bits != 8) {
      Fail(std::string(NameOf(*type)) +
           " needs 'quant_format' QDQ; QOperator has QInt8 and "
           "QUInt8.");
    }
  }

  void CheckZeroPoint(int64_t zero_point, QuantType type) const {
    QRange range;
    if (type != QuantType::kQFloat8E4M3FN) {
      range = QRangeOf(DTypeOfQuantType(type), false, false);
    }
    if (zero_point < range.min || zero_point > range.max) {
      Fail("'zero_point' " + std::to_string(zero_point) + " is not one of " +
           std::string(NameOf(type)) + ", whose values are " + std::to_string(range.min) + " to " +
           std::to_string(range.max) + " (float8: 0).");
    }
  }

  void CheckConversion(const TensorQuantOverride& entry) const {
    const ConvertOverride& convert = *entry.convert;
    if (constant_ != nullptr) Fail("'convert' is for activations, and this is a constant.");
    if (options_.quant_format != "QDQ") Fail("'convert' needs 'quant_format' QDQ.");
    if (!convert.quant_type) Fail("'convert' needs a 'quant_type'.");
    if (*convert.quant_type == entry.quant_type.value_or(options_.activation_type)) {
      Fail("'convert' has the type that the tensor has already.");
    }
    CheckEntry(convert, convert.quant_type);
  }

  void CheckChannels(const std::vector<TensorQuantOverride>& entries) const {
    const TensorQuantOverride& first = entries[0];
    if (constant_ == nullptr) Fail("only constants have scales per channel.");
    if (!first.axis) Fail("the first of several entries needs an 'axis'.");
    const int64_t rank = constant_->dims_size();
    const std::optional<int64_t> axis = NormalizedAxis(*first.axis, rank);
    if (!axis) {
      Fail("'axis' " + std::to_string(*first.axis) + " is none of its " + std::to_string(rank) +
           " dimensions.");
    }
    const int64_t channels = constant_->dims(static_cast<int>(*axis));
    if (entries.size() > 1 && static_cast<int64_t>(entries.size()) != channels) {
      Fail("there are " + std::to_string(entries.size()) + " entries for " +
           std::to_string(channels) + " channels; give one for all or one for each.");
    }
    for (const TensorQuantOverride& entry : entries) {
      if (entry.convert) Fail("'convert' is for activations, and this is a constant.");
      CheckSame(first, entry, *axis);
      CheckEntry(entry, TypeOfEntry(first));
    }
  }

  // What all channels have in common, and what all or none must give.
  void CheckSame(const TensorQuantOverride& first, const TensorQuantOverride& entry,
                 int64_t axis) const {
    const int64_t rank = constant_->dims_size();
    if ((entry.quant_type && entry.quant_type != first.quant_type) ||
        (entry.symmetric && entry.symmetric != first.symmetric) ||
        (entry.reduce_range && entry.reduce_range != first.reduce_range) ||
        (entry.axis && NormalizedAxis(*entry.axis, rank) != axis)) {
      Fail(
          "all channels have one 'axis', 'quant_type', 'symmetric' and 'reduce_range'; give "
          "them in the first entry.");
    }
    if (entry.scale.has_value() != first.scale.has_value() ||
        entry.zero_point.has_value() != first.zero_point.has_value()) {
      Fail("'scale' and 'zero_point' must be given for every channel or for none.");
    }
    if (entry.rmin.has_value() != first.rmin.has_value() ||
        entry.rmax.has_value() != first.rmax.has_value() ||
        entry.rmin.has_value() != entry.rmax.has_value()) {
      Fail("'rmin' and 'rmax' must be given, both, for every channel or for none.");
    }
  }

  const std::string& tensor_;
  const onnx::TensorProto* constant_;
  const StaticOptions& options_;
};

void CheckReaders(const std::string& tensor, const ConvertOverride& convert,
                  const onnx::GraphProto& graph) {
  for (const std::string& name : convert.recv_nodes) {
    const bool reads = std::any_of(graph.node().begin(), graph.node().end(), [&](const auto& node) {
      return !name.empty() && node.name() == name &&
             std::find(node.input().begin(), node.input().end(), tensor) != node.input().end();
    });
    if (!reads) {
      ThrowInvalidArgument("'tensor_quant_overrides' of '" + tensor + "': 'recv_nodes' names '" +
                           name + "', but no node of that name reads the tensor.");
    }
  }
}

}  // namespace

const std::vector<TensorQuantOverride>* FindOverrides(const TensorQuantOverrides& overrides,
                                                      const std::string& tensor) {
  const auto found = overrides.find(tensor);
  return found == overrides.end() || found->second.empty() ? nullptr : &found->second;
}

bool IsPerChannel(const std::vector<TensorQuantOverride>& entries) {
  return !entries.empty() && entries[0].axis.has_value();
}

const QuantOverride& OverrideOfChannel(const std::vector<TensorQuantOverride>& entries,
                                       size_t index) {
  return entries.size() == 1 ? entries[0] : entries.at(index);
}

std::optional<int64_t> NormalizedAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank) return std::nullopt;
  return axis < 0 ? axis + rank : axis;
}

bool UsesType(const StaticOptions& options, const std::function<bool(QuantType)>& wanted) {
  if (wanted(options.activation_type) || wanted(options.weight_type)) return true;
  for (const auto& [tensor, entries] : options.tensor_quant_overrides) {
    for (const TensorQuantOverride& entry : entries) {
      if (entry.quant_type && wanted(*entry.quant_type)) return true;
      if (entry.convert && entry.convert->quant_type && wanted(*entry.convert->quant_type)) {
        return true;
      }
    }
  }
  return false;
}

void CheckOverrides(const Model& model, const StaticOptions& options) {
  const onnx::GraphProto& graph = model.proto.graph();
  if (options.tensor_quant_overrides.empty()) return;
  std::unordered_map<std::string, const onnx::TensorProto*> constants;
  for (const auto& tensor : graph.initializer()) constants[tensor.name()] = &tensor;
  std::unordered_set<std::string> values;
  for (const auto& input : graph.input()) values.insert(input.name());
  for (const auto& node : graph.node()) values.insert(node.output().begin(), node.output().end());
  values.erase("");

  for (const auto& [tensor, entries] : options.tensor_quant_overrides) {
    const auto constant = constants.find(tensor);
    if (constant == constants.end() && !values.contains(tensor)) {
      std::vector<std::string> candidates(values.begin(), values.end());
      for (const auto& [name, proto] : constants) candidates.push_back(name);
      std::string near;
      for (const std::string& name : NearNames(tensor, candidates)) {
        near += (near.empty() ? " Did you mean '" : "' or '") + name;
      }
      ThrowInvalidArgument("'tensor_quant_overrides' names '" + tensor +
                           "', but the model's main graph has no tensor of that name." +
                           (near.empty() ? near : near + "'?"));
    }
    Checker(tensor, constant == constants.end() ? nullptr : constant->second, options)
        .Check(entries);
    if (!entries.empty() && entries[0].convert) CheckReaders(tensor, *entries[0].convert, graph);
  }
}

}  // namespace quantab
