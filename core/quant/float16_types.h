// Element types of all values of a model, graphs inside graphs included, in ONNX's notation
// ("tensor(float)", "seq(tensor(float16))"), and whether they fit the operators. Unlike shape
// inference this needs no shapes, and follows the operators of com.microsoft.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/onnx/model.h"
#include "onnx/defs/schema.h"

namespace quantab {

// "" for a type that is not written down or not known.
std::string TypeTextOf(const onnx::TypeProto& type);

// A tensor of float32, or a sequence or optional of such.
bool HoldsFloat(const std::string& type);
// `type` with float16 in the place of float32.
std::string WithHalf(const std::string& type);
// Replaces the element type of a tensor, or of what a sequence or optional holds.
void SetElementType(onnx::TypeProto& type, onnx::TensorProto::DataType element);

// The schema of an operator in the model's operator sets, or nullptr.
const onnx::OpSchema* SchemaOf(const onnx::ModelProto& model, const onnx::NodeProto& node);
// What the schema says about input or output `index`, or nullptr.
const onnx::OpSchema::FormalParameter* FormalOf(
    const std::vector<onnx::OpSchema::FormalParameter>& formals, int index);
bool Allows(const onnx::OpSchema::FormalParameter& formal, const std::string& type);

// An operator without a schema here that ONNX Runtime knows, and that has a float16 form. Bit i of
// a mask stands for input or output i.
struct HalfContribOp {
  std::string_view op_type;
  uint32_t float_inputs = 0;   // always float32
  uint32_t float_outputs = 0;  // always float32
  uint32_t other_outputs = 0;  // not floating-point
};
// nullptr when it is none.
const HalfContribOp* FindHalfContribOp(const onnx::NodeProto& node);
inline bool InMask(uint32_t mask, int index) { return index < 32 && ((mask >> index) & 1) != 0; }

class ElementTypes {
 public:
  // Throws Error(kInvalidModel) for a graph that cannot be sorted.
  explicit ElementTypes(const onnx::ModelProto& model);

  // The type of a value as seen from inside `graph`, one of the model's; "" when unknown.
  const std::string& Of(const onnx::GraphProto& graph, const std::string& value) const;

  // The first place where types do not fit, as the rest of a sentence, or nothing.
  const std::optional<std::string>& complaint() const { return complaint_; }

 private:
  struct Scope {
    const onnx::GraphProto* outer = nullptr;
    std::unordered_map<std::string, std::string> types;
  };
  using Types = std::vector<std::string>;

  void VisitGraph(const onnx::GraphProto& graph, const onnx::GraphProto* outer);
  void VisitNode(const onnx::GraphProto& graph, const onnx::NodeProto& node, int index);
  void VisitBodies(const onnx::GraphProto& graph, const onnx::NodeProto& node, const Types& inputs);
  void CheckNode(const onnx::NodeProto& node, int index, const onnx::OpSchema& schema,
                 const Types& inputs);
  void CheckBodies(const onnx::NodeProto& node, int index, const Types& inputs);
  std::string OutputType(const onnx::NodeProto& node, const onnx::OpSchema* schema,
                         const Types& inputs, int index);
  std::string BodyOutputType(const onnx::NodeProto& node, int index);
  void CheckDeclared(const std::string& value, const std::string& type,
                     const std::string& declared);
  void Complain(const onnx::NodeProto& node, int index, const std::string& what);

  const onnx::ModelProto& model_;
  std::unordered_map<const onnx::GraphProto*, Scope> scopes_;
  std::optional<std::string> complaint_;
  const std::string unknown_;
};

}  // namespace quantab
