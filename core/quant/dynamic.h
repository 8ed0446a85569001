// Dynamic quantization: weights become integers now, activations become integers while the model
// runs (DynamicQuantizeLinear), operators become their integer forms. Rules rewrite one node each
// through this class.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/quant/decompose_gemm.h"
#include "core/graph/graph_edit.h"
#include "core/quant/request.h"
#include "core/quant/weight.h"

namespace quantab {

// The names of a value's integers, scale and zero point.
struct QuantizedValue {
  std::string quantized, scale, zero_point;
  std::optional<int64_t> axis;  // of a weight that is quantized per channel
};

class DynamicRewriter {
 public:
  // `model`, whose Gemms are decomposed (`transposed` by that), is rewritten in place by Run.
  DynamicRewriter(Model& model, const QuantRequest& request, const Selection& selection,
                  std::unordered_map<std::string, TransposedConstant> transposed);

  void Run();

  // For the rules.
  const StaticOptions& options() const { return request_.options; }
  DType TypeOfValue(const std::string& value) const { return edit_.TypeOfValue(value); }
  bool IsFloat(const std::string& value) const { return TypeOfValue(value) == DType::kFloat; }
  // The constant of that name, or nullptr.
  const onnx::TensorProto* Constant(const std::string& name) const {
    return edit_.Initializer(name);
  }
  // Whether `name` is a float32 constant that can be quantized; one with NaN or infinity cannot.
  // `axis` is that of the quantization to come: the elements are read once for both.
  bool IsQuantizableConstant(const std::string& name, std::optional<int64_t> axis = {});

  // How `value` was quantized, or nullptr.
  const QuantizedValue* Find(const std::string& value) const;
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

  // Appends a node. Names of nodes may repeat those of the model.
  onnx::NodeProto& Add(const std::string& op_type, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs, const std::string& name,
                       const std::string& domain = "");
  onnx::TensorProto& AddInitializer(onnx::TensorProto tensor) {
    return edit_.AddInitializer(std::move(tensor));
  }
  std::string FreshValue(const std::string& name) { return edit_.FreshValue(name); }

  // Appends the node as it is; inputs that exist only as integers are dequantized for it.
  void Keep(const onnx::NodeProto& node);
  // Appends a DequantizeLinear that makes `value` where it exists only as integers.
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
  Source SourceOf(const onnx::TensorProto& tensor) const;
  const std::vector<RealRange>* Scan(const std::string& name, std::optional<int64_t> axis);
  // Adds the initializers of a constant's parameters.
  QuantizedValue AddParameters(const std::string& name, const WeightParams& params,
                               const Shape& dims);
  QuantizedValue QuantizeConstant(const std::string& name, const ParamRules& rules,
                                  std::optional<int64_t> axis);
  bool WeightSymmetric(DType type) const;

  const QuantRequest& request_;
  const Selection& selection_;
  std::unordered_map<std::string, TransposedConstant> transposed_;
  GraphEdit edit_;
  std::vector<onnx::NodeProto> nodes_;
  std::unordered_map<std::string, QuantizedValue> quantized_;
  std::unordered_map<std::string, QuantizedValue> recurrent_;  // by QuantizeTransposed
  // Values that exist as floats: graph inputs and the outputs of `nodes_`.
  std::unordered_set<std::string> available_;
  // Constants that excluded nodes read; they stay as floats for everybody.
  std::unordered_set<std::string> kept_constants_;
  // Products of two scales: node's name -> its inputs and its output.
  std::unordered_map<std::string, std::vector<std::string>> products_;
  std::map<std::pair<std::string, int64_t>, std::optional<std::vector<RealRange>>> scans_;
};

}  // namespace quantab
