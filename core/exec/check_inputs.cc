#include "core/exec/check_inputs.h"

#include <algorithm>
#include <map>

#include "core/graph/graph_view.h"

namespace quantab {
namespace {

bool IsFixed(const std::string& dim) {
  return !dim.empty() && dim.find_first_not_of("0123456789") == std::string::npos;
}

[[noreturn]] void Fail(const std::string& name, const std::string& what) {
  Place place;
  place.tensor = name;
  ThrowInvalidArgument("Input '" + name + "' " + what, place);
}

std::string Names(const InputCheck& expected) {
  std::string text;
  for (const InputInfo& input : expected.required) {
    text += (text.empty() ? "'" : ", '") + input.name + "'";
  }
  return text.empty() ? "none" : text;
}

const InputInfo* FindInfo(const std::vector<InputInfo>& infos, const std::string& name) {
  const auto at = std::find_if(infos.begin(), infos.end(),
                               [&](const InputInfo& info) { return info.name == name; });
  return at == infos.end() ? nullptr : &*at;
}

// An optional takes anything; what it holds is checked by the operators that read it.
void CheckKind(const InputInfo& info, const Value& value) {
  const char* expected = info.type == ValueType::kTensor     ? "a tensor"
                         : info.type == ValueType::kSequence ? "a sequence"
                                                             : nullptr;
  if (expected == nullptr || std::string_view(expected) == KindOf(value)) return;
  Fail(info.name, std::string("is ") + KindOf(value) + ", expected " + expected + ".");
}

void CheckShape(const InputInfo& info, const Tensor& tensor,
                std::map<std::string, std::pair<int64_t, std::string>>& symbols) {
  const std::string mismatch = "has shape " + ToString(tensor.shape()) + ", expected " +
                               ShapeLabel(info) + ". Give samples of that shape.";
  if (info.shape.size() != tensor.shape().size()) Fail(info.name, mismatch);
  for (size_t i = 0; i < info.shape.size(); ++i) {
    const std::string& dim = info.shape[i];
    const int64_t got = tensor.shape()[i];
    if (IsFixed(dim)) {
      if (dim != std::to_string(got)) Fail(info.name, mismatch);
      continue;
    }
    if (dim == "?") continue;
    const auto [at, inserted] = symbols.try_emplace(dim, got, info.name);
    if (!inserted && at->second.first != got) {
      Fail(info.name, "has shape " + ToString(tensor.shape()) + ", but dimension '" + dim +
                          "' is " + std::to_string(at->second.first) + " in input '" +
                          at->second.second + "'. Give one size for '" + dim + "' in a sample.");
    }
  }
}

}  // namespace

std::string ShapeLabel(const InputInfo& input) {
  std::string text = "[";
  for (size_t i = 0; i < input.shape.size(); ++i) {
    if (i > 0) text += ",";
    text += input.shape[i];
  }
  return text + "]";
}

namespace {

// Files without a type for a value have tensors in mind.
ValueType TypeOfOther(const onnx::TypeProto& type) {
  switch (type.value_case()) {
    case onnx::TypeProto::kSequenceType:
      return ValueType::kSequence;
    case onnx::TypeProto::kOptionalType:
      return ValueType::kOptional;
    case onnx::TypeProto::VALUE_NOT_SET:
      return ValueType::kTensor;
    default:
      return ValueType::kOther;
  }
}

}  // namespace

InputInfo DescribeValue(const onnx::ValueInfoProto& value) {
  InputInfo info;
  info.name = value.name();
  if (!value.type().has_tensor_type()) {
    info.type = TypeOfOther(value.type());
    return info;
  }
  const onnx::TypeProto::Tensor& type = value.type().tensor_type();
  info.dtype = static_cast<DType>(type.elem_type());
  info.has_shape = type.has_shape();
  for (const onnx::TensorShapeProto::Dimension& dim : type.shape().dim()) {
    // Exporters write -1, too, for a dimension that they do not know.
    if (dim.has_dim_value() && dim.dim_value() >= 0) {
      info.shape.push_back(std::to_string(dim.dim_value()));
    } else {
      info.shape.push_back(dim.dim_param().empty() ? "?" : dim.dim_param());
    }
  }
  return info;
}

InputCheck DescribeInputs(const onnx::GraphProto& graph) {
  const GraphView view(graph);
  InputCheck inputs;
  for (const onnx::ValueInfoProto& input : graph.input()) {
    (view.IsInitialized(input.name()) ? inputs.optional : inputs.required)
        .push_back(DescribeValue(input));
  }
  return inputs;
}

void CheckSample(const InputCheck& expected, const ValueMap& sample) {
  for (const auto& [name, value] : sample) {
    if (FindInfo(expected.required, name) == nullptr &&
        FindInfo(expected.optional, name) == nullptr) {
      Fail(name, "is not an input of the model; its inputs are " + Names(expected) + ".");
    }
  }
  std::map<std::string, std::pair<int64_t, std::string>> symbols;
  for (const std::vector<InputInfo>* infos : {&expected.required, &expected.optional}) {
    for (const InputInfo& info : *infos) {
      const auto at = sample.find(info.name);
      if (at == sample.end() || !at->second.exists()) {
        if (infos == &expected.optional) continue;
        Fail(info.name, "is missing; the model's inputs are " + Names(expected) + ".");
      }
      CheckKind(info, at->second);
      if (at->second.tensor() == nullptr) continue;
      const Tensor& tensor = *at->second.tensor();
      if (info.dtype != DType::kUndefined && info.dtype != tensor.dtype()) {
        Fail(info.name, "has type '" + std::string(NameOf(tensor.dtype())) + "', expected '" +
                            std::string(NameOf(info.dtype)) + "'.");
      }
      if (info.has_shape) CheckShape(info, tensor, symbols);
    }
  }
}

}  // namespace quantab
