#include "core/passes/pattern.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/graph/graph_view.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

void CollectNames(const onnx::GraphProto& graph, std::unordered_set<std::string>& names) {
  for (const auto& input : graph.input()) names.insert(input.name());
  for (const auto& output : graph.output()) names.insert(output.name());
  for (const auto& info : graph.value_info()) names.insert(info.name());
  for (const auto& tensor : graph.initializer()) names.insert(tensor.name());
  for (const auto& tensor : graph.sparse_initializer()) names.insert(tensor.values().name());
  for (const auto& node : graph.node()) {
    names.insert(node.input().begin(), node.input().end());
    names.insert(node.output().begin(), node.output().end());
    ForEachSubgraph(node, [&](const onnx::GraphProto& inner) { CollectNames(inner, names); });
  }
}

// The numbers of a tensor in memory, where the type is one of numbers.
std::optional<std::vector<double>> NumbersOf(const Tensor& tensor) {
  std::vector<double> numbers;
  numbers.reserve(static_cast<size_t>(tensor.count()));
  if (IsHalf(tensor.dtype())) {
    const Tensor wide = HalfToFloat(tensor);
    for (const float x : wide.span<float>()) numbers.push_back(static_cast<double>(x));
    return numbers;
  }
  const bool known = VisitArithmetic(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (const T x : tensor.span<T>()) numbers.push_back(static_cast<double>(x));
  });
  if (!known) return std::nullopt;
  return numbers;
}

void RewriteGraph(Model& model, onnx::GraphProto& graph, const PatternGraph* outer,
                  std::unordered_set<std::string>& names,
                  const std::function<bool(PatternGraph&)>& rewrite, bool& changed) {
  {
    PatternGraph pattern(model, graph, outer, names);
    changed |= rewrite(pattern);
    pattern.Finish();
  }
  const auto has_graphs = [](const onnx::NodeProto& node) {
    bool any = false;
    ForEachSubgraph(node, [&](const onnx::GraphProto&) { any = true; });
    return any;
  };
  if (model.proto.ir_version() < 4) return;
  if (std::none_of(graph.node().begin(), graph.node().end(), has_graphs)) return;
  const PatternGraph around(model, graph, outer, names);
  for (auto& node : *graph.mutable_node()) {
    ForEachSubgraph(node, [&](onnx::GraphProto& inner) {
      RewriteGraph(model, inner, &around, names, rewrite, changed);
    });
  }
}

}  // namespace

PatternGraph::PatternGraph(Model& model, onnx::GraphProto& graph, const PatternGraph* outer,
                           std::unordered_set<std::string>& names)
    : model_(model),
      graph_(graph),
      outer_(outer),
      names_(names),
      opset_(OpsetVersion(model.proto)) {
  for (const auto& info : graph.value_info()) infos_[info.name()] = &info;
  for (const auto& info : graph.output()) {
    infos_[info.name()] = &info;
    outputs_.insert(info.name());
  }
  for (const auto& info : graph.input()) {
    infos_[info.name()] = &info;
    inputs_.insert(info.name());
  }
  for (const auto& tensor : graph.sparse_initializer()) inputs_.insert(tensor.values().name());
  for (int i = 0; i < graph.initializer_size(); ++i) initializers_[graph.initializer(i).name()] = i;
  for (int i = 0; i < graph.node_size(); ++i) Index(i);
}

void PatternGraph::Index(int i) {
  const onnx::NodeProto& node = graph_.node(i);
  for (const std::string& input : node.input()) {
    if (!input.empty()) readers_[input].push_back(i);
  }
  for (const std::string& value : CapturedValues(node)) readers_[value].push_back(i);
  for (const std::string& output : node.output()) {
    if (!output.empty()) producers_[output] = i;
  }
}

void PatternGraph::Unindex(int i) {
  const onnx::NodeProto& node = graph_.node(i);
  const auto forget = [&](const std::string& value) {
    const auto found = readers_.find(value);
    if (found == readers_.end()) return;
    const auto read = std::find(found->second.begin(), found->second.end(), i);
    if (read != found->second.end()) found->second.erase(read);
  };
  for (const std::string& input : node.input()) {
    if (!input.empty()) forget(input);
  }
  for (const std::string& value : CapturedValues(node)) forget(value);
  for (const std::string& output : node.output()) {
    if (output.empty() || Producer(output) != i) continue;
    producers_.erase(output);
    gone_.push_back(output);
  }
}

int PatternGraph::Producer(const std::string& value) const {
  const auto found = producers_.find(value);
  return found == producers_.end() ? -1 : found->second;
}

size_t PatternGraph::CountReads(const std::string& value) const {
  const auto found = readers_.find(value);
  return found == readers_.end() ? 0 : found->second.size();
}

int PatternGraph::OnlyReader(const std::string& value) const {
  if (value.empty() || IsOutput(value) || CountReads(value) != 1) return -1;
  const int reader = readers_.at(value)[0];
  const auto& inputs = node(reader).input();
  return std::find(inputs.begin(), inputs.end(), value) == inputs.end() ? -1 : reader;
}

bool PatternGraph::IsReadOnlyBy(const std::string& value, const std::vector<int>& nodes) const {
  if (IsOutput(value)) return false;
  const auto found = readers_.find(value);
  return found == readers_.end() ||
         std::all_of(found->second.begin(), found->second.end(), [&](int reader) {
           return std::find(nodes.begin(), nodes.end(), reader) != nodes.end();
         });
}

bool PatternGraph::IsMadeHere(const std::string& value) const {
  return inputs_.contains(value) || producers_.contains(value) || initializers_.contains(value);
}

const onnx::TensorProto* PatternGraph::Constant(const std::string& value) const {
  if (value.empty()) return nullptr;
  if (!IsMadeHere(value)) return outer_ == nullptr ? nullptr : outer_->Constant(value);
  const auto found = initializers_.find(value);
  if (found == initializers_.end()) return nullptr;
  const bool replaceable =
      inputs_.contains(value) && (outer_ != nullptr || model_.proto.ir_version() >= 4);
  return replaceable ? nullptr : &graph_.initializer(found->second);
}

BlobPtr PatternGraph::ConstantBytes(const std::string& value) const {
  return BytesOf(model_, *Constant(value));
}

std::optional<std::vector<double>> PatternGraph::Numbers(const std::string& value,
                                                         int64_t limit) const {
  const onnx::TensorProto* tensor = Constant(value);
  if (tensor == nullptr || BitsOf(TypeOf(*tensor)) == 0) return std::nullopt;
  const std::optional<int64_t> count = CheckedElementCount(ShapeOf(*tensor));
  if (!count || *count > limit) return std::nullopt;
  return NumbersOf(LoadTensor(model_, *tensor));
}

std::optional<double> PatternGraph::Scalar(const std::string& value) const {
  const onnx::TensorProto* tensor = Constant(value);
  if (tensor == nullptr || tensor->dims_size() > 1) return std::nullopt;
  const auto numbers = Numbers(value, 1);
  if (!numbers || numbers->size() != 1) return std::nullopt;
  return (*numbers)[0];
}

std::optional<std::vector<int64_t>> PatternGraph::Ints(const std::string& value,
                                                       int64_t limit) const {
  const onnx::TensorProto* tensor = Constant(value);
  if (tensor == nullptr || tensor->dims_size() != 1) return std::nullopt;
  const DType type = TypeOf(*tensor);
  if (type != DType::kInt64 && type != DType::kInt32) return std::nullopt;
  if (tensor->dims(0) < 0 || tensor->dims(0) > limit) return std::nullopt;
  const Tensor loaded = LoadTensor(model_, *tensor);
  if (type == DType::kInt32) {
    const auto narrow = loaded.span<int32_t>();
    return std::vector<int64_t>(narrow.begin(), narrow.end());
  }
  const auto wide = loaded.span<int64_t>();
  return std::vector<int64_t>(wide.begin(), wide.end());
}

std::optional<std::vector<double>> PatternGraph::AlongAxis(const std::string& value, int rank,
                                                           int axis, int64_t count) const {
  const onnx::TensorProto* tensor = Constant(value);
  if (tensor == nullptr || !IsComputable(TypeOf(*tensor)) || tensor->dims_size() > rank) {
    return std::nullopt;
  }
  const int missing = rank - tensor->dims_size();
  for (int i = 0; i < tensor->dims_size(); ++i) {
    const int64_t dim = tensor->dims(i);
    if (dim != 1 && !(missing + i == axis && dim == count)) return std::nullopt;
  }
  auto numbers = Numbers(value, count);
  if (!numbers) return std::nullopt;
  if (numbers->size() == 1) numbers->resize(static_cast<size_t>(count), (*numbers)[0]);
  const bool finite =
      std::all_of(numbers->begin(), numbers->end(), [](double x) { return std::isfinite(x); });
  if (!finite || static_cast<int64_t>(numbers->size()) != count) return std::nullopt;
  return numbers;
}

const onnx::ValueInfoProto* PatternGraph::InfoOf(const std::string& value) const {
  const auto found = infos_.find(value);
  if (found != infos_.end()) return found->second;
  return outer_ == nullptr || IsMadeHere(value) ? nullptr : outer_->InfoOf(value);
}

DType PatternGraph::TypeOfValue(const std::string& value) const {
  if (const onnx::TensorProto* tensor = Constant(value)) return TypeOf(*tensor);
  const onnx::ValueInfoProto* info = InfoOf(value);
  if (info == nullptr || !info->type().has_tensor_type()) return DType::kUndefined;
  return static_cast<DType>(info->type().tensor_type().elem_type());
}

std::optional<Shape> PatternGraph::ShapeOfValue(const std::string& value) const {
  if (const onnx::TensorProto* tensor = Constant(value)) return ShapeOf(*tensor);
  const onnx::ValueInfoProto* info = InfoOf(value);
  if (info == nullptr || !info->type().tensor_type().has_shape()) return std::nullopt;
  Shape shape;
  for (const auto& dim : info->type().tensor_type().shape().dim()) {
    shape.push_back(dim.has_dim_value() && dim.dim_value() >= 0 ? dim.dim_value() : -1);
  }
  return shape;
}

void PatternGraph::Replace(int i, onnx::NodeProto node) {
  Unindex(i);
  *graph_.mutable_node(i) = std::move(node);
  Index(i);
}

void PatternGraph::ReplaceTogether(const std::vector<int>& nodes, int last, onnx::NodeProto node) {
  for (const int i : nodes) {
    if (i != last) Remove(i);
  }
  Replace(last, std::move(node));
}

std::string PatternGraph::FreshName(const std::string& hint) {
  if (names_.empty()) CollectNames(model_.proto.graph(), names_);
  std::string name = hint;
  for (int i = 1; !names_.insert(name).second; ++i) name = hint + "_" + std::to_string(i);
  return name;
}

std::string PatternGraph::AddConstant(const std::string& hint, DType type, const Shape& dims,
                                      BlobPtr bytes) {
  onnx::TensorProto& tensor = *graph_.add_initializer();
  tensor.set_name(FreshName(hint));
  tensor.set_data_type(static_cast<int32_t>(type));
  tensor.mutable_dims()->Add(dims.begin(), dims.end());
  SetBytes(model_, tensor, std::move(bytes));
  initializers_[tensor.name()] = graph_.initializer_size() - 1;
  if (model_.proto.ir_version() < 4) {
    onnx::ValueInfoProto& input = *graph_.add_input();  // where initializers are inputs
    input.set_name(tensor.name());
    auto& declared = *input.mutable_type()->mutable_tensor_type();
    declared.set_elem_type(tensor.data_type());
    declared.mutable_shape();
    for (int64_t dim : dims) declared.mutable_shape()->add_dim()->set_dim_value(dim);
  }
  return tensor.name();
}

std::string PatternGraph::AddNumbers(const std::string& hint, DType type, const Shape& dims,
                                     const std::vector<double>& values) {
  const size_t size = BytesPerNumber(type);
  std::vector<std::byte> bytes(values.size() * size);
  for (size_t i = 0; i < values.size(); ++i) {
    StoreNumber(type, values[i], bytes.data() + i * size);
  }
  return AddConstant(hint, type, dims, MakeMemoryBlob(std::move(bytes)));
}

std::string PatternGraph::ChangeConstant(const std::string& value, BlobPtr bytes) {
  const onnx::TensorProto& old = *Constant(value);
  const auto own = initializers_.find(value);
  if (own == initializers_.end() || IsOutput(value) || CountReads(value) > 1) {
    return AddConstant(value, TypeOf(old), ShapeOf(old), std::move(bytes));
  }
  onnx::TensorProto changed;
  changed.set_name(value);
  changed.set_data_type(old.data_type());
  *changed.mutable_dims() = old.dims();
  SetBytes(model_, changed, std::move(bytes));
  *graph_.mutable_initializer(own->second) = std::move(changed);
  return value;
}

void PatternGraph::Finish() {
  if (gone_.empty()) return;
  std::unordered_set<std::string> gone;
  for (const std::string& value : gone_) {
    if (!producers_.contains(value)) gone.insert(value);
  }
  const auto remove = [](auto& list, const auto& wanted) {
    int kept = 0;
    for (int i = 0; i < list.size(); ++i) {
      if (wanted(list[i])) continue;
      if (kept != i) list.SwapElements(kept, i);
      ++kept;
    }
    list.DeleteSubrange(kept, list.size() - kept);
  };
  remove(*graph_.mutable_node(), [](const auto& node) { return node.op_type().empty(); });
  remove(*graph_.mutable_value_info(),
         [&](const auto& info) { return gone.contains(info.name()); });
}

bool RewriteGraphs(Model& model, const std::function<bool(PatternGraph&)>& rewrite) {
  std::unordered_set<std::string> names;
  bool changed = false;
  RewriteGraph(model, *model.proto.mutable_graph(), nullptr, names, rewrite, changed);
  return changed;
}

bool RewriteNodes(Model& model, const std::function<bool(PatternGraph&, int)>& fuse) {
  return RewriteGraphs(model, [&](PatternGraph& graph) {
    bool changed = false;
    for (int i = 0; i < graph.size(); ++i) changed |= fuse(graph, i);
    return changed;
  });
}

bool IsComputable(DType type) {
  return type == DType::kFloat || type == DType::kFloat16 || type == DType::kDouble;
}

size_t BytesPerNumber(DType type) { return SizeOf(type); }

double LoadNumber(DType type, const std::byte* from) {
  if (type == DType::kDouble) {
    double value = 0;
    std::memcpy(&value, from, sizeof(value));
    return value;
  }
  if (type == DType::kFloat16) {
    uint16_t half = 0;
    std::memcpy(&half, from, sizeof(half));
    return static_cast<double>(HalfToFloat(half));
  }
  float value = 0;
  std::memcpy(&value, from, sizeof(value));
  return static_cast<double>(value);
}

void StoreNumber(DType type, double value, std::byte* to) {
  if (type == DType::kDouble) {
    std::memcpy(to, &value, sizeof(value));
    return;
  }
  const float narrow = static_cast<float>(value);
  if (type == DType::kFloat16) {
    const uint16_t half = FloatToHalf(narrow);
    std::memcpy(to, &half, sizeof(half));
    return;
  }
  std::memcpy(to, &narrow, sizeof(narrow));
}

double RoundStep(DType type, double value) {
  return type == DType::kDouble ? value : static_cast<double>(static_cast<float>(value));
}

void DropAttribute(onnx::NodeProto& node, std::string_view name) {
  auto& attributes = *node.mutable_attribute();
  for (int i = attributes.size() - 1; i >= 0; --i) {
    if (attributes[i].name() == name) attributes.DeleteSubrange(i, 1);
  }
}

namespace {

onnx::AttributeProto& FreshAttribute(onnx::NodeProto& node, const std::string& name,
                                     onnx::AttributeProto::AttributeType type) {
  DropAttribute(node, name);
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

}  // namespace

void PutInt(onnx::NodeProto& node, const std::string& name, int64_t value) {
  FreshAttribute(node, name, onnx::AttributeProto::INT).set_i(value);
}

void PutInts(onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
  FreshAttribute(node, name, onnx::AttributeProto::INTS)
      .mutable_ints()
      ->Add(values.begin(), values.end());
}

void PutFloat(onnx::NodeProto& node, const std::string& name, float value) {
  FreshAttribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}

void PutString(onnx::NodeProto& node, const std::string& name, const std::string& value) {
  FreshAttribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}

std::optional<std::vector<int64_t>> IntsAttribute(const onnx::NodeProto& node,
                                                  std::string_view name) {
  const onnx::AttributeProto* attribute = FindAttribute(node, name);
  if (attribute == nullptr) return std::nullopt;
  return std::vector<int64_t>(attribute->ints().begin(), attribute->ints().end());
}

std::string StringAttribute(const onnx::NodeProto& node, std::string_view name,
                            const std::string& otherwise) {
  const onnx::AttributeProto* attribute = FindAttribute(node, name);
  return attribute == nullptr ? otherwise : attribute->s();
}

onnx::NodeProto PatternNode(const std::string& op_type, const std::string& name,
                            const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto node;
  node.set_op_type(op_type);
  node.set_name(name);
  node.mutable_input()->Add(inputs.begin(), inputs.end());
  node.add_output(output);
  return node;
}

std::optional<std::vector<int64_t>> AxesOf(const PatternGraph& graph, int i, int k) {
  const std::string& input = graph.Input(i, k);
  auto axes = input.empty() ? IntsAttribute(graph.node(i), "axes") : graph.Ints(input);
  if (axes && axes->empty()) axes.reset();
  return axes;
}

}  // namespace quantab
