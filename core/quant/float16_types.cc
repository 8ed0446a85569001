#include "core/quant/float16_types.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "core/base/error.h"
#include "core/graph/graph_edit.h"
#include "core/onnx/order.h"
#include "onnx/defs/data_type_utils.h"

namespace quantab {
namespace {

using Formal = onnx::OpSchema::FormalParameter;

constexpr std::string_view kFloatTensor = "tensor(float)";

std::string TensorText(int64_t element) {
  if (!onnx::TensorProto::DataType_IsValid(static_cast<int>(element)) ||
      element == onnx::TensorProto::UNDEFINED) {
    return "";
  }
  return "tensor(" + onnx::Utils::DataTypeUtils::ToDataTypeString(static_cast<int32_t>(element)) +
         ")";
}

// "tensor(float)" of "seq(tensor(float))".
std::string Held(const std::string& type, std::string_view container) {
  if (!type.starts_with(container) || type.size() < container.size() + 2) return "";
  return type.substr(container.size() + 1, type.size() - container.size() - 2);
}

std::string Wrapped(std::string_view container, const std::string& type) {
  return type.empty() ? "" : std::string(container) + "(" + type + ")";
}

bool IsConcrete(const std::string& type) { return type.find('(') != std::string::npos; }

std::string TypeOfConstant(const onnx::NodeProto& node) {
  for (const auto& attribute : node.attribute()) {
    const std::string& name = attribute.name();
    if (name == "value") return TensorText(attribute.t().data_type());
    if (name == "sparse_value") return TensorText(attribute.sparse_tensor().values().data_type());
    if (name.starts_with("value_float")) return TensorText(onnx::TensorProto::FLOAT);
    if (name.starts_with("value_int")) return TensorText(onnx::TensorProto::INT64);
    if (name.starts_with("value_string")) return TensorText(onnx::TensorProto::STRING);
  }
  return "";
}

std::string TypeOfOptional(const onnx::NodeProto& node, const std::string& input) {
  const onnx::AttributeProto* type = FindAttribute(node, "type");
  return Wrapped("optional", type == nullptr ? input : TypeTextOf(type->tp()));
}

// The type of what a node makes whose schema leaves it to attributes or takes it out of, or puts
// it into, another; "" for other operators.
std::string TypeByOperator(const onnx::NodeProto& node, const std::vector<std::string>& inputs,
                           int output) {
  const std::string& op = node.op_type();
  const std::string input = inputs.empty() ? "" : inputs[0];
  const auto element = [&](const char* attribute, int64_t otherwise) {
    return TensorText(IntAttribute(node, attribute, otherwise));
  };
  constexpr int64_t kFloat = onnx::TensorProto::FLOAT;
  if (op == "Cast" || op == "BitCast") return element("to", 0);
  if (op == "Constant") return TypeOfConstant(node);
  if (op == "ConstantOfShape") {
    const onnx::AttributeProto* value = FindAttribute(node, "value");
    return TensorText(value == nullptr ? kFloat : value->t().data_type());
  }
  if (op == "RandomNormal" || op == "RandomUniform") return element("dtype", kFloat);
  if (op == "EyeLike" || op == "RandomNormalLike" || op == "RandomUniformLike" ||
      op == "Bernoulli") {
    return FindAttribute(node, "dtype") == nullptr ? input : element("dtype", 0);
  }
  if (op == "Multinomial") return element("dtype", onnx::TensorProto::INT32);
  if (op.ends_with("Window") || op == "MelWeightMatrix") return element("output_datatype", kFloat);
  if (op == "LayerNormalization" && output > 0) return element("stash_type", kFloat);
  if (op == "DequantizeLinear" && IntAttribute(node, "output_dtype", 0) != 0) {
    return element("output_dtype", 0);
  }
  if (op == "DequantizeLinear" && inputs.size() > 1) return inputs[1];
  if (op == "SequenceEmpty") return Wrapped("seq", element("dtype", kFloat));
  if (op == "SequenceAt" || op == "ConcatFromSequence") return Held(input, "seq");
  if (op == "SequenceConstruct" || op == "SplitToSequence") return Wrapped("seq", input);
  if (op == "Optional") return TypeOfOptional(node, input);
  if (op == "OptionalGetElement") {
    return input.starts_with("optional(") ? Held(input, "optional") : input;
  }
  return "";
}

// Of operators that are not known here, the best guess where a model does not declare what they
// make: those of ONNX Runtime that are listed, and those of others, make float32 of float32.
std::string TypeOfUnknown(const onnx::NodeProto& node, const std::vector<std::string>& inputs,
                          int output) {
  const auto is_float = [](const std::string& type) { return type == kFloatTensor; };
  constexpr std::string_view kFloatOps[] = {"CDist",
                                            "CropAndResize",
                                            "DequantizeLinear",
                                            "DynamicQuantizeLSTM",
                                            "DynamicQuantizeMatMul",
                                            "MatMulIntegerToFloat",
                                            "MaxpoolWithMask",
                                            "NGramRepeatBlock",
                                            "QAttention",
                                            "SparseToDenseMatMul",
                                            "UnfoldTensor",
                                            "WordConvEmbedding"};
  const bool microsoft = node.domain() == "com.microsoft";
  const bool listed =
      std::find(std::begin(kFloatOps), std::end(kFloatOps), node.op_type()) != std::end(kFloatOps);
  if (microsoft && (!listed || output > 0)) return "";
  const auto found = std::find_if(inputs.begin(), inputs.end(), is_float);
  return found == inputs.end() ? "" : *found;
}

}  // namespace

std::string TypeTextOf(const onnx::TypeProto& type) {
  switch (type.value_case()) {
    case onnx::TypeProto::kTensorType:
      return TensorText(type.tensor_type().elem_type());
    case onnx::TypeProto::kSequenceType:
      return Wrapped("seq", TypeTextOf(type.sequence_type().elem_type()));
    case onnx::TypeProto::kOptionalType:
      return Wrapped("optional", TypeTextOf(type.optional_type().elem_type()));
    default:
      return "";
  }
}

bool HoldsFloat(const std::string& type) {
  const size_t at = type.find(kFloatTensor);
  if (at == std::string::npos) return false;
  const std::string_view before = std::string_view(type).substr(0, at);
  return before.empty() || before == "seq(" || before == "optional(" || before == "optional(seq(";
}

std::string WithHalf(const std::string& type) {
  std::string half = type;
  const size_t at = half.find(kFloatTensor);
  if (at != std::string::npos) half.replace(at, kFloatTensor.size(), "tensor(float16)");
  return half;
}

void SetElementType(onnx::TypeProto& type, onnx::TensorProto::DataType element) {
  onnx::TypeProto* at = &type;
  while (!at->has_tensor_type()) {
    if (at->has_sequence_type()) {
      at = at->mutable_sequence_type()->mutable_elem_type();
    } else if (at->has_optional_type()) {
      at = at->mutable_optional_type()->mutable_elem_type();
    } else {
      return;
    }
  }
  at->mutable_tensor_type()->set_elem_type(element);
}

const onnx::OpSchema* SchemaOf(const onnx::ModelProto& model, const onnx::NodeProto& node) {
  const std::string domain = CanonicalDomain(node.domain());
  const int64_t version = std::min<int64_t>(OpsetVersion(model, domain), INT32_MAX);
  if (version < 1) return nullptr;
  return onnx::OpSchemaRegistry::Schema(node.op_type(), static_cast<int>(version), domain);
}

const Formal* FormalOf(const std::vector<Formal>& formals, int index) {
  if (index < static_cast<int>(formals.size())) return &formals[static_cast<size_t>(index)];
  if (formals.empty() || formals.back().GetOption() != onnx::OpSchema::Variadic) return nullptr;
  return &formals.back();
}

bool Allows(const Formal& formal, const std::string& type) {
  const auto& types = formal.GetTypes();
  return std::any_of(types.begin(), types.end(),
                     [&](onnx::DataType allowed) { return *allowed == type; });
}

ElementTypes::ElementTypes(const onnx::ModelProto& model) : model_(model) {
  VisitGraph(model.graph(), nullptr);
}

const std::string& ElementTypes::Of(const onnx::GraphProto& graph, const std::string& value) const {
  const onnx::GraphProto* at = &graph;
  while (at != nullptr) {
    const auto scope = scopes_.find(at);
    if (scope == scopes_.end()) break;
    const auto found = scope->second.types.find(value);
    if (found != scope->second.types.end()) return found->second;
    at = scope->second.outer;
  }
  return unknown_;
}

void ElementTypes::VisitGraph(const onnx::GraphProto& graph, const onnx::GraphProto* outer) {
  {
    Scope& scope = scopes_[&graph];
    scope.outer = outer;
    for (const auto& input : graph.input()) {
      // The caller of a body may have told the type before.
      std::string& type = scope.types[input.name()];
      if (const std::string declared = TypeTextOf(input.type()); !declared.empty()) type = declared;
    }
    for (const auto& tensor : graph.initializer()) {
      std::string& type = scope.types[tensor.name()];
      const std::string own = TensorText(tensor.data_type());
      CheckDeclared(tensor.name(), own, type);
      type = own;
    }
    for (const auto& tensor : graph.sparse_initializer()) {
      scope.types[tensor.values().name()] = TensorText(tensor.values().data_type());
    }
  }
  std::unordered_map<std::string, std::string> declared;
  for (const auto& info : graph.value_info()) declared[info.name()] = TypeTextOf(info.type());
  for (const auto& info : graph.output()) declared[info.name()] = TypeTextOf(info.type());

  const std::vector<int> order = OrderNodes(
      graph.node(), [](std::string_view) { return true; },
      [&] { return "Graph '" + Shorten(graph.name()) + "'"; });
  for (const int index : order) {
    const onnx::NodeProto& node = graph.node(index);
    VisitNode(graph, node, index);
    for (const std::string& output : node.output()) {
      const auto found = declared.find(output);
      if (output.empty() || found == declared.end() || found->second.empty()) continue;
      std::string& type = scopes_[&graph].types[output];
      if (type.empty()) type = found->second;
      if (type != found->second) {
        Complain(
            node, index,
            "makes '" + Shorten(output) + "' of type " + type + ", declared as " + found->second);
      }
    }
  }
  for (const auto& tensor : graph.initializer()) {
    CheckDeclared(tensor.name(), Of(graph, tensor.name()), declared[tensor.name()]);
  }
  for (const auto& output : graph.output()) {
    CheckDeclared(output.name(), Of(graph, output.name()), declared[output.name()]);
  }
}

void ElementTypes::VisitNode(const onnx::GraphProto& graph, const onnx::NodeProto& node,
                             int index) {
  Types inputs;
  for (const std::string& input : node.input()) {
    inputs.push_back(input.empty() ? "" : Of(graph, input));
  }
  VisitBodies(graph, node, inputs);
  const onnx::OpSchema* schema = SchemaOf(model_, node);
  if (schema != nullptr) CheckNode(node, index, *schema, inputs);
  for (int i = 0; i < node.output_size(); ++i) {
    if (node.output(i).empty()) continue;
    std::string type = OutputType(node, schema, inputs, i);
    scopes_[&graph].types[node.output(i)] = std::move(type);
  }
}

void ElementTypes::VisitBodies(const onnx::GraphProto& graph, const onnx::NodeProto& node,
                               const Types& inputs) {
  for (const auto& attribute : node.attribute()) {
    const auto visit = [&](const onnx::GraphProto& body) {
      // Loop(trips, condition, ...) and Scan(...) give the body as many inputs as they have.
      if (node.op_type() == "Loop" || node.op_type() == "Scan") {
        const int shift = body.input_size() - node.input_size();
        for (int i = 0; i < body.input_size(); ++i) {
          const int from = i - shift;
          if (from < (node.op_type() == "Loop" ? 2 : 0) || from >= node.input_size()) continue;
          scopes_[&body].types[body.input(i).name()] = inputs[static_cast<size_t>(from)];
        }
      }
      VisitGraph(body, &graph);
    };
    if (attribute.has_g()) visit(attribute.g());
    for (const auto& body : attribute.graphs()) visit(body);
  }
}

std::string ElementTypes::BodyOutputType(const onnx::NodeProto& node, int index) {
  for (const auto& attribute : node.attribute()) {
    if (!attribute.has_g()) continue;
    const int from = index + (node.op_type() == "Loop" ? 1 : 0);
    if (from >= attribute.g().output_size()) continue;
    const std::string& type = Of(attribute.g(), attribute.g().output(from).name());
    if (!type.empty()) return type;
  }
  return "";
}

std::string ElementTypes::OutputType(const onnx::NodeProto& node, const onnx::OpSchema* schema,
                                     const Types& inputs, int index) {
  if (schema == nullptr) {
    const HalfContribOp* contrib = FindHalfContribOp(node);
    if (contrib == nullptr) return TypeOfUnknown(node, inputs, index);
    if (InMask(contrib->other_outputs, index)) return "";
    if (InMask(contrib->float_outputs, index)) return std::string(kFloatTensor);
    // The scales of a quantized table are of the type that comes out of it.
    const bool gather = node.op_type() == "GatherBlockQuantized";
    for (size_t i = gather ? 2 : 0; i < inputs.size(); ++i) {
      if (!inputs[i].empty()) return inputs[i];
    }
    return "";
  }
  const std::string& op = node.op_type();
  const bool official = CanonicalDomain(node.domain()).empty();
  if (official && (op == "If" || op == "Loop" || op == "Scan")) return BodyOutputType(node, index);
  const Formal* formal = FormalOf(schema->outputs(), index);
  if (formal == nullptr) return "";
  if (formal->GetTypes().size() == 1) return **formal->GetTypes().begin();
  if (std::string type = official ? TypeByOperator(node, inputs, index) : ""; !type.empty()) {
    return type;
  }
  for (int i = 0; i < node.input_size(); ++i) {
    const Formal* input = FormalOf(schema->inputs(), i);
    const std::string& type = inputs[static_cast<size_t>(i)];
    if (input != nullptr && input->GetTypeStr() == formal->GetTypeStr() && !type.empty()) {
      return type;
    }
  }
  return "";
}

void ElementTypes::CheckNode(const onnx::NodeProto& node, int index, const onnx::OpSchema& schema,
                             const Types& inputs) {
  std::map<std::string, std::string> bound;
  for (int i = 0; i < node.input_size(); ++i) {
    const Formal* formal = FormalOf(schema.inputs(), i);
    const std::string& type = inputs[static_cast<size_t>(i)];
    if (formal == nullptr || type.empty()) continue;
    const std::string what = "reads '" + Shorten(node.input(i)) + "' of type " + type;
    if (!Allows(*formal, type)) return Complain(node, index, what + ", which it does not take");
    if (!formal->GetIsHomogeneous() || IsConcrete(formal->GetTypeStr())) continue;
    std::string& other = bound[formal->GetTypeStr()];
    if (other.empty()) other = type;
    if (other != type) return Complain(node, index, what + " beside one of type " + other);
  }
  CheckBodies(node, index, inputs);
}

// What goes around in a loop, and what two branches make, has one type.
void ElementTypes::CheckBodies(const onnx::NodeProto& node, int index, const Types& inputs) {
  const auto differ = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
  };
  for (const auto& attribute : node.attribute()) {
    if (!attribute.has_g()) continue;
    const onnx::GraphProto& body = attribute.g();
    const auto made = [&](int i) { return Of(body, body.output(i).name()); };
    const bool loop = node.op_type() == "Loop";
    if (node.op_type() == "If") {
      for (int i = 0; i < body.output_size(); ++i) {
        if (!differ(made(i), BodyOutputType(node, i))) continue;
        return Complain(node, index, "has branches that make different types");
      }
    } else if (loop || node.op_type() == "Scan") {
      const int shift = body.input_size() - node.input_size();
      for (int i = loop ? 2 : 0; i < body.input_size(); ++i) {
        const int from = i - shift;
        if (from < 0 || from >= node.input_size()) continue;
        const std::string& inside = Of(body, body.input(i).name());
        const bool carried = loop && i - 1 < body.output_size();
        if (differ(inside, inputs[static_cast<size_t>(from)]) ||
            (carried && differ(inside, made(i - 1)))) {
          return Complain(node, index, "carries a value whose type changes");
        }
      }
    }
  }
}

void ElementTypes::CheckDeclared(const std::string& value, const std::string& type,
                                 const std::string& declared) {
  if (complaint_ || declared.empty() || type.empty() || type == declared) return;
  complaint_ = "'" + Shorten(value) + "' has type " + type + ", declared as " + declared;
}

void ElementTypes::Complain(const onnx::NodeProto& node, int index, const std::string& what) {
  if (!complaint_) complaint_ = "node '" + NodeLabel(node, index) + "' " + what;
}

}  // namespace quantab
