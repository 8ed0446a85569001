#include "core/onnx/tensor_check.h"

#include <limits>

#include "core/base/error.h"

namespace quantab {
namespace {

constexpr char kAdvice[] = ". The file is damaged; export the model again.";

[[noreturn]] void Fail(const std::string& file, const onnx::TensorProto& tensor,
                       const std::string& what) {
  Place place;
  place.file = file;
  place.tensor = Shorten(tensor.name());
  ThrowInvalidModel("'" + file + "': tensor '" + place.tensor + "' " + what + kAdvice, place);
}

std::string ShapeText(const onnx::TensorProto& tensor) {
  return Shorten(ToString(ShapeOf(tensor)));
}

std::string TypeAndShape(const onnx::TensorProto& tensor) {
  return "of type " + std::string(NameOf(TypeOf(tensor))) + " and shape " + ShapeText(tensor);
}

uint64_t Count(const onnx::TensorProto& tensor, const std::string& file) {
  const std::optional<int64_t> count = CheckedElementCount(ShapeOf(tensor));
  if (!count) {
    Fail(file, tensor,
         "has shape " + ShapeText(tensor) +
             ", which has a negative dimension or more elements than can be counted");
  }
  return static_cast<uint64_t>(*count);
}

// Values that a typed field holds for `count` elements; the types narrower than a byte, other than
// those of 6 bits, are packed to bytes first.
uint64_t TypedValues(DType dtype, uint64_t count) {
  switch (dtype) {
    case DType::kComplex64:
    case DType::kComplex128:
      return count > std::numeric_limits<uint64_t>::max() / 2 ? count : count * 2;
    case DType::kUint4:
    case DType::kInt4:
    case DType::kFloat4E2M1:
      return (count + 1) / 2;
    case DType::kUint2:
    case DType::kInt2:
      return (count + 3) / 4;
    default:
      return count;
  }
}

// The field that holds values of `dtype` when they are not raw.
int TypedFieldSize(const onnx::TensorProto& tensor, std::string& field) {
  switch (TypeOf(tensor)) {
    case DType::kFloat:
    case DType::kComplex64:
      field = "float_data";
      return tensor.float_data_size();
    case DType::kDouble:
    case DType::kComplex128:
      field = "double_data";
      return tensor.double_data_size();
    case DType::kInt64:
      field = "int64_data";
      return tensor.int64_data_size();
    case DType::kUint32:
    case DType::kUint64:
      field = "uint64_data";
      return tensor.uint64_data_size();
    case DType::kString:
      field = "string_data";
      return tensor.string_data_size();
    default:
      field = "int32_data";
      return tensor.int32_data_size();
  }
}

int FieldsUsed(const onnx::TensorProto& tensor) {
  return !tensor.raw_data().empty() + !tensor.float_data().empty() + !tensor.double_data().empty() +
         !tensor.int32_data().empty() + !tensor.int64_data().empty() +
         !tensor.uint64_data().empty() + !tensor.string_data().empty();
}

void CheckDetached(const Model& model, const onnx::TensorProto& tensor) {
  if (tensor.external_data_size() != 1 || FieldsUsed(tensor) != 0 ||
      WeightIndex(tensor) >= model.weights.size()) {
    Fail(model.name, tensor, "has its data in several places");
  }
  if (BitsOf(TypeOf(tensor)) == 0) return;
  const uint64_t needed = NeededBytes(tensor, model.name);
  const Weight& weight = model.weights[WeightIndex(tensor)];
  if (weight.bytes->size() != needed) {
    Fail(model.name, tensor,
         TypeAndShape(tensor) + " needs " + std::to_string(needed) + " bytes, but has " +
             std::to_string(weight.bytes->size()));
  }
}

}  // namespace

uint64_t NeededBytes(const onnx::TensorProto& tensor, const std::string& file) {
  const DType dtype = TypeOf(tensor);
  const uint64_t count = Count(tensor, file);
  const auto bits = static_cast<uint64_t>(BitsOf(dtype));
  if (bits == 0) {
    Fail(file, tensor, "of type " + std::to_string(tensor.data_type()) + " cannot have raw data");
  }
  if (count > (std::numeric_limits<uint64_t>::max() - 7) / bits) {
    Fail(file, tensor,
         "has shape " + ShapeText(tensor) + ", which has more bytes than can be counted");
  }
  return (count * bits + 7) / 8;
}

void CheckTensor(const Model& model, const onnx::TensorProto& tensor) {
  if (IsDetached(tensor)) {
    CheckDetached(model, tensor);
    return;
  }
  const uint64_t count = Count(tensor, model.name);
  const DType dtype = TypeOf(tensor);
  const int fields = FieldsUsed(tensor);
  if (fields > 1) Fail(model.name, tensor, "has its data in several places");
  if (dtype == DType::kUndefined) {
    if (fields > 0) Fail(model.name, tensor, "has data, but no type");
    return;
  }
  if (!tensor.raw_data().empty()) {
    if (dtype == DType::kString) Fail(model.name, tensor, "of type string cannot have raw data");
    if (BitsOf(dtype) == 0) return;
    const uint64_t needed = NeededBytes(tensor, model.name);
    if (tensor.raw_data().size() != needed) {
      Fail(model.name, tensor,
           TypeAndShape(tensor) + " needs " + std::to_string(needed) + " bytes, but has " +
               std::to_string(tensor.raw_data().size()));
    }
    return;
  }
  if (BitsOf(dtype) == 0 && dtype != DType::kString) return;
  std::string field;
  const auto have = static_cast<uint64_t>(TypedFieldSize(tensor, field));
  const uint64_t needed = TypedValues(dtype, count);
  if (have != needed) {
    Fail(model.name, tensor,
         TypeAndShape(tensor) + " needs " + std::to_string(needed) + " values in " + field +
             ", but has " + std::to_string(have));
  }
  if (have == 0 && fields != 0) Fail(model.name, tensor, "has data of another type");
}

}  // namespace quantab
