// The main graph of a model while it is being lowered: who makes and who reads each value, kept up
// to date through edits, and the constants' values.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/graph/pattern_view.h"
#include "core/tensor/tensor.h"

namespace quantab {

// One scale and zero point for a whole tensor, both constant.
struct PerTensor {
  std::string scale, zero;  // the values' names; `zero` may be empty
  float scale_value = 1;
  int32_t zero_value = 0;
  DType dtype = DType::kUint8;  // of the quantized side: kUint8 or kInt8
};

// A quantized tensor behind a DequantizeLinear.
struct Dequantized {
  std::string value;  // the quantized tensor
  PerTensor by;
};

// The same for a constant, with a scale for all or for each index of `axis`.
struct DequantizedConstant {
  std::string value, scale, zero;
  Tensor scales;  // float32
  int axis = 0;
  DType dtype = DType::kUndefined;  // kUint8, kInt8 or kInt32
};

class LowerGraph final : public PatternView {
 public:
  explicit LowerGraph(Model& model);

  Model& model() { return model_; }
  const Model& model() const { return model_; }
  int64_t opset() const { return opset_; }

  // What binary operator `i` reads beside `value`; empty where that is `value` again or nothing.
  std::string OtherOperand(int i, const std::string& value) const;

  // Nodes keep their index until Finish(), those added come last.
  int size() const { return graph_.node_size(); }
  const onnx::NodeProto& node(int i) const override { return graph_.node(i); }
  // The nodes, each after those that make what it reads.
  std::vector<int> TopologicalOrder() const;
  // Whether it is this operator of ai.onnx (Q and DQ of com.microsoft count as ONNX's).
  bool Is(int i, std::string_view op_type) const;

  int Producer(const std::string& value) const override;
  // The nodes that read it, each once; captures by subgraphs count.
  const std::vector<int>& Readers(const std::string& value) const;
  bool IsOutput(const std::string& value) const { return outputs_.contains(value); }
  // The only reader of the only needed output of node `i`, or -1 when there are others.
  int OnlyReader(int i) const;
  int OnlyReader(const std::string& value) const override;
  bool IsReadOnlyBy(const std::string& value, const std::vector<int>& nodes) const override;

  // The value of an initializer that no caller can replace, or of a Constant node; absent
  // otherwise, also when the node is malformed.
  std::optional<Tensor> Constant(const std::string& value) const;
  bool IsConstant(const std::string& value) const;
  // A float32 constant without dimensions: one that has some may give its reader's result more.
  std::optional<double> Scalar(const std::string& value) const override;
  // Of a constant; kUndefined for the others.
  DType TypeOfValue(const std::string& value) const override;
  // Its shape alone, without loading it.
  std::optional<Shape> ConstantShape(const std::string& value) const;
  // A new initializer; the name given to it begins with `hint`.
  std::string AddConstant(const std::string& hint, const Tensor& tensor);
  std::string NewName(const std::string& hint);

  // Puts `node` in the place of node `i`.
  void Replace(int i, onnx::NodeProto node);
  // Puts `node` in the place of node `last`, one of `nodes`, and takes out the others.
  void ReplaceTogether(const std::vector<int>& nodes, int last, onnx::NodeProto node);
  void Add(onnx::NodeProto node);
  // Takes node `i` out; its index stays, as that of no operator.
  void Remove(int i) { Replace(i, onnx::NodeProto()); }
  // Makes every reader of `from` read `to`; not for values captured by subgraphs or graph outputs.
  void Redirect(const std::string& from, const std::string& to);
  bool IsCaptured(const std::string& value) const { return captured_.contains(value); }

  // Takes out nodes whose outputs nobody needs.
  void RemoveUnneeded();
  // Ends the work: the same, and puts the other nodes in order.
  void Finish();

  // What `value` is dequantized from, when it is made by a DequantizeLinear of 8-bit values with
  // constant parameters for the whole tensor.
  std::optional<Dequantized> DequantizedFrom(const std::string& value) const;
  std::optional<DequantizedConstant> DequantizedFromConstant(const std::string& value) const;
  // The parameters of QuantizeLinear `i`, when they are constant, 8-bit and for the whole tensor.
  // Adds a zero point where the node leaves it out.
  std::optional<PerTensor> QuantizedTo(int i);

 private:
  std::optional<PerTensor> Parameters(const onnx::NodeProto& node) const;
  void Index(int i);
  void Unindex(int i);
  std::vector<bool> NeededNodes() const;

  Model& model_;
  onnx::GraphProto& graph_;
  int64_t opset_;
  std::unordered_map<std::string, int> producers_;
  std::unordered_map<std::string, std::vector<int>> readers_;
  std::unordered_map<std::string, int> initializers_;
  std::unordered_set<std::string> inputs_, outputs_, captured_, names_;
};

// Input or output `i` of a node; empty where a malformed node has not so many.
const std::string& InputOf(const onnx::NodeProto& node, int i);
const std::string& OutputOf(const onnx::NodeProto& node, int i);

// Helpers that build nodes.
onnx::NodeProto MakeNode(const std::string& op_type, const std::string& domain,
                         const std::string& name, std::vector<std::string> inputs,
                         const std::string& output);
// These replace an attribute of that name.
void SetInt(onnx::NodeProto& node, const std::string& name, int64_t value);
void SetFloat(onnx::NodeProto& node, const std::string& name, float value);
void SetString(onnx::NodeProto& node, const std::string& name, const std::string& value);
int64_t IntAttribute(const onnx::NodeProto& node, const std::string& name, int64_t otherwise);
float FloatAttribute(const onnx::NodeProto& node, const std::string& name, float otherwise);

struct Bias {
  Tensor values;
  bool exact = true;  // none was rounded
};

// The int32 values of a bias that is `dequantized` (or absent: empty) in the scale `x_scale` times
// each of `w_scales`, `count` of them; nothing when the bias does not fit, or is not one value for
// each index of the last dimension. When it already has that scale, its values are unchanged.
std::optional<Bias> BiasInScale(LowerGraph& graph, const std::string& dequantized, float x_scale,
                                const Tensor& w_scales, int64_t count);

}  // namespace quantab
