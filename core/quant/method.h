// Quantization methods: the forms a quantized graph can have. A method is one file in
// quant/methods/.
#pragma once

#include <string_view>
#include <vector>

#include "core/base/registry.h"
#include "core/quant/request.h"

namespace quantab {

struct QuantMethodDef {
  std::string_view name;  // "dynamic", or the name of a QuantFormat: "QDQ"
  // Operator types it quantizes when the options name none.
  std::vector<std::string> (*types)() = nullptr;
  // Whether op_types_to_quantize may name only operators with a rule for this method; else
  // operators without one follow the method's general rule.
  bool needs_rule = false;
  // Whether it needs the activations' ranges.
  bool needs_ranges = false;
  // Names of nodes beside the model's own that the options may mention.
  std::vector<std::string> (*aliases)(const onnx::GraphProto& graph) = nullptr;
  Model (*quantize)(const QuantRequest& request) = nullptr;
};

class QuantMethodRegistry {
 public:
  // The registry with every method of quant/methods/; made once.
  static const QuantMethodRegistry& Get();

  void Add(QuantMethodDef def) { defs_.push_back(def); }
  // Throws Error(kInvalidArgument) that lists the formats there are.
  const QuantMethodDef& Find(std::string_view name) const;
  const std::vector<QuantMethodDef>& all() const { return defs_; }

 private:
  std::vector<QuantMethodDef> defs_;
};

template <>
struct RegistryType<struct quant_methods_tag> {
  using type = QuantMethodRegistry;
};

}  // namespace quantab
