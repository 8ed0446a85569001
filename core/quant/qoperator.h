// QOperator quantization: operators become their 8-bit forms (QLinearConv, QLinearAdd, ...), with
// QuantizeLinear where a float enters them and DequantizeLinear where somebody wants a float.
// Activations have the scales of their calibrated ranges. Rules rewrite one node each through this
// class.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/graph/graph_edit.h"
#include "core/quant/request.h"
#include "core/quant/weight.h"

namespace quantab {

// The initializers of a scale and a zero point, and what they hold.
struct QLinearParams {
  std::string scale, zero_point;
  WeightParams values;
  // Whether the scale is final: an activation's is. A weight's may still be enlarged for a bias.
  bool final = true;
};

// The 8-bit form of a value. Values that only move the elements of another share its parameters.
struct QLinearValue {
  std::string quantized;
  std::shared_ptr<QLinearParams> params;

  const std::string& scale() const { return params->scale; }
  const std::string& zero_point() const { return params->zero_point; }
};

class QOperatorRewriter {
 public:
  // `model` is rewritten in place by Run. The options' types are int8 or uint8. Throws
  // Error(kInvalidArgument) for tensor_quant_overrides with a type that cannot go with them.
  QOperatorRewriter(Model& model, const QuantRequest& request);

  void Run();

  // For the rules.
  const StaticOptions& options() const { return request_.options; }
  int64_t opset() const { return opset_; }
  DType activation_type() const { return DTypeOfQuantType(options().activation_type); }
  bool IsFloat(const std::string& value) const { return edit_.TypeOfValue(value) == DType::kFloat; }
  // The initializer of that name, or nullptr.
  const onnx::TensorProto* Constant(const std::string& name) const {
    return edit_.Initializer(name);
  }
  // The float32 elements of `value` where they are known, as an initializer or a Constant node;
  // else nullptr.
  const onnx::TensorProto* KnownFloats(const std::string& value) const;
  // The only element of `value`, where it is known to be a float32.
  std::optional<float> KnownScalar(const std::string& value) const;

  // The 8-bit form of an activation that there is already, or nullptr.
  const QLinearValue* Find(const std::string& value);
  void SetQuantized(const std::string& value, QLinearValue quantized);

  struct WeightOptions {
    std::optional<int64_t> axis;  // one scale for each index along it, of a constant
    std::optional<DType> type;    // default: options().weight_type
  };
  // Per channel along `axis` where the options ask for it and `weight` is a constant that has it.
  std::optional<int64_t> ChannelAxis(const std::string& weight, int64_t axis) const;

  // Whether Activation, Weight, Bias and Output can do what their names say. Where a range or a
  // finite number is missing, that `node` stays in float is a warning. `channels` is the number of
  // the weight's scales.
  bool CanBeActivation(const onnx::NodeProto& node, const std::string& value);
  bool CanBeWeight(const onnx::NodeProto& node, const std::string& value,
                   const WeightOptions& weight);
  bool CanBeBias(const onnx::NodeProto& node, const std::string& value, int64_t channels);
  bool CanBeOutput(const onnx::NodeProto& node, const std::string& value);
  bool HasRange(const std::string& value) const;
  // Whether a bias of known elements can have `channels` scales, along its last axis.
  bool FitsChannels(const std::string& bias, int64_t channels) const;

  // Quantizes `value` with the activations' type: a constant now, another by QuantizeLinear.
  QLinearValue Activation(const std::string& value);
  // Quantizes a constant with the weights' type; another value is an activation. A constant that
  // was quantized before stays as it was then, unless it has scales along another axis.
  QLinearValue Weight(const std::string& value, const WeightOptions& weight);
  // Stores a bias as int32 with scale input * weight * `factor`; enlarges the weight's scale where
  // it would not fit. Returns the initializer's name.
  std::string Bias(const std::string& value, const QLinearValue& input, const QLinearValue& weight,
                   float factor = 1);
  // The 8-bit form that a node will give its output `value`, by its range or with the parameters
  // `fixed`.
  QLinearValue Output(const std::string& value, std::optional<QParams> fixed = {});

  std::string FreshValue(const std::string& name) { return edit_.FreshValue(name); }
  onnx::TensorProto& AddInitializer(onnx::TensorProto tensor) {
    return edit_.AddInitializer(std::move(tensor));
  }

  // Appends a node.
  onnx::NodeProto& Add(const std::string& op_type, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs, const std::string& name,
                       const std::string& domain = "");
  // Appends the quantized operator `op_type` that takes the place of `node`, with its attributes
  // but for those named in `without`.
  onnx::NodeProto& Replace(const onnx::NodeProto& node, const std::string& op_type,
                           const std::vector<std::string>& inputs,
                           const std::vector<std::string>& outputs, const std::string& domain,
                           const std::set<std::string>& without = {});
  // Appends the node as it is; inputs that exist only as integers are dequantized for it.
  void Keep(const onnx::NodeProto& node);
  // Appends a DequantizeLinear that makes `value` where it exists only as integers.
  void Dequantize(const std::string& value);

 private:
  // A constant as integers; filled in at the end, when its scale is known.
  struct ConstantForm {
    std::string source;
    QLinearValue value;
  };
  struct BiasForm {
    std::string source, quantized, scale, zero_point;
    std::shared_ptr<QLinearParams> input, weight;
    float factor = 1;
  };

  void CheckOverriddenTypes() const;
  void AdjustRanges();
  void WarnNode(const onnx::NodeProto& node, const std::string& why);

  // The parameters for `range` by `rules`, where `own` says nothing else; nothing where there is no
  // finite range.
  static std::optional<QParams> ParamsFor(std::optional<RealRange> range, const ParamRules& rules,
                                          const QuantOverride& own);
  std::optional<QParams> ActivationParams(const std::string& value) const;
  std::shared_ptr<QLinearParams> Parameters(const std::string& value,
                                            std::optional<QParams> fixed = {});

  const std::vector<RealRange>* Scan(const std::string& name, std::optional<int64_t> axis);
  ConstantForm* FindActivationForm(const std::string& name);
  ConstantForm* FindWeightForm(const std::string& name, std::optional<int64_t> axis);
  WeightParams ConstantParams(const std::string& name, ParamRules rules,
                              std::optional<int64_t> axis);
  QLinearValue AddConstant(const std::string& name, const ParamRules& rules,
                           std::optional<int64_t> axis);
  void AddPlaceholder(const std::string& name, DType type, const Shape& dims);
  Shape ParameterDims(const ConstantForm& form) const;

  std::vector<float> LoadBias(const BiasForm& bias) const;
  void EnlargeScale(const BiasForm& bias);
  void FillConstants();
  void FillBias(const BiasForm& bias);

  const QuantRequest& request_;
  TensorRanges ranges_;
  int64_t opset_;
  GraphEdit edit_;
  std::vector<onnx::NodeProto> nodes_;
  std::unordered_map<std::string, QLinearValue> quantized_;                     // computed values
  std::unordered_map<std::string, std::shared_ptr<QLinearParams>> parameters_;  // of activations
  std::map<std::string, std::vector<ConstantForm>> constants_;
  std::map<std::string, std::vector<BiasForm>> biases_;
  // Values that exist as floats: graph inputs and the outputs of `nodes_`.
  std::unordered_set<std::string> available_;
  // Constants that excluded nodes read; they stay as floats for everybody.
  std::unordered_set<std::string> kept_constants_;
  std::map<std::pair<std::string, int64_t>, std::optional<std::vector<RealRange>>> scans_;
};

// Input `index` of a node, or "".
std::string OptionalInput(const onnx::NodeProto& node, int index);

// Gives `node` the 8-bit form of its input 0; its output 0 has the same parameters. False where
// there is no such form.
bool MoveElements(QOperatorRewriter& rewriter, const onnx::NodeProto& node);

// The rule of operators that move data: 8-bit in, 8-bit out with the same parameters, where the
// input is quantized already. With options().force_quantize_no_input_check only where it is a
// constant, as ONNX Runtime does.
bool PassThrough(QOperatorRewriter& rewriter, const onnx::NodeProto& node);

// Parameters of [0, 1) in steps of 1/256.
QParams UnitInterval(DType type);

// Replaces `node` by com.microsoft QLinear<its type>(x, x_scale, x_zero, y_scale, y_zero); `fixed`
// are the output's parameters where they do not follow from its range. nullptr where it stays.
onnx::NodeProto* ReplaceUnary(QOperatorRewriter& rewriter, const onnx::NodeProto& node,
                              std::optional<QParams> fixed = {},
                              const std::set<std::string>& without = {});

}  // namespace quantab
