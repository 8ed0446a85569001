#include "core/onnx/guarded_schemas.h"

#include <optional>
#include <utility>

#include "core/onnx/node_check.h"
#include "core/tensor/shape.h"

namespace quantab {
namespace {

// NumPy's arrays end at 64 dimensions, and real models long before.
constexpr int kMaxRank = 64;
// Sequences of optional tensors are two; more has no meaning in ONNX.
constexpr int kMaxTypeDepth = 8;
// Values that are propagated are shapes and parts of them.
constexpr int kMaxValues = 1024;
// In one inference; some 50 MB.
constexpr uint64_t kMaxValuesInAll = uint64_t{1} << 20;

[[noreturn]] void Fail(const std::string& what) { throw onnx::InferenceError(what); }

bool IsSmall(const onnx::TypeProto& type, int depth = 0) {
  if (depth > kMaxTypeDepth) return false;
  switch (type.value_case()) {
    case onnx::TypeProto::kTensorType:
      return type.tensor_type().shape().dim_size() <= kMaxRank;
    case onnx::TypeProto::kSparseTensorType:
      return type.sparse_tensor_type().shape().dim_size() <= kMaxRank;
    case onnx::TypeProto::kSequenceType:
      return IsSmall(type.sequence_type().elem_type(), depth + 1);
    case onnx::TypeProto::kOptionalType:
      return IsSmall(type.optional_type().elem_type(), depth + 1);
    case onnx::TypeProto::kMapType:
      return IsSmall(type.map_type().value_type(), depth + 1);
    default:
      return true;
  }
}

// Inferers read attributes and inputs as the schema describes them.
void CheckAgainstSchema(const onnx::OpSchema& schema, const onnx::InferenceContext& context) {
  const auto inputs = static_cast<int64_t>(context.getNumInputs());
  const auto outputs = static_cast<int64_t>(context.getNumOutputs());
  if (inputs < schema.min_input() || inputs > schema.max_input() || outputs < schema.min_output() ||
      outputs > schema.max_output()) {
    Fail("A node of " + schema.Name() + " has a wrong number of inputs or outputs");
  }
  for (const auto& [name, expected] : schema.attributes()) {
    const onnx::AttributeProto* attribute = context.getAttribute(name);
    const bool sound = attribute == nullptr
                           ? !expected.required
                           : !attribute->has_type() || attribute->type() == expected.type;
    if (!sound) Fail("Attribute " + name + " of " + schema.Name() + " is missing or wrong");
  }
}

// Whether the inferer takes it that the types of all inputs are known; the others ask.
bool NeedsTypes(const std::string& op_type) {
  return op_type == "DictVectorizer" || op_type == "EyeLike" || op_type == "LabelEncoder" ||
         op_type == "RegexFullMatch" || op_type == "TreeEnsemble";
}

void CheckInputs(const onnx::OpSchema& schema, const onnx::InferenceContext& context) {
  for (size_t i = 0; i < context.getNumInputs(); ++i) {
    const onnx::TypeProto* type = context.getInputType(i);
    if (type != nullptr && !IsSmall(*type)) Fail("An input has too many dimensions");
    const bool required =
        i < schema.inputs().size() && schema.inputs()[i].GetOption() == onnx::OpSchema::Single;
    if (type == nullptr && required && NeedsTypes(schema.Name())) Fail("An input has no type");
  }
  if (schema.Name() == "Expand" && onnx::hasInputShape(context, 1)) {
    // Where the shape itself is unknown, its length is the rank, which is written out.
    const onnx::TensorShapeProto& shape = context.getInputType(1)->tensor_type().shape();
    if (shape.dim_size() > 0 && shape.dim(0).dim_value() > kMaxRank) {
      Fail("The shape of Expand has too many dimensions");
    }
  }
  if (schema.Name() == "GatherND" && onnx::hasInputShape(context, 1)) {
    // Exporters write -1 for dimensions that they do not know; this one is an index.
    const onnx::TensorShapeProto& indices = context.getInputType(1)->tensor_type().shape();
    if (indices.dim_size() > 0 && indices.dim(indices.dim_size() - 1).dim_value() < 0) {
      Fail("The indices of GatherND have an unknown dimension");
    }
  }
}

// What a node sees of its surroundings, without constants that are too large to be shapes: inferers
// copy them again for every node.
class GuardedInference final : public onnx::InferenceContext {
 public:
  explicit GuardedInference(onnx::InferenceContext& inner) : inner_(inner) {}

  const onnx::TensorProto* getInputData(size_t index) const override {
    const onnx::TensorProto* data = inner_.getInputData(index);
    if (data == nullptr) return nullptr;
    const std::optional<int64_t> count =
        CheckedElementCount({data->dims().data(), static_cast<size_t>(data->dims_size())});
    return count.value_or(INT64_MAX) <= kMaxValues ? data : nullptr;
  }

  const onnx::AttributeProto* getAttribute(const std::string& name) const override {
    return inner_.getAttribute(name);
  }
  size_t getNumInputs() const override { return inner_.getNumInputs(); }
  const onnx::TypeProto* getInputType(size_t index) const override {
    return inner_.getInputType(index);
  }
  bool hasInput(size_t index) const override { return inner_.hasInput(index); }
  size_t getNumOutputs() const override { return inner_.getNumOutputs(); }
  onnx::TypeProto* getOutputType(size_t index) override { return inner_.getOutputType(index); }
  bool hasOutput(size_t index) override { return inner_.hasOutput(index); }
  onnx::GraphInferencer* getGraphAttributeInferencer(const std::string& name) override {
    return inner_.getGraphAttributeInferencer(name);
  }
  const onnx::SparseTensorProto* getInputSparseData(size_t index) const override {
    return inner_.getInputSparseData(index);
  }
  const onnx::TensorShapeProto* getSymbolicInput(size_t index) const override {
    return inner_.getSymbolicInput(index);
  }
  std::string getDisplayName() const override { return inner_.getDisplayName(); }

 private:
  onnx::InferenceContext& inner_;
};

// Hands out known values, and takes new ones, as long as they are few.
class GuardedPropagation final : public onnx::DataPropagationContext {
 public:
  GuardedPropagation(const onnx::OpSchema& schema, onnx::DataPropagationContext& inner,
                     uint64_t& values)
      : schema_(schema), inner_(inner), values_(values) {}

  const onnx::TensorShapeProto* getInputData(size_t index) override {
    if (values_ >= kMaxValuesInAll || !IsShort(inner_.getInputType(index))) return nullptr;
    const onnx::TensorShapeProto* data = inner_.getInputData(index);
    if (data == nullptr || data->dim_size() > kMaxValues) return nullptr;
    const auto count = static_cast<uint64_t>(data->dim_size());
    handed_ += count;
    values_ += count;
    // Twice, since most operators take two operands.
    if (handed_ > 2 * kMaxValues) return nullptr;
    return IsSlicedSoundly(index, *data) ? data : nullptr;
  }

  void addOutputData(size_t index, onnx::TensorShapeProto&& data) override {
    values_ += static_cast<uint64_t>(data.dim_size());
    if (data.dim_size() > kMaxValues || values_ > kMaxValuesInAll) return;
    inner_.addOutputData(index, std::move(data));
  }

  const onnx::AttributeProto* getAttribute(const std::string& name) const override {
    return inner_.getAttribute(name);
  }
  size_t getNumInputs() const override { return inner_.getNumInputs(); }
  const onnx::TypeProto* getInputType(size_t index) const override {
    return inner_.getInputType(index);
  }
  size_t getNumOutputs() const override { return inner_.getNumOutputs(); }
  const onnx::TypeProto* getOutputType(size_t index) const override {
    return inner_.getOutputType(index);
  }

 private:
  // The library makes up a list of unknown values for any vector whose length is known.
  static bool IsShort(const onnx::TypeProto* type) {
    if (type == nullptr || !type->has_tensor_type()) return true;
    const onnx::TensorShapeProto& shape = type->tensor_type().shape();
    return shape.dim_size() != 1 || shape.dim(0).dim_value() <= kMaxValues;
  }

  // The library's Slice counts in int: a step of 2^32 stands still, one below leads out of the
  // list.
  bool IsSlicedSoundly(size_t index, const onnx::TensorShapeProto& data) const {
    if (index != 4 || schema_.Name() != "Slice") return true;
    for (const auto& dim : data.dim()) {
      if (dim.dim_value() > kMaxValues || dim.dim_value() < -kMaxValues) return false;
    }
    return true;
  }

  const onnx::OpSchema& schema_;
  onnx::DataPropagationContext& inner_;
  uint64_t& values_;
  uint64_t handed_ = 0;
};

}  // namespace

GuardedSchemas::GuardedSchemas(Monitor* monitor) : monitor_(monitor) {}
GuardedSchemas::~GuardedSchemas() = default;

const onnx::OpSchema* GuardedSchemas::GetSchema(const std::string& name, int version,
                                                const std::string& domain) const {
  CheckCancelled(monitor_);
  const onnx::OpSchema* schema =
      onnx::OpSchemaRegistry::Instance()->GetSchema(name, version, domain);
  // Without an inferer, a schema is a function's body, whose nodes come here one by one.
  if (schema == nullptr || !schema->has_type_and_shape_inference_function()) return schema;
  std::unique_ptr<onnx::OpSchema>& guarded = guarded_[schema];
  if (guarded == nullptr) {
    guarded = std::make_unique<onnx::OpSchema>(name, "", 0);
    guarded->TypeAndShapeInferenceFunction(
        [this, schema](onnx::InferenceContext& context) { Infer(*schema, context); });
    if (schema->has_data_propagation_function()) {
      guarded->PartialDataPropagationFunction(
          [this, schema](onnx::DataPropagationContext& context) { Propagate(*schema, context); });
    }
  }
  return guarded.get();
}

void GuardedSchemas::Infer(const onnx::OpSchema& schema, onnx::InferenceContext& context) const {
  try {
    CheckAgainstSchema(schema, context);
    const std::string trap = TrapIn(
        schema.domain().empty() ? schema.Name() : "",
        [&](const std::string& name) { return context.getAttribute(name); },
        context.getNumOutputs());
    if (!trap.empty()) Fail(schema.Name() + " " + trap);
    CheckInputs(schema, context);
  } catch (const onnx::InferenceError&) {
    tripped_ = true;
    throw;
  }
  GuardedInference guarded(context);
  schema.GetTypeAndShapeInferenceFunction()(guarded);
  for (size_t i = 0; i < context.getNumOutputs(); ++i) {
    if (IsSmall(*context.getOutputType(i))) continue;
    tripped_ = true;
    Fail("An output has too many dimensions");
  }
}

void GuardedSchemas::Propagate(const onnx::OpSchema& schema,
                               onnx::DataPropagationContext& context) const {
  GuardedPropagation guarded(schema, context, values_);
  schema.GetDataPropagationFunction()(guarded);
}

}  // namespace quantab
