#include "core/quant/qoperator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_view.h"
#include "core/quant/naming.h"
#include "core/quant/overrides.h"
#include "core/quant/rule.h"

namespace quantab {
namespace {

bool HasSubgraph(const onnx::NodeProto& node) {
  bool found = false;
  ForEachSubgraph(node, [&](const onnx::GraphProto&) { found = true; });
  return found;
}

}  // namespace

QOperatorRewriter::QOperatorRewriter(Model& model, const QuantRequest& request)
    : request_(request), ranges_(request.ranges), opset_(OpsetVersion(model.proto)), edit_(model) {
  CheckOverriddenTypes();
  for (const auto& input : edit_.graph().input()) {
    if (Constant(input.name()) == nullptr) available_.insert(input.name());
  }
  const auto keep = [&](const std::string& value) {
    if (Constant(value) != nullptr) kept_constants_.insert(value);
  };
  bool subgraphs = false;
  for (const auto& node : edit_.graph().node()) {
    subgraphs |= HasSubgraph(node);
    if (!request_.selection.Excluded(node)) continue;
    for (const std::string& input : node.input()) keep(input);
    for (const std::string& value : CapturedValues(node)) keep(value);
  }
  if (options().enable_subgraph && subgraphs) {
    Warn(request_.monitor,
         "The bodies of If, Loop and Scan stay in float: values inside them have no calibrated "
         "ranges.");
  }
  AdjustRanges();
}

// Operators take one type of activations, and int8 activations only int8 weights.
void QOperatorRewriter::CheckOverriddenTypes() const {
  for (const auto& [name, entries] : options().tensor_quant_overrides) {
    if (entries.empty() || !entries[0].quant_type) continue;
    const DType type = DTypeOfQuantType(*entries[0].quant_type);
    const bool fits =
        type == activation_type() || (Constant(name) != nullptr && type == DType::kInt8);
    if (fits) continue;
    Place place;
    place.tensor = name;
    ThrowInvalidArgument("'tensor_quant_overrides' give tensor '" + name + "' the type " +
                             std::string(NameOf(*entries[0].quant_type)) +
                             ", which no QOperator takes beside activations of type " +
                             std::string(NameOf(options().activation_type)) +
                             ". Leave 'quant_type' out, or choose 'quant_format' QDQ.",
                         place);
  }
}

// What a Relu or Clip cuts off need not be represented before it. From the last to the first, so
// that several in a row all take the last one's range.
void QOperatorRewriter::AdjustRanges() {
  auto& ranges = ranges_.ranges;
  for (int i = edit_.graph().node_size(); i-- > 0;) {
    const onnx::NodeProto& node = edit_.graph().node(i);
    if ((node.op_type() != "Relu" && node.op_type() != "Clip") ||
        !CanonicalDomain(node.domain()).empty() || node.input_size() == 0 ||
        node.output_size() == 0 || !request_.selection.Selected(node)) {
      continue;
    }
    const auto input = ranges.find(node.input(0));
    const auto output = ranges.find(node.output(0));
    if (input != ranges.end() && output != ranges.end() && edit_.CountReaders(node.input(0)) == 1 &&
        !edit_.IsGraphOutput(node.input(0))) {
      input->second = output->second;
    }
  }
}

void QOperatorRewriter::Run() {
  const google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes = edit_.graph().node();
  const uint64_t total = static_cast<uint64_t>(nodes.size());
  uint64_t done = 0;
  bool half = false;
  for (const int index : GraphView(edit_.graph()).TopologicalOrder()) {
    Report(request_.monitor, "quantize", done++, total);
    const onnx::NodeProto& node = nodes[index];
    const RuleDef* rule = RuleRegistry::Get().Find(node);
    const bool selected = rule != nullptr && rule->qoperator != nullptr &&
                          request_.selection.Selected(node) && node.input_size() > 0 &&
                          node.output_size() > 0 && !node.output(0).empty();
    half |= selected && edit_.TypeOfValue(node.input(0)) == DType::kFloat16;
    if (!selected || !rule->qoperator(*this, node)) Keep(node);
  }
  if (half) {
    Warn(request_.monitor,
         "Operators on float16 values stay as they are: those of the QOperator format stand for "
         "float32. Choose 'quant_format' QDQ, or quantize the float32 model.");
  }
  for (const auto& output : edit_.graph().output()) Dequantize(output.name());

  FillConstants();
  edit_.graph().clear_node();
  for (onnx::NodeProto& node : nodes_) edit_.graph().add_node()->Swap(&node);
  edit_.Finish();
  Report(request_.monitor, "quantize", total, total);
}

void QOperatorRewriter::WarnNode(const onnx::NodeProto& node, const std::string& why) {
  Warn(request_.monitor, node.op_type() + " '" +
                             (node.name().empty() ? node.output(0) : node.name()) +
                             "' stays in float: " + why);
}

const QLinearValue* QOperatorRewriter::Find(const std::string& value) {
  if (ConstantForm* form = FindActivationForm(value)) {
    form->value.params->final = true;
    return &form->value;
  }
  const auto found = quantized_.find(value);
  return found == quantized_.end() ? nullptr : &found->second;
}

void QOperatorRewriter::SetQuantized(const std::string& value, QLinearValue quantized) {
  quantized_[value] = std::move(quantized);
}

std::optional<QParams> QOperatorRewriter::ParamsFor(std::optional<RealRange> range,
                                                    const ParamRules& rules,
                                                    const QuantOverride& own) {
  if (own.scale && own.zero_point) {
    return QParams{static_cast<float>(*own.scale), static_cast<int32_t>(*own.zero_point)};
  }
  if (!range && !(own.rmin && own.rmax)) return std::nullopt;
  const RealRange known = range.value_or(RealRange());
  const float min = own.rmin ? static_cast<float>(*own.rmin) : known.min;
  const float max = own.rmax ? static_cast<float>(*own.rmax) : known.max;
  if (!std::isfinite(min) || !std::isfinite(max)) return std::nullopt;
  return ComputeParams(min, max, rules);
}

std::optional<QParams> QOperatorRewriter::ActivationParams(const std::string& value) const {
  const auto* entries = FindOverrides(options().tensor_quant_overrides, value);
  static const QuantOverride kNone;
  const QuantOverride& own = entries == nullptr ? kNone : OverrideOfChannel(*entries, 0);
  ParamRules rules;
  rules.type = activation_type();
  rules.symmetric = own.symmetric.value_or(options().activation_symmetric);
  rules.reduce_range = own.reduce_range.value_or(false);
  rules.restricted = options().activation_restricted_asymmetric;
  rules.min_real_range = options().minimum_real_range;
  std::optional<RealRange> range;
  if (const auto found = ranges_.ranges.find(value); found != ranges_.ranges.end()) {
    range = {found->second.min, found->second.max};
  }
  return ParamsFor(range, rules, own);
}

bool QOperatorRewriter::HasRange(const std::string& value) const {
  return parameters_.contains(value) || ActivationParams(value).has_value();
}

bool QOperatorRewriter::CanBeOutput(const onnx::NodeProto& node, const std::string& value) {
  if (HasRange(value)) return true;
  WarnNode(node, "tensor '" + value + "' has no " +
                     (ranges_.ranges.contains(value) ? "finite" : "calibrated") + " range.");
  return false;
}

bool QOperatorRewriter::CanBeActivation(const onnx::NodeProto& node, const std::string& value) {
  if (value.empty() || !IsFloat(value)) return false;
  if (Find(value) != nullptr) return true;
  if (Constant(value) != nullptr) return Scan(value, std::nullopt) != nullptr;
  return CanBeOutput(node, value);
}

std::shared_ptr<QLinearParams> QOperatorRewriter::Parameters(const std::string& value,
                                                             std::optional<QParams> fixed) {
  std::shared_ptr<QLinearParams>& known = parameters_[value];
  if (known != nullptr) return known;
  const std::optional<QParams> params = fixed ? fixed : ActivationParams(value);
  if (!params) ThrowInternal("Tensor '" + value + "' has no range.");
  known = std::make_shared<QLinearParams>();
  known->scale = edit_.FreshValue(ScaleName(value));
  known->zero_point = edit_.FreshValue(ZeroPointName(value));
  known->values.type = activation_type();
  known->values.params = {*params};
  edit_.AddInitializer(
      IntParameter(known->zero_point, activation_type(), {}, std::span(&params->zero_point, 1)));
  edit_.AddInitializer(FloatParameter(known->scale, {}, std::span(&params->scale, 1)));
  return known;
}

QLinearValue QOperatorRewriter::Output(const std::string& value, std::optional<QParams> fixed) {
  const QLinearValue output{edit_.FreshValue(QuantizedName(value)), Parameters(value, fixed)};
  quantized_[value] = output;
  return output;
}

QLinearValue QOperatorRewriter::Activation(const std::string& value) {
  if (const QLinearValue* known = Find(value)) return *known;
  if (Constant(value) != nullptr) {
    ParamRules rules;
    rules.type = activation_type();
    // Where both types are the same, the weights' rule holds for constants.
    rules.symmetric = options().activation_type == options().weight_type
                          ? options().weight_symmetric.value_or(rules.type == DType::kInt8)
                          : options().activation_symmetric;
    return AddConstant(value, rules, std::nullopt);
  }
  const QLinearValue quantized{edit_.FreshValue(QuantizedName(value)), Parameters(value)};
  Add("QuantizeLinear", {value, quantized.scale(), quantized.zero_point()}, {quantized.quantized},
      QuantizeNodeName(value));
  quantized_[value] = quantized;
  return quantized;
}

onnx::NodeProto& QOperatorRewriter::Add(const std::string& op_type,
                                        const std::vector<std::string>& inputs,
                                        const std::vector<std::string>& outputs,
                                        const std::string& name, const std::string& domain) {
  onnx::NodeProto& node = nodes_.emplace_back();
  node.mutable_input()->Add(inputs.begin(), inputs.end());
  node.mutable_output()->Add(outputs.begin(), outputs.end());
  if (!name.empty()) node.set_name(name);
  node.set_op_type(op_type);
  if (!domain.empty()) node.set_domain(domain);
  available_.insert(outputs.begin(), outputs.end());
  return node;
}

onnx::NodeProto& QOperatorRewriter::Replace(const onnx::NodeProto& node, const std::string& op_type,
                                            const std::vector<std::string>& inputs,
                                            const std::vector<std::string>& outputs,
                                            const std::string& domain,
                                            const std::set<std::string>& without) {
  onnx::NodeProto& quantized =
      Add(op_type, inputs, outputs, node.name().empty() ? "" : node.name() + "_quant", domain);
  CopyAttributes(node, quantized, without);
  return quantized;
}

void QOperatorRewriter::Keep(const onnx::NodeProto& node) {
  for (const std::string& input : node.input()) Dequantize(input);
  // A constant that a subgraph reads stays a constant.
  for (const std::string& value : CapturedValues(node)) {
    if (Constant(value) == nullptr) Dequantize(value);
  }
  nodes_.push_back(node);
  available_.insert(node.output().begin(), node.output().end());
}

void QOperatorRewriter::Dequantize(const std::string& value) {
  if (available_.contains(value) || kept_constants_.contains(value)) return;
  std::vector<std::string> inputs;
  std::optional<int64_t> axis;
  if (const auto bias = biases_.find(value); bias != biases_.end()) {
    const BiasForm& form = bias->second.front();
    inputs = {form.quantized, form.scale, form.zero_point};
    if (form.weight->values.axis) axis = Constant(value)->dims_size() - 1;
  } else {
    const auto constant = constants_.find(value);
    const auto computed = quantized_.find(value);
    if (constant == constants_.end() && computed == quantized_.end()) return;
    const QLinearValue& known =
        constant == constants_.end() ? computed->second : constant->second.front().value;
    inputs = {known.quantized, known.scale(), known.zero_point()};
    axis = known.params->values.axis;
  }
  // Before, DequantizeLinear takes one scale only; such a constant keeps its floats.
  if (axis && opset_ < 13) return;
  onnx::NodeProto& node = Add("DequantizeLinear", inputs, {value}, DequantizeNodeName(value));
  if (axis) SetIntAttribute(node, "axis", *axis);
}

}  // namespace quantab
