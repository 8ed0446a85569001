// How an operator is quantized. A rule is one file in quant/rules/, for one operator or a family of
// twins, and says what becomes of it in each method; a method without an entry leaves the operator
// in float (dynamic, QOperator) or treats it by the general rule (QDQ).
#pragma once

#include <string_view>
#include <vector>

#include "core/base/registry.h"
#include "core/onnx/model.h"

namespace quantab {

class DynamicRewriter;
class QOperatorRewriter;
class QdqMarker;

struct RuleDef {
  std::string_view op_type;
  std::string_view domain = "";  // "" is ai.onnx

  // Dynamic: appends what takes the node's place and returns true, or returns false to keep the
  // node in float. Called only for nodes that the options select.
  bool (*dynamic)(DynamicRewriter& rewriter, const onnx::NodeProto& node) = nullptr;

  // QOperator: as dynamic.
  bool (*qoperator)(QOperatorRewriter& rewriter, const onnx::NodeProto& node) = nullptr;

  // QDQ: marks the tensors that get QuantizeLinear and DequantizeLinear. May edit the node.
  void (*qdq)(QdqMarker& marker, onnx::NodeProto& node) = nullptr;
};

class RuleRegistry {
 public:
  // The registry with every rule of quant/rules/; made once.
  static const RuleRegistry& Get();

  void Add(RuleDef def) { defs_.push_back(def); }
  // The rule for `node`, or nullptr.
  const RuleDef* Find(const onnx::NodeProto& node) const;
  const std::vector<RuleDef>& all() const { return defs_; }

 private:
  std::vector<RuleDef> defs_;
};

template <>
struct RegistryType<struct rules_tag> {
  using type = RuleRegistry;
};

}  // namespace quantab
