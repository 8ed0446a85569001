// How QDQ quantization rewrites a graph once its rules have marked tensors. The steps are spread
// over files: qdq.cc (their order), qdq_constants.cc, qdq_activations.cc, qdq_biases.cc.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/quant/qdq.h"

namespace quantab {

class QdqQuantizer {
 public:
  explicit QdqQuantizer(const QuantRequest& request);

  // Quantizes; once.
  Model Run();

  // Instead of Run, once: of each activation that would be quantized, the one whose parameters it
  // gets; itself, where these are its own.
  std::unordered_map<std::string, std::string> ActivationSources();

 private:
  // The initializers that hold a tensor's parameters.
  struct Parameters {
    std::string scale, zero_point;
    std::vector<float> scales;
    bool blocked = false;
  };

  // A tensor that has been quantized: what its readers see.
  struct Quantized {
    Parameters original;
    std::optional<Parameters> converted = {};
    std::unordered_set<const onnx::NodeProto*> converted_readers = {};

    const Parameters& For(const onnx::NodeProto* reader) const {
      return converted && converted_readers.contains(reader) ? *converted : original;
    }
  };

  struct TypedParams {
    DType type;
    QParams params;
  };

  const StaticOptions& options() const { return request_.options; }
  const Selection& selection() const { return request_.selection; }

  // qdq.cc
  void AdjustRanges();
  void MarkNodes();
  void InsertPairs();
  void InsertSharedPairs();
  void AddQuantize(const std::string& input, const std::string& output, const std::string& name,
                   const Parameters& parameters, const WeightParams* weight = nullptr);
  void AddDequantize(const std::string& input, const std::string& output, const std::string& name,
                     const Parameters& parameters, const WeightParams* weight = nullptr);
  Parameters AddParameters(const std::string& tensor, const std::string& suffix, DType type,
                           DType real, const Shape& dims, const std::vector<QParams>& params);
  // The parameters of a tensor that has been quantized, here or by the model itself, as `reader`
  // sees it.
  std::optional<Parameters> ParametersOf(const std::string& name,
                                         const onnx::NodeProto* reader) const;
  std::vector<float> LoadReals(const onnx::TensorProto& tensor) const;

  // qdq_constants.cc
  void ComputeConstants();
  WeightParams ComputeConstant(const std::string& name, const QdqMark& mark);
  ParamRules RulesOf(const std::string& name, const QdqMark& mark) const;
  void InsertForConstant(const std::string& name);

  // qdq_activations.cc
  // The parameters of an activation: those an override gives, or by its range. Nothing where it has
  // none.
  std::optional<TypedParams> ActivationParams(const std::string& name) const;
  std::optional<TypedParams> ConvertedParams(const std::string& name) const;
  std::optional<TypedParams> ParamsBy(const QuantOverride& given, const std::string& name) const;
  const ConvertOverride* ConversionOf(const std::string& name) const;
  void InsertForActivation(const std::string& name);
  void InsertWith(const std::string& name, Parameters parameters);
  void InsertDedicated(const std::string& name, const Parameters& parameters,
                       const std::vector<onnx::NodeProto*>& readers);
  void InsertConverted(const std::string& name, const Parameters& parameters);

  // qdq_biases.cc
  void EnlargeScalesForBiases();
  void EnlargeScales(const onnx::TensorProto& bias, const BiasMark& mark, float input_scale,
                     WeightParams& weight);
  void QuantizeBiases();
  void QuantizeBias(const std::string& name, const BiasMark& mark);
  void QuantizeBiasTensor(const onnx::TensorProto& tensor, const BiasMark& mark,
                          const std::vector<float>& scales);
  void CastBias(const onnx::TensorProto& tensor);

  Model model_;
  TensorRanges ranges_;
  QuantRequest request_;
  GraphEdit edit_;
  QdqMarker marker_;
  bool contrib_;  // QuantizeLinear and DequantizeLinear are com.microsoft's
  std::unordered_set<const onnx::NodeProto*> excluded_;
  std::unordered_map<std::string, std::vector<onnx::NodeProto*>> receivers_;
  std::unordered_map<std::string, const onnx::NodeProto*> dequantized_;
  std::unordered_map<std::string, WeightParams> constants_;
  std::unordered_map<std::string, Quantized> quantized_;
};

}  // namespace quantab
