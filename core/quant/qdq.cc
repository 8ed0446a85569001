#include "core/quant/qdq.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/base/error.h"
#include "core/quant/finish.h"
#include "core/quant/naming.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

// The initializers that hold a tensor's parameters.
struct Parameters {
  std::string scale, zero_point;
  std::vector<float> scales;
};

std::vector<float> LoadFloats(const Model& model, const onnx::TensorProto& tensor) {
  const std::vector<std::byte> bytes = LoadBlob(*BytesOf(model, tensor));
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

template <class T>
BlobPtr BlobOf(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return MakeMemoryBlob({bytes.begin(), bytes.end()});
}

class QdqQuantizer {
 public:
  explicit QdqQuantizer(const QuantRequest& request)
      : model_(request.model),
        ranges_(request.ranges),
        request_{model_, request.options, request.selection, ranges_, request.monitor},
        edit_(model_),
        marker_(edit_, request_) {
    for (const auto& node : edit_.graph().node()) {
      if (selection().Excluded(node)) excluded_.insert(&node);
    }
  }

  Model Run() {
    AdjustRanges();
    MarkNodes();
    ComputeConstants();
    if (!options().qdq_disable_weight_adjust_for_int32_bias) EnlargeScalesForBiases();
    InsertPairs();
    InsertSharedPairs();
    if (options().quantize_bias) QuantizeBiases();
    edit_.Finish();
    FinishModel(model_, {.clean_initializers = !options().add_qdq_pair_to_weight});
    return std::move(model_);
  }

 private:
  const StaticOptions& options() const { return request_.options; }
  const Selection& selection() const { return request_.selection; }

  // What a Relu or Clip cuts off need not be represented before it; a Softmax fills [0, 1].
  void AdjustRanges() {
    auto& ranges = ranges_.ranges;
    for (const auto& node : edit_.graph().node()) {
      if (!node.domain().empty() || node.input_size() == 0 || node.output_size() == 0) continue;
      const auto output = ranges.find(node.output(0));
      if (output == ranges.end()) continue;
      if (node.op_type() == "Relu" || node.op_type() == "Clip") {
        const auto input = ranges.find(node.input(0));
        if (input != ranges.end() && selection().Selected(node) &&
            edit_.CountReaders(node.input(0)) == 1) {
          input->second = output->second;
        }
      } else if (node.op_type() == "Softmax" && selection().Selected(node)) {
        output->second = {0, 1};
      }
    }
  }

  void MarkNodes() {
    const uint64_t total = static_cast<uint64_t>(edit_.graph().node_size());
    uint64_t done = 0;
    for (auto& node : *edit_.graph().mutable_node()) {
      Report(request_.monitor, "quantize", done++, total);
      if (selection().Selected(node)) {
        const RuleDef* rule = RuleRegistry::Get().Find(node);
        (rule != nullptr && rule->qdq != nullptr ? rule->qdq : MarkAll)(marker_, node);
        for (const std::string& input : node.input()) receivers_[input].push_back(&node);
      }
      if (node.op_type() == "DequantizeLinear") {
        for (const std::string& output : node.output()) dequantized_[output] = &node;
      }
    }
    Report(request_.monitor, "quantize", total, total);
  }

  void ComputeConstants() {
    for (const std::string& name : marker_.marks().Names()) {
      if (!marker_.IsConstant(name)) continue;
      const QdqMark& mark = *marker_.marks().Find(name);
      const bool weight = mark.kind == QdqMark::Kind::kWeight;
      ParamRules rules;
      rules.type = DTypeOfQuantType(weight ? options().weight_type : options().activation_type);
      // Quantized operators want one zero point for all channels, which symmetry ensures.
      rules.symmetric = mark.axis.has_value() ||
                        (weight ? options().weight_symmetric.value_or(rules.type == DType::kInt8)
                                : options().activation_symmetric);
      rules.reduce_range = options().reduce_range;
      rules.min_real_range = options().minimum_real_range;
      const std::vector<RealRange>* ranges = marker_.Scan(name, mark.axis);
      if (ranges == nullptr) ThrowInternal("Constant '" + name + "' cannot be quantized.");
      // An empty tensor has scale 1 whatever the smallest range.
      if (edit_.Initializer(name)->dims_size() > 0 &&
          ElementCount(ShapeOf(*edit_.Initializer(name))) == 0) {
        rules.min_real_range.reset();
      }
      constants_[name] = ComputeWeightParams(*ranges, mark.axis, rules);
    }
  }

  // Parameters of an activation by its calibrated range; nothing where it has none.
  std::optional<QParams> ActivationParams(const std::string& name) const {
    const auto range = ranges_.ranges.find(name);
    if (range == ranges_.ranges.end() || !std::isfinite(range->second.min) ||
        !std::isfinite(range->second.max)) {
      return std::nullopt;
    }
    ParamRules rules;
    rules.type = DTypeOfQuantType(options().activation_type);
    rules.symmetric = options().activation_symmetric;
    rules.restricted = options().activation_restricted_asymmetric;
    rules.min_real_range = options().minimum_real_range;
    return ComputeParams(range->second.min, range->second.max, rules);
  }

  // Whether `bias` can have scale i % channels in its element i: all its elements lie along its
  // last axis.
  static bool FitsChannels(const onnx::TensorProto& bias, size_t channels) {
    const Shape shape = ShapeOf(bias);
    if (shape.empty()) return channels == 1;
    const int64_t last = shape.back();
    return ElementCount(shape) == last && last % static_cast<int64_t>(channels) == 0;
  }

  // Enlarges weight scales with which a bias would not fit in int32.
  void EnlargeScalesForBiases() {
    for (const std::string& name : marker_.bias_order()) {
      const BiasMark& bias = marker_.biases().at(name);
      const auto weight = constants_.find(bias.weight);
      const std::optional<QParams> input = ActivationParams(bias.input);
      if (!input || !marker_.marks().Contains(bias.input) || weight == constants_.end()) continue;
      std::vector<QParams>& params = weight->second.params;
      if (weight->second.type != DType::kInt8 ||
          std::any_of(params.begin(), params.end(), [](QParams p) { return p.zero_point != 0; })) {
        continue;
      }
      const onnx::TensorProto& tensor = *edit_.Initializer(name);
      const bool per_channel = weight->second.axis.has_value();
      if (params.empty() || (per_channel && !FitsChannels(tensor, params.size()))) continue;

      std::vector<float> largest(params.size(), 0.0f);
      const std::vector<float> values = LoadFloats(model_, tensor);
      for (size_t i = 0; i < values.size(); ++i) {
        float& channel = largest[i % largest.size()];
        channel = std::max(channel, std::fabs(values[i] * bias.beta));
      }
      for (size_t i = 0; i < params.size(); ++i) {
        params[i].scale =
            WeightScaleForBias(input->scale, params[i].scale, largest[i], per_channel);
      }
    }
  }

  void InsertPairs() {
    for (const std::string& name : marker_.marks().Names()) {
      const QdqMark mark = *marker_.marks().Find(name);
      if (!mark.same_as.empty() || parameters_.contains(name)) continue;
      marker_.marks().Erase(name);
      if (marker_.IsConstant(name)) {
        InsertForConstant(name);
      } else if (!dequantized_.contains(name)) {
        // A tensor that the model itself dequantizes is quantized already.
        if (const std::optional<QParams> params = ActivationParams(name)) {
          Parameters parameters{edit_.FreshValue(ScaleName(name)),
                                edit_.FreshValue(ZeroPointName(name)),
                                {params->scale}};
          edit_.AddInitializer(IntParameter(parameters.zero_point,
                                            DTypeOfQuantType(options().activation_type), {},
                                            std::span(&params->zero_point, 1)));
          edit_.AddInitializer(FloatParameter(parameters.scale, {}, parameters.scales));
          InsertForActivation(name, std::move(parameters));
        } else {
          Warn(request_.monitor, "Tensor '" + name + "' stays in float: it has no " +
                                     (ranges_.ranges.contains(name) ? "finite " : "calibrated ") +
                                     "range.");
        }
      }
    }
  }

  // Tensors that use another's parameters, which may itself use another's.
  void InsertSharedPairs() {
    for (bool progress = true; progress;) {
      progress = false;
      for (const std::string& name : marker_.marks().Names()) {
        const std::optional<Parameters> provided =
            ParametersOf(marker_.marks().Find(name)->same_as);
        if (!provided || provided->zero_point.empty()) continue;
        marker_.marks().Erase(name);
        progress = true;
        InsertForActivation(name, *provided);
      }
    }
    for (const std::string& name : marker_.marks().Names()) {
      Warn(request_.monitor, "Tensor '" + name + "' stays in float, as does '" +
                                 marker_.marks().Find(name)->same_as +
                                 "', whose scale it would have.");
    }
  }

  // The parameters of a tensor that has been quantized, here or by the model itself.
  std::optional<Parameters> ParametersOf(const std::string& name) const {
    if (const auto found = parameters_.find(name); found != parameters_.end()) {
      return found->second;
    }
    const auto made = dequantized_.find(name);
    if (made == dequantized_.end()) return std::nullopt;
    const onnx::NodeProto& node = *made->second;
    if (node.input_size() < 2) return std::nullopt;
    const onnx::TensorProto* scale = edit_.Initializer(node.input(1));
    if (scale == nullptr || TypeOf(*scale) != DType::kFloat) return std::nullopt;
    Parameters parameters{node.input(1), node.input_size() > 2 ? node.input(2) : "",
                          LoadFloats(model_, *scale)};
    // Parameters along an axis are of no use to a tensor of another shape.
    if (parameters.scales.size() != 1) parameters.zero_point.clear();
    return parameters;
  }

  void AddPair(const std::string& input, const std::string& middle, const std::string& output,
               const std::string& tensor, const std::string& suffix, const Parameters& parameters,
               std::optional<int64_t> axis) {
    const std::vector<std::string> rest = {parameters.scale, parameters.zero_point};
    onnx::NodeProto& quantize = edit_.AddNode("QuantizeLinear", {input, rest[0], rest[1]}, {middle},
                                              QuantizeNodeName(tensor) + suffix);
    onnx::NodeProto& dequantize = edit_.AddNode("DequantizeLinear", {middle, rest[0], rest[1]},
                                                {output}, DequantizeNodeName(tensor) + suffix);
    if (axis) {
      SetIntAttribute(quantize, "axis", *axis);
      SetIntAttribute(dequantize, "axis", *axis);
    }
  }

  void InsertForConstant(const std::string& name) {
    const WeightParams& params = constants_.at(name);
    const onnx::TensorProto tensor = *edit_.Initializer(name);
    const Shape shape = ShapeOf(tensor);
    Parameters parameters{
        edit_.FreshValue(ScaleName(name)), edit_.FreshValue(ZeroPointName(name)), {}};
    std::vector<int32_t> zero_points;
    for (const QParams& p : params.params) {
      parameters.scales.push_back(p.scale);
      zero_points.push_back(p.zero_point);
    }
    const Shape dims = params.axis ? Shape{shape[static_cast<size_t>(*params.axis)]} : Shape{};
    edit_.AddInitializer(IntParameter(parameters.zero_point, params.type, dims, zero_points));
    edit_.AddInitializer(FloatParameter(parameters.scale, dims, parameters.scales));

    const std::string output = edit_.FreshValue(DequantizeOutputName(name));
    edit_.ReplaceInputs(name, output, excluded_);
    if (options().add_qdq_pair_to_weight) {
      AddPair(name, edit_.FreshValue(QuantizeOutputName(name)), output, name, "", parameters,
              params.axis);
    } else {
      const std::string quantized = edit_.FreshValue(QuantizedName(name));
      edit_.AddWeight(quantized, params.type, shape,
                      QuantizedBlob(BytesOf(model_, tensor), shape, params));
      onnx::NodeProto& node =
          edit_.AddNode("DequantizeLinear", {quantized, parameters.scale, parameters.zero_point},
                        {output}, DequantizeNodeName(name));
      if (params.axis) SetIntAttribute(node, "axis", *params.axis);
    }
    parameters_[name] = std::move(parameters);
  }

  void InsertForActivation(const std::string& name, Parameters parameters) {
    const auto receivers = receivers_.find(name);
    if (options().dedicated_qdq_pair && receivers != receivers_.end() &&
        receivers->second.size() > 1) {
      for (size_t i = 0; i < receivers->second.size(); ++i) {
        const std::string suffix = std::string("_").append(std::to_string(i + 1));
        const std::string output = edit_.FreshValue(DequantizeOutputName(name) + suffix);
        AddPair(name, edit_.FreshValue(QuantizeOutputName(name) + suffix), output, name, suffix,
                parameters, std::nullopt);
        edit_.ReplaceInput(*receivers->second[i], name, output);
      }
    } else {
      std::string input = name;
      std::string output = name;
      onnx::NodeProto* producer = edit_.Producer(name);
      if (edit_.IsGraphOutput(name) && producer != nullptr) {
        input = edit_.FreshValue(QuantizeInputName(name));
        edit_.ReplaceOutput(*producer, name, input);
      } else {
        output = edit_.FreshValue(DequantizeOutputName(name));
        edit_.ReplaceInputs(name, output);
      }
      AddPair(input, edit_.FreshValue(QuantizeOutputName(name)), output, name, "", parameters,
              std::nullopt);
    }
    parameters_[name] = std::move(parameters);
  }

  void QuantizeBiases() {
    for (const std::string& name : marker_.bias_order()) {
      if (parameters_.contains(name)) continue;  // an 8-bit tensor elsewhere, and so here
      const BiasMark& bias = marker_.biases().at(name);
      const std::optional<Parameters> input = ParametersOf(bias.input);
      const std::optional<Parameters> weight = ParametersOf(bias.weight);
      const onnx::TensorProto tensor = *edit_.Initializer(name);
      if (!input || !weight || input->scales.size() != 1 ||
          (weight->scales.size() != 1 && !FitsChannels(tensor, weight->scales.size()))) {
        Warn(request_.monitor, "Bias '" + name + "' stays in float: its scale, the product of '" +
                                   bias.input + "' and '" + bias.weight + "', is not known.");
        continue;
      }
      QuantizeBiasTensor(tensor, bias, input->scales[0], weight->scales);
    }
  }

  void QuantizeBiasTensor(const onnx::TensorProto& tensor, const BiasMark& bias, float input_scale,
                          const std::vector<float>& weight_scales) {
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): it outlives the initializer.
    const std::string name = tensor.name();
    const std::vector<float> values = LoadFloats(model_, tensor);
    std::vector<float> scales(weight_scales.size() == 1 ? 1 : values.size());
    for (size_t i = 0; i < scales.size(); ++i) {
      scales[i] = input_scale * weight_scales[i % weight_scales.size()];
    }
    std::vector<int32_t> integers(values.size());
    bool clipped = false;
    for (size_t i = 0; i < values.size(); ++i) {
      const double value = static_cast<double>(values[i]) * static_cast<double>(bias.beta);
      const double scale = scales[i % scales.size()];
      integers[i] = QuantizeBias(value, scale);
      clipped |= std::fabs(value) > scale * 2147483648.0;
    }
    if (clipped) {
      Warn(request_.monitor, "Bias '" + name + "' does not fit in int32 and was cut off.");
    }

    const std::string quantized = edit_.FreshValue(QuantizedName(name));
    const std::string scale = edit_.FreshValue(ScaleName(quantized));
    const std::string zero_point = edit_.FreshValue(ZeroPointName(quantized));
    const bool per_channel = scales.size() > 1;
    const Shape dims = {static_cast<int64_t>(scales.size())};
    edit_.AddWeight(quantized, DType::kInt32, ShapeOf(tensor), BlobOf(integers));
    edit_.AddWeight(scale, DType::kFloat, dims, BlobOf(scales));
    const std::vector<int32_t> zeros(scales.size(), 0);
    if (per_channel) {
      edit_.AddWeight(zero_point, DType::kInt32, dims, BlobOf(zeros));
    } else {
      edit_.AddInitializer(IntParameter(zero_point, DType::kInt32, {}, zeros));
    }
    edit_.RemoveInitializer(name);
    onnx::NodeProto& node = edit_.AddNode("DequantizeLinear", {quantized, scale, zero_point},
                                          {name}, DequantizeNodeName(name));
    if (per_channel) SetIntAttribute(node, "axis", tensor.dims_size() - 1);
    if (bias.beta != 1) {
      for (auto& attribute : *bias.node->mutable_attribute()) {
        if (attribute.name() == "beta") attribute.set_f(1);
      }
    }
  }

  Model model_;
  TensorRanges ranges_;
  QuantRequest request_;
  GraphEdit edit_;
  QdqMarker marker_;
  std::unordered_set<const onnx::NodeProto*> excluded_;
  std::unordered_map<std::string, std::vector<onnx::NodeProto*>> receivers_;
  std::unordered_map<std::string, const onnx::NodeProto*> dequantized_;
  std::unordered_map<std::string, WeightParams> constants_;
  std::unordered_map<std::string, Parameters> parameters_;
};

}  // namespace

Model QuantizeQdq(const QuantRequest& request) { return QdqQuantizer(request).Run(); }

}  // namespace quantab
