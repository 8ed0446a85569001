#include "core/quant/qdq.h"

#include "core/quant/finish.h"
#include "core/quant/naming.h"
#include "core/quant/prepare.h"
#include "core/quant/qdq_parameters.h"
#include "core/quant/qdq_quantizer.h"
#include "core/quant/rule.h"

namespace quantab {

QdqQuantizer::QdqQuantizer(const QuantRequest& request)
    : model_(request.model),
      ranges_(request.ranges),
      request_{model_, request.options, request.selection, ranges_, request.monitor},
      edit_(model_),
      marker_(edit_, request_),
      contrib_(UsesContribOps(request.options, OpsetVersion(request.model.proto))) {
  for (const auto& node : edit_.graph().node()) {
    if (selection().Excluded(node)) excluded_.insert(&node);
  }
}

Model QdqQuantizer::Run() {
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

// What a Relu or Clip cuts off need not be represented before it; a Softmax fills [0, 1].
void QdqQuantizer::AdjustRanges() {
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
      output->second.min = 0;
      output->second.max = 1;
    }
  }
}

void QdqQuantizer::MarkNodes() {
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

void QdqQuantizer::InsertPairs() {
  for (const std::string& name : marker_.marks().Names()) {
    if (!marker_.marks().Find(name)->same_as.empty() || quantized_.contains(name)) continue;
    marker_.marks().Erase(name);
    if (marker_.IsConstant(name)) {
      InsertForConstant(name);
    } else if (!dequantized_.contains(name)) {
      // A tensor that the model itself dequantizes is quantized already.
      InsertForActivation(name);
    }
  }
}

// Tensors that use another's parameters, which may itself use another's.
void QdqQuantizer::InsertSharedPairs() {
  for (bool progress = true; progress;) {
    progress = false;
    for (const std::string& name : marker_.marks().Names()) {
      const QdqMark& mark = *marker_.marks().Find(name);
      const std::optional<Parameters> provided = ParametersOf(mark.same_as, mark.reader);
      // Parameters along an axis are of no use to a tensor of another shape.
      if (!provided || provided->zero_point.empty() || provided->scales.size() != 1) continue;
      marker_.marks().Erase(name);
      progress = true;
      InsertWith(name, *provided);
    }
  }
  for (const std::string& name : marker_.marks().Names()) {
    const std::string& same_as = marker_.marks().Find(name)->same_as;
    Warn(request_.monitor, "Tensor '" + name + "' stays in float, as does '" + same_as +
                               "', or what it is made with is no single scale and zero point that "
                               "could be shared.");
  }
}

void QdqQuantizer::AddQuantize(const std::string& input, const std::string& output,
                               const std::string& name, const Parameters& parameters,
                               const WeightParams* weight) {
  onnx::NodeProto& node = edit_.AddNode(
      "QuantizeLinear", {input, parameters.scale, parameters.zero_point}, {output}, name);
  if (contrib_) node.set_domain("com.microsoft");
  if (weight != nullptr && weight->axis) SetIntAttribute(node, "axis", *weight->axis);
  if (weight != nullptr && weight->block_size > 0) {
    SetIntAttribute(node, "block_size", weight->block_size);
  }
}

void QdqQuantizer::AddDequantize(const std::string& input, const std::string& output,
                                 const std::string& name, const Parameters& parameters,
                                 const WeightParams* weight) {
  onnx::NodeProto& node = edit_.AddNode(
      "DequantizeLinear", {input, parameters.scale, parameters.zero_point}, {output}, name);
  if (contrib_) node.set_domain("com.microsoft");
  if (weight != nullptr && weight->axis) SetIntAttribute(node, "axis", *weight->axis);
  if (weight != nullptr && weight->block_size > 0) {
    SetIntAttribute(node, "block_size", weight->block_size);
  }
}

QdqQuantizer::Parameters QdqQuantizer::AddParameters(const std::string& tensor,
                                                     const std::string& suffix, DType type,
                                                     DType real, const Shape& dims,
                                                     const std::vector<QParams>& params) {
  Parameters added;
  added.scale = edit_.FreshValue(ScaleName(tensor) + suffix);
  added.zero_point = edit_.FreshValue(ZeroPointName(tensor) + suffix);
  for (const QParams& p : params) added.scales.push_back(p.scale);
  edit_.AddInitializer(ZeroPointParameter(added.zero_point, type, dims, params));
  edit_.AddInitializer(ScaleParameter(added.scale, real, dims, params));
  return added;
}

std::optional<QdqQuantizer::Parameters> QdqQuantizer::ParametersOf(
    const std::string& name, const onnx::NodeProto* reader) const {
  if (const auto found = quantized_.find(name); found != quantized_.end()) {
    return found->second.For(reader);
  }
  const auto made = dequantized_.find(name);
  if (made == dequantized_.end()) return std::nullopt;
  const onnx::NodeProto& node = *made->second;
  const onnx::TensorProto* scale = edit_.Initializer(NodeInput(node, 1));
  if (scale == nullptr || !IsReal(TypeOf(*scale))) return std::nullopt;
  return Parameters{.scale = NodeInput(node, 1),
                    .zero_point = NodeInput(node, 2),
                    .scales = LoadReals(*scale),
                    .blocked = scale->dims_size() > 1};
}

std::vector<float> QdqQuantizer::LoadReals(const onnx::TensorProto& tensor) const {
  const BlobPtr bytes = BytesOf(model_, tensor);
  const DType real = TypeOf(tensor);
  std::vector<float> values(static_cast<size_t>(bytes->size() / SizeOf(real)));
  ReadReals(*bytes, real, 0, values);
  return values;
}

Model QuantizeQdq(const QuantRequest& request) { return QdqQuantizer(request).Run(); }

}  // namespace quantab
