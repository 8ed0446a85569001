#include "core/lower/lower_graph.h"

#include <algorithm>
#include <cmath>

#include "core/graph/graph_view.h"
#include "core/ops/constant.h"
#include "core/ops/quantization.h"

namespace quantab {
namespace {

// `list[i]`, or an empty string.
template <class List>
const std::string& At(const List& list, int i) {
  static const std::string kAbsent;
  return i < list.size() ? list[i] : kAbsent;
}

// An attribute without a value, in the place of any of that name which the file's node had.
onnx::AttributeProto& NewAttribute(onnx::NodeProto& node, const std::string& name,
                                   onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto* attribute = nullptr;
  for (onnx::AttributeProto& known : *node.mutable_attribute()) {
    if (known.name() == name) attribute = &known;
  }
  if (attribute == nullptr) attribute = node.add_attribute();
  attribute->Clear();
  attribute->set_name(name);
  attribute->set_type(type);
  return *attribute;
}

// Whether DequantizeLinear `node` gives float32, which is what patterns are written for.
bool GivesFloat(const onnx::NodeProto& node) {
  const int64_t dtype = IntAttribute(node, "output_dtype", 0);
  return dtype == 0 || dtype == static_cast<int64_t>(DType::kFloat);
}

}  // namespace

LowerGraph::LowerGraph(Model& model)
    : model_(model), graph_(*model.proto.mutable_graph()), opset_(OpsetVersion(model.proto, "")) {
  for (const onnx::ValueInfoProto& input : graph_.input()) inputs_.insert(input.name());
  for (const onnx::ValueInfoProto& output : graph_.output()) outputs_.insert(output.name());
  names_ = inputs_;
  for (int i = 0; i < graph_.initializer_size(); ++i) {
    initializers_[graph_.initializer(i).name()] = i;
    names_.insert(graph_.initializer(i).name());
  }
  for (int i = 0; i < graph_.node_size(); ++i) Index(i);
}

void LowerGraph::Index(int i) {
  const onnx::NodeProto& node = graph_.node(i);
  const auto read = [&](const std::string& value) {
    std::vector<int>& readers = readers_[value];
    if (std::find(readers.begin(), readers.end(), i) == readers.end()) readers.push_back(i);
  };
  for (const std::string& input : node.input()) {
    if (!input.empty()) read(input);
  }
  for (const std::string& value : CapturedValues(node)) {
    read(value);
    captured_.insert(value);
  }
  for (const std::string& output : node.output()) {
    if (output.empty()) continue;
    producers_[output] = i;
    names_.insert(output);
  }
}

void LowerGraph::Unindex(int i) {
  const onnx::NodeProto& node = graph_.node(i);
  for (const std::string& input : node.input()) std::erase(readers_[input], i);
  for (const std::string& value : CapturedValues(node)) std::erase(readers_[value], i);
  for (const std::string& output : node.output()) {
    const auto found = producers_.find(output);
    if (found != producers_.end() && found->second == i) producers_.erase(found);
  }
}

bool LowerGraph::Is(int i, std::string_view op_type) const {
  if (i < 0) return false;
  const onnx::NodeProto& node = graph_.node(i);
  if (node.op_type() != op_type) return false;
  if (node.domain().empty() || node.domain() == "ai.onnx") return true;
  return node.domain() == "com.microsoft" &&
         (op_type == "QuantizeLinear" || op_type == "DequantizeLinear");
}

std::vector<int> LowerGraph::TopologicalOrder() const {
  return GraphView(graph_).TopologicalOrder();
}

int LowerGraph::Producer(const std::string& value) const {
  const auto found = producers_.find(value);
  return found == producers_.end() ? -1 : found->second;
}

const std::vector<int>& LowerGraph::Readers(const std::string& value) const {
  static const std::vector<int> kNone;
  const auto found = readers_.find(value);
  return found == readers_.end() ? kNone : found->second;
}

int LowerGraph::OnlyReader(int i) const {
  const onnx::NodeProto& node = graph_.node(i);
  int reader = -1;
  for (const std::string& output : node.output()) {
    if (output.empty()) continue;
    if (IsOutput(output) || IsCaptured(output)) return -1;
    const std::vector<int>& readers = Readers(output);
    if (readers.empty()) continue;
    if (reader != -1 || readers.size() != 1) return -1;
    reader = readers[0];
  }
  return reader;
}

int LowerGraph::OnlyReader(const std::string& value) const {
  const std::vector<int>& readers = Readers(value);
  if (value.empty() || IsOutput(value) || IsCaptured(value) || readers.size() != 1) return -1;
  return readers[0];
}

std::string LowerGraph::OtherOperand(int i, const std::string& value) const {
  const std::string &a = InputOf(graph_.node(i), 0), &b = InputOf(graph_.node(i), 1);
  const std::string& other = a == value ? b : a;
  return other == value ? "" : other;
}

bool LowerGraph::IsReadOnlyBy(const std::string& value, const std::vector<int>& nodes) const {
  if (IsOutput(value) || IsCaptured(value)) return false;
  const std::vector<int>& readers = Readers(value);
  return std::all_of(readers.begin(), readers.end(), [&](int reader) {
    return std::find(nodes.begin(), nodes.end(), reader) != nodes.end();
  });
}

bool LowerGraph::IsConstant(const std::string& value) const {
  if (initializers_.contains(value)) return !inputs_.contains(value);
  return Is(Producer(value), "Constant");
}

std::optional<Tensor> LowerGraph::Constant(const std::string& value) const {
  const auto found = initializers_.find(value);
  if (found != initializers_.end()) {
    if (inputs_.contains(value)) return std::nullopt;
    return LoadTensor(model_, graph_.initializer(found->second));
  }
  const int producer = Producer(value);
  if (!Is(producer, "Constant")) return std::nullopt;
  try {
    return ConstantValue(Attributes(model_, graph_.node(producer)));
  } catch (const Error&) {
    return std::nullopt;  // whoever runs the node says what is wrong, and where
  }
}

std::optional<Shape> LowerGraph::ConstantShape(const std::string& value) const {
  const auto found = initializers_.find(value);
  if (found != initializers_.end()) {
    if (inputs_.contains(value)) return std::nullopt;
    return ShapeOf(graph_.initializer(found->second));
  }
  const std::optional<Tensor> tensor = Constant(value);
  if (!tensor) return std::nullopt;
  return tensor->shape();
}

std::optional<double> LowerGraph::Scalar(const std::string& value) const {
  const std::optional<Shape> shape = ConstantShape(value);
  if (!shape || !shape->empty()) return std::nullopt;
  const std::optional<Tensor> tensor = Constant(value);
  if (!tensor || tensor->dtype() != DType::kFloat) return std::nullopt;
  return tensor->data<float>()[0];
}

DType LowerGraph::TypeOfValue(const std::string& value) const {
  const auto found = initializers_.find(value);
  if (found != initializers_.end()) return TypeOf(graph_.initializer(found->second));
  const std::optional<Tensor> tensor = Constant(value);
  return tensor ? tensor->dtype() : DType::kUndefined;
}

std::string LowerGraph::NewName(const std::string& hint) {
  std::string name = hint;
  for (int i = 1; names_.contains(name); ++i) name = hint + "_" + std::to_string(i);
  names_.insert(name);
  return name;
}

std::string LowerGraph::AddConstant(const std::string& hint, const Tensor& tensor) {
  const std::string name = NewName(hint);
  onnx::TensorProto* proto = graph_.add_initializer();
  proto->set_name(name);
  proto->set_data_type(static_cast<int32_t>(tensor.dtype()));
  for (int64_t dim : tensor.shape()) proto->add_dims(dim);
  proto->set_raw_data(tensor.raw(), tensor.bytes());
  initializers_[name] = graph_.initializer_size() - 1;
  return name;
}

void LowerGraph::Replace(int i, onnx::NodeProto node) {
  Unindex(i);
  *graph_.mutable_node(i) = std::move(node);
  Index(i);
}

void LowerGraph::ReplaceTogether(const std::vector<int>& nodes, int last, onnx::NodeProto node) {
  for (const int i : nodes) {
    if (i != last) Remove(i);
  }
  Replace(last, std::move(node));
}

void LowerGraph::Add(onnx::NodeProto node) {
  *graph_.add_node() = std::move(node);
  Index(graph_.node_size() - 1);
}

void LowerGraph::Redirect(const std::string& from, const std::string& to) {
  const std::vector<int> readers = Readers(from);
  for (int i : readers) {
    onnx::NodeProto node = graph_.node(i);
    for (std::string& input : *node.mutable_input()) {
      if (input == from) input = to;
    }
    Replace(i, std::move(node));
  }
}

std::vector<bool> LowerGraph::NeededNodes() const {
  std::vector<bool> keep(static_cast<size_t>(graph_.node_size()), false);
  std::vector<std::string> open(outputs_.begin(), outputs_.end());
  while (!open.empty()) {
    const int i = Producer(open.back());
    open.pop_back();
    if (i < 0 || keep[static_cast<size_t>(i)]) continue;
    keep[static_cast<size_t>(i)] = true;
    const onnx::NodeProto& node = graph_.node(i);
    open.insert(open.end(), node.input().begin(), node.input().end());
    for (std::string& value : CapturedValues(node)) open.push_back(std::move(value));
  }
  return keep;
}

void LowerGraph::RemoveUnneeded() {
  const std::vector<bool> keep = NeededNodes();
  for (int i = 0; i < size(); ++i) {
    if (!keep[static_cast<size_t>(i)]) Remove(i);
  }
}

void LowerGraph::Finish() {
  const std::vector<bool> keep = NeededNodes();
  onnx::GraphProto ordered;
  for (int i : TopologicalOrder()) {
    if (keep[static_cast<size_t>(i)]) ordered.add_node()->Swap(graph_.mutable_node(i));
  }
  graph_.mutable_node()->Swap(ordered.mutable_node());
}

std::optional<PerTensor> LowerGraph::Parameters(const onnx::NodeProto& node) const {
  PerTensor by;
  by.scale = InputOf(node, 1);
  by.zero = InputOf(node, 2);
  const std::optional<Tensor> scale = Constant(by.scale);
  if (!scale || scale->dtype() != DType::kFloat || scale->count() != 1) return std::nullopt;
  by.scale_value = scale->data<float>()[0];
  if (!(by.scale_value > 0) || !std::isfinite(by.scale_value)) return std::nullopt;
  if (by.zero.empty()) {
    by.dtype = DType::kUndefined;
    return by;
  }
  const std::optional<Tensor> zero = Constant(by.zero);
  if (!zero || zero->count() != 1 || !IsByte(zero->dtype())) return std::nullopt;
  by.zero_value = IntegersOf(*zero)[0];
  by.dtype = zero->dtype();
  return by;
}

std::optional<Dequantized> LowerGraph::DequantizedFrom(const std::string& value) const {
  const int i = Producer(value);
  if (!Is(i, "DequantizeLinear") || !GivesFloat(node(i))) return std::nullopt;
  std::optional<PerTensor> by = Parameters(node(i));
  // Without a zero point the type of the quantized side is not known here.
  if (!by || by->dtype == DType::kUndefined) return std::nullopt;
  return Dequantized{InputOf(node(i), 0), *by};
}

std::optional<DequantizedConstant> LowerGraph::DequantizedFromConstant(
    const std::string& value) const {
  const int i = Producer(value);
  if (!Is(i, "DequantizeLinear") || !GivesFloat(node(i)) ||
      IntAttribute(node(i), "block_size", 0) != 0) {
    return std::nullopt;
  }
  DequantizedConstant c;
  c.value = InputOf(node(i), 0);
  c.scale = InputOf(node(i), 1);
  c.zero = InputOf(node(i), 2);
  const auto initializer = initializers_.find(c.value);
  if (initializer == initializers_.end() || inputs_.contains(c.value)) return std::nullopt;
  c.dtype = TypeOf(graph_.initializer(initializer->second));
  const int64_t rank = graph_.initializer(initializer->second).dims_size();
  const std::optional<Tensor> scale = Constant(c.scale);
  if (!scale || scale->dtype() != DType::kFloat || scale->rank() > 1) return std::nullopt;
  if (!c.zero.empty() && !IsConstant(c.zero)) return std::nullopt;
  if (!IsByte(c.dtype) && c.dtype != DType::kInt32) return std::nullopt;
  for (float s : scale->span<float>()) {
    if (!(s > 0) || !std::isfinite(s)) return std::nullopt;
  }
  c.scales = *scale;
  const int64_t axis = IntAttribute(node(i), "axis", 1);
  c.axis = static_cast<int>(axis < 0 ? axis + rank : axis);
  return c;
}

std::optional<PerTensor> LowerGraph::QuantizedTo(int i) {
  if (!Is(i, "QuantizeLinear")) return std::nullopt;
  const onnx::NodeProto& quantize = node(i);
  if (IntAttribute(quantize, "block_size", 0) != 0) return std::nullopt;
  std::optional<PerTensor> by = Parameters(quantize);
  if (!by || by->dtype != DType::kUndefined) return by;
  const auto dtype = static_cast<DType>(
      IntAttribute(quantize, "output_dtype", static_cast<int64_t>(DType::kUint8)));
  if (!IsByte(dtype)) return std::nullopt;
  Tensor zero(dtype, {});
  zero.mutable_raw()[0] = std::byte{0};
  by->dtype = dtype;
  by->zero = AddConstant(OutputOf(quantize, 0) + "_zero_point", zero);
  return by;
}

const std::string& InputOf(const onnx::NodeProto& node, int i) { return At(node.input(), i); }
const std::string& OutputOf(const onnx::NodeProto& node, int i) { return At(node.output(), i); }

onnx::NodeProto MakeNode(const std::string& op_type, const std::string& domain,
                         const std::string& name, std::vector<std::string> inputs,
                         const std::string& output) {
  onnx::NodeProto node;
  node.set_op_type(op_type);
  node.set_domain(domain);
  node.set_name(name);
  for (std::string& input : inputs) node.add_input(std::move(input));
  node.add_output(output);
  return node;
}

void SetInt(onnx::NodeProto& node, const std::string& name, int64_t value) {
  NewAttribute(node, name, onnx::AttributeProto::INT).set_i(value);
}

void SetFloat(onnx::NodeProto& node, const std::string& name, float value) {
  NewAttribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}

void SetString(onnx::NodeProto& node, const std::string& name, const std::string& value) {
  NewAttribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}

int64_t IntAttribute(const onnx::NodeProto& node, const std::string& name, int64_t otherwise) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == name) return attribute.i();
  }
  return otherwise;
}

float FloatAttribute(const onnx::NodeProto& node, const std::string& name, float otherwise) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == name) return attribute.f();
  }
  return otherwise;
}

std::optional<Bias> BiasInScale(LowerGraph& graph, const std::string& dequantized, float x_scale,
                                const Tensor& w_scales, int64_t count) {
  if (dequantized.empty()) return Bias();
  const std::optional<DequantizedConstant> bias = graph.DequantizedFromConstant(dequantized);
  if (!bias || bias->dtype != DType::kInt32) return std::nullopt;
  std::optional<Tensor> values = graph.Constant(bias->value);
  if (!values || values->dtype() != DType::kInt32 || values->count() != count) return std::nullopt;
  // As many values in another dimension, as of a Gemm's C [M,1], are for each row.
  if (count != 1 && values->shape().back() != count) return std::nullopt;
  if (!bias->zero.empty()) {
    const std::optional<Tensor> zeros = graph.Constant(bias->zero);
    if (!zeros || zeros->dtype() != DType::kInt32) return std::nullopt;
    for (int32_t zero : zeros->span<int32_t>()) {
      if (zero != 0) return std::nullopt;
    }
  }
  const auto scale_of = [](const Tensor& scales, int64_t i) {
    return scales.data<float>()[scales.count() == 1 ? 0 : i];
  };
  if (bias->scales.count() != 1 && bias->scales.count() != count) return std::nullopt;
  if (w_scales.count() != 1 && w_scales.count() != count) return std::nullopt;
  Bias out{Tensor(DType::kInt32, {count})};
  for (int64_t i = 0; i < count; ++i) {
    const int32_t value = values->data<int32_t>()[i];
    const double ratio = static_cast<double>(scale_of(bias->scales, i)) /
                         (static_cast<double>(x_scale) * scale_of(w_scales, i));
    // Scales that agree to float's precision leave the value as it is.
    const double scaled = std::fabs(ratio - 1) < 1e-6 ? value : std::nearbyint(value * ratio);
    if (!(std::fabs(scaled) < 2147483647.0)) return std::nullopt;
    const bool same = std::fabs(ratio - 1) < 1e-6 || std::fabs(scaled - value * ratio) < 1e-6;
    out.exact = out.exact && same;
    out.values.mutable_data<int32_t>()[i] = static_cast<int32_t>(scaled);
  }
  return out;
}

}  // namespace quantab
