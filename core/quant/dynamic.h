// Dynamic quantization: weights become integers now, activations become integers while the model
// runs (DynamicQuantizeLinear), operators become their integer forms. Rules rewrite one node each
// through this class.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/graph/graph_edit.h"
#include "core/quant/decompose_gemm.h"
#include "core/quant/dynamic_scope.h"
#include "core/quant/request.h"

namespace quantab {

// What was found out about a model before its rewriting.
struct DynamicFacts {
  Model inferred;                        // the same nodes, with inferred types in all graphs
  TransposedConstants transposed;        // by DecomposeGemms
  std::unordered_set<std::string> tied;  // by TiedTables
};

class DynamicRewriter {
 public:
  // `model`, whose Gemms are decomposed, is rewritten in place by Run.
  DynamicRewriter(Model& model, const QuantRequest& request, const Selection& selection,
                  DynamicFacts facts);

  void Run();

  // For the rules. Names mean what they mean to the node that is being rewritten; what has to be
  // made for a value is made in the graph that declares it.
  const StaticOptions& options() const { return request_.options; }
  // kUndefined when unknown.
  DType TypeOfValue(const std::string& value) const { return OwnerOf(value).TypeOfValue(value); }
  bool IsFloat(const std::string& value) const { return TypeOfValue(value) == DType::kFloat; }
  // Whether the result `value` of floats is float32: options().default_tensor_type says so where
  // the type could not be inferred, and float32 is meant where that is unset.
  bool MakesFloat(const std::string& value) const;
  // The constant of that name, or nullptr.
  const onnx::TensorProto* Constant(const std::string& name) const;
  // Whether `name` is a float32 constant that can be quantized; one with NaN or infinity cannot.
  // `axis` is that of the quantization to come: the elements are read once for both.
  bool IsQuantizableConstant(const std::string& name, std::optional<int64_t> axis = {});
  // Whether the constant `name` is also a table in which a Gather looks up integers.
  bool IsTied(const std::string& name) const { return facts_.tied.contains(name); }

  // Whether `node` has its first output and its first `inputs` inputs, as a valid one does.
  static bool IsComplete(const onnx::NodeProto& node, int inputs);

  // How `value` was quantized, or nullptr.
  const QuantizedValue* Find(const std::string& value) const;
  // `value`, which the current graph declares, exists as these integers.
  void SetQuantized(const std::string& value, QuantizedValue quantized);

  // Quantizes `value` with the activations' type, at run time or, where it is constant, now.
  QuantizedValue QuantizeActivation(const std::string& value);

  struct WeightOptions {
    std::optional<int64_t> axis;  // one scale for each index along it
    bool reduce_range = true;     // follow options().reduce_range
    std::optional<DType> type;    // default: options().weight_type
  };
  // Quantizes `value` with the weights' type where it is constant, else as an activation. A value
  // that was quantized before stays as it was then.
  QuantizedValue QuantizeWeight(const std::string& value, const WeightOptions& weight);

  // Quantizes constants of rank 3, [batch, rows, cols], to int8 with one scale per matrix or, with
  // options().per_channel, per row, and transposes each matrix. Others see no change of `names`.
  std::vector<QuantizedValue> QuantizeTransposed(const std::vector<std::string>& names);

  // Appends a node to the current graph. Names of nodes may repeat those of the model.
  onnx::NodeProto& Add(const std::string& op_type, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs, const std::string& name,
                       const std::string& domain = "") {
    return scope_->AddNode(op_type, inputs, outputs, name, domain);
  }
  onnx::TensorProto& AddInitializer(onnx::TensorProto tensor) {
    return scope_->AddInitializer(std::move(tensor));
  }
  std::string FreshValue(const std::string& name) { return scope_->FreshValue(name); }

  // Appends the node as it is; inputs that exist only as integers are dequantized for it.
  void Keep(const onnx::NodeProto& node);
  // Appends a DequantizeLinear that makes `value` where it exists only as integers, to the graph
  // that declares it.
  void Dequantize(const std::string& value);

  // Turns the int32 result of an integer operator into `output`: Cast, Mul by both scales.
  // `name` is the integer node's name, or empty.
  void Rescale(const std::string& integers, const QuantizedValue& a, const QuantizedValue& b,
               const std::string& output, const std::string& name, DType type);

 private:
  struct Source {
    BlobPtr bytes;
    Shape shape;
    bool transposed = false;  // the elements of the transpose, of rank 2
  };

  void RewriteGraph(onnx::GraphProto& graph, const onnx::GraphProto& inferred);
  void RewriteInside(onnx::NodeProto& node, const onnx::NodeProto& inferred);
  // The types of a graph that general inference does not enter, from what is declared in it.
  onnx::GraphProto InferAlone(const onnx::GraphProto& graph) const;
  // Finds the constants of `scope` that excluded nodes of `graph`, its own or one inside, read.
  void KeepConstantsOfExcluded(const onnx::GraphProto& graph, DynamicScope& scope) const;

  // The innermost graph that declares `value`; the current one where none does.
  DynamicScope& OwnerOf(const std::string& value) const;
  void AddWeight(DynamicScope& scope, const std::string& name, DType type, const Shape& dims,
                 BlobPtr bytes);

  Source SourceOf(const onnx::TensorProto& tensor) const;
  const std::vector<RealRange>* Scan(const std::string& name, std::optional<int64_t> axis);
  ParamRules WeightRules(DType type) const;
  // Adds the initializers of a constant's parameters.
  static QuantizedValue AddParameters(DynamicScope& scope, const std::string& name,
                                      const WeightParams& params, const Shape& dims);
  QuantizedValue QuantizeConstant(const std::string& name, const ParamRules& rules,
                                  std::optional<int64_t> axis);

  Model& model_;
  const QuantRequest& request_;
  const Selection& selection_;
  DynamicFacts facts_;
  DynamicScope* scope_ = nullptr;  // of the graph that is being rewritten
};

}  // namespace quantab
