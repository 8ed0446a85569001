#include "core/quant/dynamic.h"

#include <functional>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_view.h"
#include "core/quant/naming.h"
#include "core/quant/rule.h"

namespace quantab {

DynamicRewriter::DynamicRewriter(Model& model, const QuantRequest& request,
                                 const Selection& selection,
                                 std::unordered_map<std::string, TransposedConstant> transposed)
    : request_(request), selection_(selection), transposed_(std::move(transposed)), edit_(model) {
  for (const auto& input : edit_.graph().input()) {
    if (Constant(input.name()) == nullptr) available_.insert(input.name());
  }
  for (const auto& node : edit_.graph().node()) {
    if (!selection_.Excluded(node)) continue;
    for (const std::string& input : node.input()) {
      if (Constant(input) != nullptr) kept_constants_.insert(input);
    }
  }
}

void DynamicRewriter::Run() {
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes = edit_.graph().node();
  const uint64_t total = static_cast<uint64_t>(nodes.size());
  uint64_t done = 0;
  for (const onnx::NodeProto& node : nodes) {
    Report(request_.monitor, "quantize", done++, total);
    const RuleDef* rule = RuleRegistry::Get().Find(node);
    const bool selected = rule != nullptr && rule->dynamic != nullptr && selection_.Selected(node);
    if (!selected || !rule->dynamic(*this, node)) Keep(node);
  }
  for (const auto& output : edit_.graph().output()) Dequantize(output.name());

  edit_.graph().clear_node();
  for (onnx::NodeProto& node : nodes_) edit_.graph().add_node()->Swap(&node);
  edit_.Finish();
  Report(request_.monitor, "quantize", total, total);
}

const QuantizedValue* DynamicRewriter::Find(const std::string& value) const {
  const auto found = quantized_.find(value);
  return found == quantized_.end() ? nullptr : &found->second;
}

void DynamicRewriter::SetQuantized(const std::string& value, QuantizedValue quantized) {
  quantized_[value] = std::move(quantized);
}

DynamicRewriter::Source DynamicRewriter::SourceOf(const onnx::TensorProto& tensor) const {
  if (const auto found = transposed_.find(tensor.name()); found != transposed_.end()) {
    return {found->second.bytes, found->second.shape, true};
  }
  return {BytesOf(edit_.model(), tensor), ShapeOf(tensor), false};
}

const std::vector<RealRange>* DynamicRewriter::Scan(const std::string& name,
                                                    std::optional<int64_t> axis) {
  const auto key = std::make_pair(name, axis.value_or(-1));
  auto found = scans_.find(key);
  if (found == scans_.end()) {
    const Source source = SourceOf(*Constant(name));
    if (axis && source.transposed) axis = 1 - *axis;
    found = scans_.emplace(key, ScanRanges(*source.bytes, source.shape, axis)).first;
    if (!found->second) {
      Warn(request_.monitor,
           "Tensor '" + name + "' has elements that are not finite; what reads it stays in float.");
    }
  }
  return found->second ? &*found->second : nullptr;
}

bool DynamicRewriter::IsQuantizableConstant(const std::string& name, std::optional<int64_t> axis) {
  const onnx::TensorProto* tensor = Constant(name);
  return tensor != nullptr && TypeOf(*tensor) == DType::kFloat &&
         (Find(name) != nullptr || Scan(name, axis) != nullptr);
}

bool DynamicRewriter::WeightSymmetric(DType type) const {
  return options().weight_symmetric.value_or(type == DType::kInt8);
}

QuantizedValue DynamicRewriter::AddParameters(const std::string& name, const WeightParams& params,
                                              const Shape& dims) {
  std::vector<float> scales;
  std::vector<int32_t> zero_points;
  for (const QParams& p : params.params) {
    scales.push_back(p.scale);
    zero_points.push_back(p.zero_point);
  }
  QuantizedValue value{edit_.FreshValue(QuantizedName(name)), edit_.FreshValue(ScaleName(name)),
                       edit_.FreshValue(ZeroPointName(name)), params.axis};
  AddInitializer(FloatParameter(value.scale, dims, scales));
  AddInitializer(IntParameter(value.zero_point, params.type, dims, zero_points));
  return value;
}

QuantizedValue DynamicRewriter::QuantizeConstant(const std::string& name, const ParamRules& rules,
                                                 std::optional<int64_t> axis) {
  const std::vector<RealRange>* ranges = Scan(name, axis);
  if (ranges == nullptr) ThrowInternal("Constant '" + name + "' cannot be quantized.");
  const onnx::TensorProto& tensor = *Constant(name);
  const Shape shape = ShapeOf(tensor);
  const Source source = SourceOf(tensor);
  WeightParams params = ComputeWeightParams(*ranges, axis, rules);

  const QuantizedValue value =
      AddParameters(name, params, axis ? Shape{shape[static_cast<size_t>(*axis)]} : Shape{});
  if (source.transposed && params.axis) params.axis = 1 - *params.axis;
  BlobPtr integers = QuantizedBlob(source.bytes, source.shape, std::move(params));
  if (source.transposed) {
    integers = TransposedBlob(std::move(integers), 1, source.shape[0], source.shape[1], 1);
  }
  edit_.AddWeight(value.quantized, rules.type, shape, std::move(integers));
  quantized_[name] = value;
  return value;
}

QuantizedValue DynamicRewriter::QuantizeActivation(const std::string& value) {
  if (const QuantizedValue* known = Find(value)) return *known;
  if (Constant(value) != nullptr) {
    ParamRules rules{.type = DTypeOfQuantType(options().activation_type)};
    // Symmetry follows the type: where both are the same, the weights' rule holds.
    rules.symmetric = options().activation_type == options().weight_type
                          ? WeightSymmetric(rules.type)
                          : options().activation_symmetric;
    return QuantizeConstant(value, rules, std::nullopt);
  }
  const QuantizedValue quantized{edit_.FreshValue(QuantizedName(value)),
                                 edit_.FreshValue(ScaleName(value)),
                                 edit_.FreshValue(ZeroPointName(value)),
                                 {}};
  Add("DynamicQuantizeLinear", {value},
      {quantized.quantized, quantized.scale, quantized.zero_point}, QuantizeNodeName(value));
  quantized_[value] = quantized;
  return quantized;
}

QuantizedValue DynamicRewriter::QuantizeWeight(const std::string& value,
                                               const WeightOptions& weight) {
  if (const QuantizedValue* known = Find(value)) return *known;
  if (Constant(value) == nullptr) return QuantizeActivation(value);
  ParamRules rules{.type = weight.type.value_or(DTypeOfQuantType(options().weight_type))};
  rules.symmetric = WeightSymmetric(rules.type);
  rules.reduce_range = options().reduce_range && weight.reduce_range;
  return QuantizeConstant(value, rules, weight.axis);
}

std::vector<QuantizedValue> DynamicRewriter::QuantizeTransposed(
    const std::vector<std::string>& names) {
  std::vector<QuantizedValue> values;
  std::vector<std::function<void()>> add_weights;  // after the parameters of all
  for (const std::string& name : names) {
    const auto [known, is_new] = recurrent_.emplace(name, QuantizedValue());
    if (is_new) {
      const onnx::TensorProto& tensor = *Constant(name);
      const Shape shape = ShapeOf(tensor);
      const BlobPtr source = BytesOf(edit_.model(), tensor);
      const Shape rows = options().per_channel ? Shape{shape[0] * shape[1], shape[2]} : shape;
      const Shape dims = options().per_channel ? Shape{shape[0], shape[1]} : Shape{shape[0]};
      ParamRules rules;
      rules.type = DType::kInt8;
      rules.symmetric = WeightSymmetric(rules.type);
      rules.reduce_range = options().reduce_range;
      const auto ranges = ScanRanges(*source, rows, 0);
      if (!ranges) ThrowInternal("Constant '" + name + "' cannot be quantized.");
      WeightParams params = ComputeWeightParams(*ranges, 0, rules);
      const QuantizedValue value = AddParameters(name, params, dims);
      known->second = value;
      BlobPtr integers = TransposedBlob(QuantizedBlob(source, rows, std::move(params)), shape[0],
                                        shape[1], shape[2], 1);
      add_weights.push_back([this, value, shape, integers = std::move(integers)] {
        edit_.AddWeight(value.quantized, DType::kInt8, {shape[0], shape[2], shape[1]}, integers);
      });
    }
    values.push_back(known->second);
  }
  for (const auto& add : add_weights) add();
  return values;
}

onnx::NodeProto& DynamicRewriter::Add(const std::string& op_type,
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

void DynamicRewriter::Keep(const onnx::NodeProto& node) {
  for (const std::string& input : node.input()) Dequantize(input);
  // A constant that a subgraph reads stays a constant.
  for (const std::string& value : CapturedValues(node)) {
    if (Constant(value) == nullptr) Dequantize(value);
  }
  nodes_.push_back(node);
  available_.insert(node.output().begin(), node.output().end());
}

void DynamicRewriter::Dequantize(const std::string& value) {
  const QuantizedValue* known = Find(value);
  if (known == nullptr || available_.contains(value) || kept_constants_.contains(value)) return;
  onnx::NodeProto& node =
      Add("DequantizeLinear", {known->quantized, known->scale, known->zero_point}, {value},
          DequantizeNodeName(value));
  if (known->axis) SetIntAttribute(node, "axis", *known->axis);
}

void DynamicRewriter::Rescale(const std::string& integers, const QuantizedValue& a,
                              const QuantizedValue& b, const std::string& output,
                              const std::string& name, DType type) {
  const std::string cast = edit_.FreshValue(integers + "_cast_output");
  SetIntAttribute(Add("Cast", {integers}, {cast}, integers + "_cast"), "to",
                  static_cast<int64_t>(type));

  // Nodes without a name share the product of equal scales.
  std::string product = name.empty() ? a.scale + "_" + b.scale + "_mul" : name + "_scales_mul";
  std::vector<std::string>& known = products_[product];
  if (known.empty() || known[0] != a.scale || known[1] != b.scale) {
    known = {a.scale, b.scale, edit_.FreshValue(product + ":0")};
    Add("Mul", {a.scale, b.scale}, {known[2]}, product);
  }
  Add("Mul", {cast, known[2]}, {output}, name.empty() ? "" : name + "_output_scale_mul");
}

}  // namespace quantab
