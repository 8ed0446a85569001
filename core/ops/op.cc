#include "core/ops/op.h"

#include "core/ops/sparse.h"

namespace quantab {

// Generated from the files of this folder (cmake/registries.cmake).
void RegisterAll_ops(OpRegistry& registry);

namespace {

std::string_view TypeName(const onnx::AttributeProto& attribute) {
  switch (attribute.type()) {
    case onnx::AttributeProto::FLOAT:
      return "FLOAT";
    case onnx::AttributeProto::INT:
      return "INT";
    case onnx::AttributeProto::STRING:
      return "STRING";
    case onnx::AttributeProto::TENSOR:
      return "TENSOR";
    case onnx::AttributeProto::GRAPH:
      return "GRAPH";
    case onnx::AttributeProto::FLOATS:
      return "FLOATS";
    case onnx::AttributeProto::INTS:
      return "INTS";
    case onnx::AttributeProto::STRINGS:
      return "STRINGS";
    default:
      return "another";
  }
}

void Expect(const onnx::AttributeProto& attribute, onnx::AttributeProto::AttributeType type,
            std::string_view name) {
  if (attribute.type() == type) return;
  ThrowInvalidModel("attribute '" + attribute.name() + "' has type '" +
                    std::string(TypeName(attribute)) + "', expected '" + std::string(name) + "'.");
}

std::string_view CanonicalDomain(std::string_view domain) {
  return domain == "ai.onnx" ? std::string_view() : domain;
}

}  // namespace

const onnx::AttributeProto* Attributes::Find(std::string_view name) const {
  for (const onnx::AttributeProto& attribute : node_->attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

bool Attributes::Has(std::string_view name) const { return Find(name) != nullptr; }

int64_t Attributes::Int(std::string_view name, int64_t otherwise) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return otherwise;
  Expect(*attribute, onnx::AttributeProto::INT, "INT");
  return attribute->i();
}

float Attributes::Float(std::string_view name, float otherwise) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return otherwise;
  Expect(*attribute, onnx::AttributeProto::FLOAT, "FLOAT");
  return attribute->f();
}

std::string Attributes::String(std::string_view name, std::string_view otherwise) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return std::string(otherwise);
  Expect(*attribute, onnx::AttributeProto::STRING, "STRING");
  return attribute->s();
}

std::vector<int64_t> Attributes::Ints(std::string_view name, std::vector<int64_t> otherwise) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return otherwise;
  Expect(*attribute, onnx::AttributeProto::INTS, "INTS");
  return {attribute->ints().begin(), attribute->ints().end()};
}

std::vector<float> Attributes::Floats(std::string_view name, std::vector<float> otherwise) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return otherwise;
  Expect(*attribute, onnx::AttributeProto::FLOATS, "FLOATS");
  return {attribute->floats().begin(), attribute->floats().end()};
}

std::vector<std::string> Attributes::Strings(std::string_view name) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return {};
  Expect(*attribute, onnx::AttributeProto::STRINGS, "STRINGS");
  return {attribute->strings().begin(), attribute->strings().end()};
}

Tensor Attributes::TensorValue(std::string_view name) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return {};
  if (attribute->type() == onnx::AttributeProto::SPARSE_TENSOR) {
    return DenseTensor(*model_, attribute->sparse_tensor());
  }
  Expect(*attribute, onnx::AttributeProto::TENSOR, "TENSOR");
  return LoadTensor(*model_, attribute->t());
}

const onnx::GraphProto* Attributes::Graph(std::string_view name) const {
  const onnx::AttributeProto* attribute = Find(name);
  if (attribute == nullptr) return nullptr;
  Expect(*attribute, onnx::AttributeProto::GRAPH, "GRAPH");
  return &attribute->g();
}

namespace {

// As Tensors do, leaves room for rounding up to the alignment.
void CheckAddressable(size_t bytes) {
  if (bytes <= SIZE_MAX - kBufferAlignment) return;
  throw Error(
      ErrorCode::kOutOfMemory,
      "More working memory is needed than the address space has. Use a smaller model, batch "
      "or sample.");
}

}  // namespace

Tensor PackedTensor(DType dtype, size_t bytes) {
  CheckAddressable(bytes);
  return Tensor(dtype, {static_cast<int64_t>(bytes / SizeOf(dtype))});
}

std::span<std::byte> OpContext::Scratch(size_t bytes) {
  CheckAddressable(bytes);
  return NewScratch(bytes);
}

// Who runs the node knows its place in the file and adds it.
void PrepareContext::Invalid(const std::string& message) const { ThrowInvalidModel(message); }
void PrepareContext::Unsupported(const std::string& message) const { ThrowUnsupported(message); }
void OpContext::Invalid(const std::string& message) const { ThrowInvalidModel(message); }
void OpContext::Unsupported(const std::string& message) const { ThrowUnsupported(message); }

const Tensor& OpContext::Input(int i) const {
  const Tensor* tensor = Optional(i);
  if (tensor == nullptr) Invalid("input " + std::to_string(i) + " is missing.");
  return *tensor;
}

const Value& OpContext::InputValue(int i) const {
  const Value* value = OptionalValue(i);
  if (value == nullptr) Invalid("input " + std::to_string(i) + " is missing.");
  return *value;
}

const Sequence& OpContext::InputSequence(int i) const {
  const Value& value = InputValue(i);
  if (value.sequence() == nullptr) {
    Invalid("input " + std::to_string(i) + " is " + KindOf(value) + ", expected a sequence.");
  }
  return *value.sequence();
}

bool OpContext::HasOutput(int i) const {
  return i < node().output_size() && !node().output(i).empty();
}

const OpRegistry& OpRegistry::Get() {
  static const OpRegistry registry = [] {
    OpRegistry all;
    RegisterAll_ops(all);
    return all;
  }();
  return registry;
}

void OpRegistry::Add(OpDef def) { defs_.push_back(def); }

const OpDef* OpRegistry::Find(std::string_view domain, std::string_view name, int64_t opset) const {
  const std::string_view wanted = CanonicalDomain(domain);
  for (const OpDef& def : defs_) {
    if (def.name == name && CanonicalDomain(def.domain) == wanted && def.since <= opset &&
        opset <= def.until) {
      return &def;
    }
  }
  return nullptr;
}

}  // namespace quantab
