#include "core/passes/infer_by_use.h"

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/passes/aliases.h"
#include "onnx/defs/schema.h"

namespace quantab {
namespace {

// Operators of com.microsoft whose first output has type and shape of the first input.
constexpr std::array<std::string_view, 13> kLikeFirst = {"BiasGelu",
                                                         "FastGelu",
                                                         "Gelu",
                                                         "QuickGelu",
                                                         "BiasSoftmax",
                                                         "BiasDropout",
                                                         "BiasAdd",
                                                         "BiasSplitGelu",
                                                         "RotaryEmbedding",
                                                         "SkipLayerNormalization",
                                                         "SkipGroupNorm",
                                                         "SkipSimplifiedLayerNormalization",
                                                         "GroupNorm"};

// Operators of com.microsoft whose first output has the type of the first input only.
constexpr std::array<std::string_view, 10> kTypedLikeFirst = {
    "Attention",   "MultiHeadAttention",  "DecoderMaskedMultiHeadAttention",
    "FusedConv",   "FusedGemm",           "FusedMatMul",
    "MatMulNBits", "GroupQueryAttention", "NhwcFusedConv",
    "MatMulBnb4"};

bool IsOneOf(const auto& list, const std::string& op_type) {
  return std::find(list.begin(), list.end(), op_type) != list.end();
}

const onnx::OpSchema* SchemaOf(const PatternGraph& pattern, int i) {
  const int64_t opset = pattern.opset();
  if (!pattern.Is(i, pattern.node(i).op_type()) || opset < 1 || opset > INT_MAX) return nullptr;
  return onnx::OpSchemaRegistry::Schema(pattern.node(i).op_type(), static_cast<int>(opset), "");
}

// The name of the type of operand `k`, such as "T"; empty where the schema has none for it.
std::string TypeName(const std::vector<onnx::OpSchema::FormalParameter>& formals, int k) {
  if (formals.empty()) return "";
  const size_t last = formals.size() - 1;
  const auto at = static_cast<size_t>(k);
  if (at <= last) return formals[at].GetTypeStr();
  const bool repeats =
      formals[last].GetOption() == onnx::OpSchema::Variadic && formals[last].GetIsHomogeneous();
  return repeats ? formals[last].GetTypeStr() : "";
}

// Adds what is known to value_info.
class InferredValues {
 public:
  InferredValues(onnx::GraphProto& graph, const PatternGraph& pattern)
      : graph_(graph), pattern_(pattern) {}

  DType TypeOf(const std::string& value) const {
    const auto at = types_.find(value);
    return at == types_.end() ? pattern_.TypeOfValue(value) : at->second;
  }

  // Whether the value is made by an operator that has no schema.
  bool IsOpen(const std::string& value) const {
    const int maker = pattern_.Producer(value);
    return !value.empty() && maker >= 0 && !pattern_.IsOutput(value) &&
           SchemaOf(pattern_, maker) == nullptr;
  }

  void SetType(const std::string& value, DType type) {
    if (type == DType::kUndefined || TypeOf(value) != DType::kUndefined || !IsOpen(value)) return;
    types_[value] = type;
  }

  void SetShape(const std::string& value, const Shape& shape) {
    if (!IsOpen(value) || shapes_.contains(value) || pattern_.ShapeOfValue(value)) return;
    shapes_[value] = shape;
  }

  bool Apply() {
    for (const auto& [value, shape] : shapes_) types_.try_emplace(value, TypeOf(value));
    bool changed = false;
    for (const auto& [value, type] : types_) {
      if (type == DType::kUndefined) continue;
      onnx::ValueInfoProto& info = InfoOf(value);
      auto& tensor = *info.mutable_type()->mutable_tensor_type();
      tensor.set_elem_type(static_cast<int32_t>(type));
      changed = true;
      const auto shape = shapes_.find(value);
      if (shape == shapes_.end()) continue;
      tensor.clear_shape();
      tensor.mutable_shape();
      for (const int64_t size : shape->second) {
        auto& dim = *tensor.mutable_shape()->add_dim();
        if (size >= 0) dim.set_dim_value(size);
      }
    }
    return changed;
  }

 private:
  onnx::ValueInfoProto& InfoOf(const std::string& value) {
    for (auto& info : *graph_.mutable_value_info()) {
      if (info.name() == value) return info;
    }
    onnx::ValueInfoProto& info = *graph_.add_value_info();
    info.set_name(value);
    return info;
  }

  onnx::GraphProto& graph_;
  const PatternGraph& pattern_;
  std::unordered_map<std::string, DType> types_;
  std::unordered_map<std::string, Shape> shapes_;
};

// Operands that share a type parameter with one of known type have that type.
void InferFromReader(const PatternGraph& pattern, int i, InferredValues& values) {
  const onnx::OpSchema* schema = SchemaOf(pattern, i);
  if (schema == nullptr) return;
  const onnx::NodeProto& node = pattern.node(i);
  std::unordered_map<std::string, DType> known = {{"tensor(float)", DType::kFloat},
                                                  {"tensor(int64)", DType::kInt64},
                                                  {"tensor(int32)", DType::kInt32},
                                                  {"tensor(bool)", DType::kBool}};
  const auto learn = [&](const std::string& name, const std::string& value) {
    const DType type = value.empty() || name.empty() ? DType::kUndefined : values.TypeOf(value);
    if (type != DType::kUndefined) known.try_emplace(name, type);
  };
  for (int k = 0; k < node.input_size(); ++k) learn(TypeName(schema->inputs(), k), node.input(k));
  for (int k = 0; k < node.output_size(); ++k) {
    learn(TypeName(schema->outputs(), k), node.output(k));
  }
  for (int k = 0; k < node.input_size(); ++k) {
    const auto type = known.find(TypeName(schema->inputs(), k));
    if (type != known.end()) values.SetType(node.input(k), type->second);
  }
}

void InferFromMaker(const PatternGraph& pattern, int i, bool guess_rank, InferredValues& values) {
  const onnx::NodeProto& node = pattern.node(i);
  if (SchemaOf(pattern, i) != nullptr || node.op_type().empty()) return;
  const std::string& input = pattern.Input(i, 0);
  const std::string& output = pattern.Output(i);
  const auto shape = input.empty() ? std::nullopt : pattern.ShapeOfValue(input);
  const bool microsoft = node.domain() == "com.microsoft";
  const bool like = microsoft && IsOneOf(kLikeFirst, node.op_type());
  if (like || (microsoft && IsOneOf(kTypedLikeFirst, node.op_type()))) {
    values.SetType(output, values.TypeOf(input));
  }
  if (like && shape) values.SetShape(output, *shape);
  if (!guess_rank || !shape) return;
  for (const std::string& made : node.output()) {
    values.SetType(made, values.TypeOf(input));
    values.SetShape(made, Shape(shape->size(), -1));
  }
}

}  // namespace

bool InferByUse(Model& model, bool guess_rank) {
  return VisitGraphs(model, [&](onnx::GraphProto& graph, const PatternGraph& pattern) {
    InferredValues values(graph, pattern);
    for (int i = 0; i < pattern.size(); ++i) InferFromReader(pattern, i, values);
    for (int i = 0; i < pattern.size(); ++i) InferFromMaker(pattern, i, guess_rank, values);
    return values.Apply();
  });
}

}  // namespace quantab
