// OpenModel and Inspect: what a model is, as data.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/api/quantab.h"
#include "core/exec/check_inputs.h"
#include "core/graph/graph_view.h"
#include "core/onnx/official.h"

namespace quantab {
namespace {

std::string DomainName(const std::string& domain) { return domain.empty() ? "ai.onnx" : domain; }

std::string TypeText(const onnx::TypeProto& type, const InputInfo& info) {
  switch (type.value_case()) {
    case onnx::TypeProto::kSequenceType:
      return "sequence";
    case onnx::TypeProto::kOptionalType:
      return "optional";
    case onnx::TypeProto::kMapType:
      return "map";
    case onnx::TypeProto::kSparseTensorType:
      return "sparse tensor";
    default:
      return info.type == ValueType::kOther ? "other" : std::string(NameOf(info.dtype));
  }
}

ValueSummary Summarize(const onnx::ValueInfoProto& value) {
  InputInfo info = DescribeValue(value);
  return {.name = std::move(info.name),
          .kind = info.type,
          .dtype = TypeText(value.type(), info),
          .shape = std::move(info.shape),
          .has_shape = info.has_shape};
}

// What a file says of its tensors may add up to more than can be counted.
template <class T>
void AddSaturating(T& total, T more) {
  if (__builtin_add_overflow(total, more, &total)) total = std::numeric_limits<T>::max();
}

// Elements and bytes of a tensor, wherever its data is. Not the tensor library's BytesOf, which
// refuses what no address space can hold.
struct Extent {
  explicit Extent(const onnx::TensorProto& tensor)
      : count(CheckedElementCount(ShapeOf(tensor)).value_or(0)) {
    const auto bits = static_cast<uint64_t>(BitsOf(TypeOf(tensor)));
    const auto elements = static_cast<uint64_t>(count);
    // By eights, since their bytes are whole in every type.
    bytes = __builtin_mul_overflow(elements / 8, bits, &bytes) ? UINT64_MAX : bytes;
    AddSaturating(bytes, (elements % 8 * bits + 7) / 8);
  }

  int64_t count;
  uint64_t bytes = 0;
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
    for (const onnx::TensorProto& tensor : graph.initializer()) {
      unclaimed_.insert_or_assign(tensor.name(), Extent(tensor));
    }
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
          unclaimed_.insert_or_assign(node.output(0), Extent(attribute.t()));
        }
      }
    }
    OperatorSummary& summary = operators_[{DomainName(node.domain()), node.op_type()}];
    summary.op_type = node.op_type();
    summary.domain = DomainName(node.domain());
    ++summary.count;
    for (const std::string& input : node.input()) {
      const auto found = unclaimed_.find(input);
      if (found == unclaimed_.end()) continue;
      AddSaturating(summary.parameters, found->second.count);
      AddSaturating(summary.bytes, found->second.bytes);
      unclaimed_.erase(found);
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
  std::unordered_map<std::string, Extent> unclaimed_;  // constants by name, until a node reads one
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
  for (const onnx::ValueInfoProto* input : GraphView(graph).RequiredInputs()) {
    info.inputs.push_back(Summarize(*input));
  }
  for (const onnx::ValueInfoProto& output : graph.output()) {
    info.outputs.push_back(Summarize(output));
  }
  Walker walker(info);
  walker.WalkGraph(graph, true);
  for (const onnx::FunctionProto& function : proto.functions()) walker.WalkFunction(function);
  info.operators = walker.Operators();
  ForEachTensor(proto, [&](const onnx::TensorProto& tensor) {
    const Extent extent(tensor);
    AddSaturating(info.parameters, extent.count);
    AddSaturating(info.weight_bytes, extent.bytes);
  });
  info.external_data = std::any_of(model.weights.begin(), model.weights.end(),
                                   [](const Weight& weight) { return weight.was_external; });
  info.file_bytes = FileBytes(model);
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
  return Guard([&] { return DescribeInputs(model.proto.graph()).required; });
}

ModelInfo Inspect(const Model& model) {
  return Guard([&] { return InspectUnguarded(model); });
}

}  // namespace quantab
