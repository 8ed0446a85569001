// OpenModel and Inspect: what a model is, as data.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/api/quantab.h"
#include "core/graph/graph_view.h"
#include "core/onnx/official.h"

namespace quantab {
namespace {

std::string DomainName(const std::string& domain) { return domain.empty() ? "ai.onnx" : domain; }

ValueSummary Summarize(const onnx::ValueInfoProto& value) {
  ValueSummary out;
  out.name = value.name();
  const onnx::TypeProto& type = value.type();
  if (!type.has_tensor_type()) {
    out.dtype = type.has_sequence_type()   ? "sequence"
                : type.has_optional_type() ? "optional"
                : type.has_map_type()      ? "map"
                                           : "undefined";
    return out;
  }
  const onnx::TypeProto::Tensor& tensor = type.tensor_type();
  out.dtype = NameOf(static_cast<DType>(tensor.elem_type()));
  out.has_shape = tensor.has_shape();
  for (const onnx::TensorShapeProto::Dimension& dim : tensor.shape().dim()) {
    if (dim.has_dim_value()) {
      out.shape.push_back(std::to_string(dim.dim_value()));
    } else {
      out.shape.push_back(dim.dim_param().empty() ? "?" : dim.dim_param());
    }
  }
  return out;
}

struct Constants {
  // Elements and bytes of every constant by name, until a node has claimed it.
  std::unordered_map<std::string, std::pair<int64_t, uint64_t>> unclaimed;

  void Add(const std::string& name, const onnx::TensorProto& tensor) {
    const Shape shape = ShapeOf(tensor);
    const int64_t count = CheckedElementCount(shape).value_or(0);
    unclaimed[name] = {count, BytesOf(TypeOf(tensor), count)};
  }
};

bool IsQuantizedOp(const std::string& op_type) {
  static const std::set<std::string, std::less<>> kExact = {
      "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger",
      "QGemm",          "QAttention",       "MatMulNBits",           "MatMulBnb4"};
  return kExact.contains(op_type) || op_type.starts_with("QLinear") ||
         op_type.starts_with("DynamicQuantize");
}

class Walker {
 public:
  explicit Walker(ModelInfo& info) : info_(info) {}

  void WalkGraph(const onnx::GraphProto& graph, bool main) {
    for (const onnx::TensorProto& tensor : graph.initializer())
      constants_.Add(tensor.name(), tensor);
    for (int i = 0; i < graph.node_size(); ++i) WalkNode(graph.node(i), main ? i : -1);
  }

  void WalkFunction(const onnx::FunctionProto& function) {
    for (const onnx::NodeProto& node : function.node()) WalkNode(node, -1);
  }

  std::vector<OperatorSummary> Operators() const {
    std::vector<OperatorSummary> out;
    for (const auto& [key, summary] : operators_) out.push_back(summary);
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return std::pair(b.bytes, b.count) < std::pair(a.bytes, a.count);
    });
    return out;
  }

 private:
  void WalkNode(const onnx::NodeProto& node, int index) {
    if (node.op_type() == "Constant") {
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (attribute.has_t() && node.output_size() > 0) {
          constants_.Add(node.output(0), attribute.t());
        }
      }
    }
    OperatorSummary& summary = operators_[{DomainName(node.domain()), node.op_type()}];
    summary.op_type = node.op_type();
    summary.domain = DomainName(node.domain());
    ++summary.count;
    for (const std::string& input : node.input()) {
      const auto found = constants_.unclaimed.find(input);
      if (found == constants_.unclaimed.end()) continue;
      summary.parameters += found->second.first;
      summary.bytes += found->second.second;
      constants_.unclaimed.erase(found);
    }
    info_.quantized = info_.quantized || IsQuantizedOp(node.op_type());
    if (index >= 0) {
      info_.nodes.push_back({.index = index,
                             .name = node.name(),
                             .op_type = node.op_type(),
                             .domain = DomainName(node.domain()),
                             .inputs = {node.input().begin(), node.input().end()},
                             .outputs = {node.output().begin(), node.output().end()}});
    }
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_g()) WalkGraph(attribute.g(), false);
      for (const onnx::GraphProto& graph : attribute.graphs()) WalkGraph(graph, false);
    }
  }

  ModelInfo& info_;
  Constants constants_;
  std::map<std::pair<std::string, std::string>, OperatorSummary> operators_;
};

ModelInfo InspectUnguarded(const Model& model) {
  const onnx::ModelProto& proto = model.proto;
  const onnx::GraphProto& graph = proto.graph();
  ModelInfo info;
  info.name = model.name;
  info.producer_name = proto.producer_name();
  info.producer_version = proto.producer_version();
  info.graph_name = graph.name();
  info.ir_version = proto.ir_version();
  for (const onnx::OperatorSetIdProto& opset : proto.opset_import()) {
    info.opsets.emplace_back(DomainName(opset.domain()), opset.version());
  }
  std::set<std::string> initializers;
  for (const onnx::TensorProto& tensor : graph.initializer()) initializers.insert(tensor.name());
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (!initializers.contains(input.name())) info.inputs.push_back(Summarize(input));
  }
  for (const onnx::ValueInfoProto& output : graph.output()) {
    info.outputs.push_back(Summarize(output));
  }
  Walker walker(info);
  walker.WalkGraph(graph, true);
  for (const onnx::FunctionProto& function : proto.functions()) walker.WalkFunction(function);
  info.operators = walker.Operators();
  ForEachTensor(proto, [&](const onnx::TensorProto& tensor) {
    const int64_t count = CheckedElementCount(ShapeOf(tensor)).value_or(0);
    info.parameters += count;
    info.weight_bytes += BytesOf(TypeOf(tensor), count);
  });
  info.external_data = std::any_of(model.weights.begin(), model.weights.end(),
                                   [](const Weight& weight) { return weight.was_external; });
  WriteOptions options;
  options.use_external_data_format = info.external_data;
  options.location = "model.onnx.data";
  const WrittenSizes sizes = SizesOf(model, options);
  info.file_bytes = sizes.model + sizes.external;
  info.unsupported = FindUnsupported(model);
  std::string warning;
  if (const std::optional<std::string> complaint = CheckModel(model, &warning)) {
    info.warnings.push_back(*complaint);
  }
  if (!warning.empty()) info.warnings.push_back(warning);
  return info;
}

}  // namespace

Model OpenModel(std::shared_ptr<const ByteSource> source, const FileSet* files, Monitor* monitor) {
  return Guard([&] { return ReadModel(std::move(source), files, monitor); });
}

std::vector<InputInfo> InputsOf(const Model& model) {
  return Guard([&] {
    const onnx::GraphProto& graph = model.proto.graph();
    std::vector<InputInfo> inputs;
    for (const onnx::ValueInfoProto* input : GraphView(graph).RequiredInputs()) {
      const ValueSummary summary = Summarize(*input);
      const int32_t type = input->type().tensor_type().elem_type();
      inputs.push_back({.name = summary.name,
                        .dtype = static_cast<DType>(type),
                        .shape = summary.shape,
                        .has_shape = summary.has_shape});
    }
    return inputs;
  });
}

ModelInfo Inspect(const Model& model) {
  return Guard([&] { return InspectUnguarded(model); });
}

}  // namespace quantab
