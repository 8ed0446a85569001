// The elements of a TensorProto, from whichever field or place they are in.
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "core/onnx/detach.h"
#include "core/onnx/model.h"
#include "core/onnx/tensor_check.h"

static_assert(std::endian::native == std::endian::little, "Blobs are little-endian bytes");

namespace quantab {
namespace {

std::vector<std::byte> Copied(const void* data, size_t bytes) {
  std::vector<std::byte> out(bytes);
  if (bytes > 0) std::memcpy(out.data(), data, bytes);
  return out;
}

// The low sizeof(To) bytes of every value.
template <class To, class Values>
std::vector<std::byte> Narrowed(const Values& values) {
  std::vector<std::byte> out(static_cast<size_t>(values.size()) * sizeof(To));
  size_t at = 0;
  for (const auto value : values) {
    const To narrow = static_cast<To>(value);
    std::memcpy(out.data() + at, &narrow, sizeof(To));
    at += sizeof(To);
  }
  return out;
}

// 6-bit elements come one to a value and are packed, the first in the lowest bits.
std::vector<std::byte> Packed6(const onnx::TensorProto& tensor) {
  std::vector<std::byte> out((static_cast<size_t>(tensor.int32_data_size()) * 6 + 7) / 8);
  size_t bit = 0;
  for (const int32_t value : tensor.int32_data()) {
    const unsigned shifted = (static_cast<unsigned>(value) & 0x3f) << (bit % 8);
    out[bit / 8] |= static_cast<std::byte>(shifted);
    if (shifted > 0xff) out[bit / 8 + 1] |= static_cast<std::byte>(shifted >> 8);
    bit += 6;
  }
  return out;
}

// Whose low bytes alone may be zero.
std::vector<std::byte> Truths(const onnx::TensorProto& tensor) {
  std::vector<std::byte> out;
  out.reserve(static_cast<size_t>(tensor.int32_data_size()));
  for (const int32_t value : tensor.int32_data()) out.push_back(static_cast<std::byte>(value != 0));
  return out;
}

std::vector<std::byte> InlineBytes(const onnx::TensorProto& tensor) {
  if (!tensor.raw_data().empty()) return Copied(tensor.raw_data().data(), tensor.raw_data().size());
  switch (TypeOf(tensor)) {
    case DType::kFloat:
    case DType::kComplex64:
      return Copied(tensor.float_data().data(), tensor.float_data().size() * sizeof(float));
    case DType::kDouble:
    case DType::kComplex128:
      return Copied(tensor.double_data().data(), tensor.double_data().size() * sizeof(double));
    case DType::kInt64:
      return Copied(tensor.int64_data().data(), tensor.int64_data().size() * sizeof(int64_t));
    case DType::kUint64:
      return Copied(tensor.uint64_data().data(), tensor.uint64_data().size() * sizeof(uint64_t));
    case DType::kUint32:
      return Narrowed<uint32_t>(tensor.uint64_data());
    case DType::kInt32:
      return Copied(tensor.int32_data().data(), tensor.int32_data().size() * sizeof(int32_t));
    case DType::kInt16:
    case DType::kUint16:
    case DType::kFloat16:
    case DType::kBfloat16:
      return Narrowed<uint16_t>(tensor.int32_data());
    case DType::kFloat6E2M3:
    case DType::kFloat6E3M2:
      return Packed6(tensor);
    case DType::kBool:
      return Truths(tensor);
    default:
      return Narrowed<uint8_t>(tensor.int32_data());
  }
}

Tensor LoadStrings(const onnx::TensorProto& tensor) {
  quantab::Tensor out(DType::kString, ShapeOf(tensor));
  for (int i = 0; i < tensor.string_data_size(); ++i) {
    out.mutable_strings()[static_cast<size_t>(i)] = tensor.string_data(i);
  }
  return out;
}

}  // namespace

bool IsDetached(const onnx::TensorProto& tensor) {
  return tensor.data_location() == onnx::TensorProto::EXTERNAL && tensor.external_data_size() > 0 &&
         tensor.external_data(0).value().starts_with('#');
}

size_t WeightIndex(const onnx::TensorProto& tensor) {
  size_t index = 0;
  const std::string& text = tensor.external_data_size() > 0 ? tensor.external_data(0).value() : "";
  const char* end = text.data() + text.size();
  if (text.size() < 2 || std::from_chars(text.data() + 1, end, index).ptr != end) {
    ThrowInternal("Tensor '" + tensor.name() + "' does not refer to a weight.");
  }
  return index;
}

DType TypeOf(const onnx::TensorProto& tensor) { return static_cast<DType>(tensor.data_type()); }

Shape ShapeOf(const onnx::TensorProto& tensor) {
  return Shape(tensor.dims().begin(), tensor.dims().end());
}

BlobPtr BytesOf(const Model& model, const onnx::TensorProto& tensor) {
  CheckTensor(model, tensor);
  if (IsDetached(tensor)) return model.weights[WeightIndex(tensor)].bytes;
  if (BitsOf(TypeOf(tensor)) == 0) {
    Place place;
    place.file = model.name;
    place.tensor = tensor.name();
    ThrowUnsupported("'" + model.name + "': tensor '" + tensor.name() + "' has element type " +
                         std::to_string(tensor.data_type()) + ", expected a numeric type.",
                     place);
  }
  return MakeMemoryBlob(InlineBytes(tensor));
}

Tensor LoadTensor(const Model& model, const onnx::TensorProto& tensor) {
  if (TypeOf(tensor) == DType::kString) {
    CheckTensor(model, tensor);
    return LoadStrings(tensor);
  }
  const BlobPtr blob = BytesOf(model, tensor);
  Tensor out(TypeOf(tensor), ShapeOf(tensor));
  if (out.bytes() > 0) blob->Read(0, {out.mutable_raw(), out.bytes()});
  if (out.dtype() == DType::kBool) {
    // A C++ bool of another value than 0 and 1 is undefined; to ONNX Runtime it is true.
    for (std::byte& value : std::span(out.mutable_raw(), out.bytes())) {
      value = static_cast<std::byte>(value != std::byte{0});
    }
  }
  return out;
}

void SetBytes(Model& model, onnx::TensorProto& tensor, BlobPtr bytes) {
  const uint64_t needed = NeededBytes(tensor, model.name);
  if (bytes->size() != needed) {
    ThrowInternal("Tensor '" + tensor.name() + "' needs " + std::to_string(needed) +
                  " bytes, but was given " + std::to_string(bytes->size()) + ".");
  }
  ReferToWeight(tensor, model.weights.size());
  if (ShouldDetach(TypeOf(tensor), needed)) {
    model.weights.push_back({.bytes = std::move(bytes)});
    return;
  }
  tensor.clear_external_data();
  tensor.clear_data_location();
  std::string& raw = *tensor.mutable_raw_data();
  raw.resize(static_cast<size_t>(needed));
  if (needed > 0) bytes->Read(0, std::as_writable_bytes(std::span(raw.data(), raw.size())));
}

void CollectWeights(Model& model) {
  constexpr size_t kUnused = SIZE_MAX;
  std::vector<size_t> renumbered(model.weights.size(), kUnused);
  std::vector<Weight> kept;
  ForEachTensor(model.proto, [&](onnx::TensorProto& tensor) {
    if (!IsDetached(tensor)) return;
    size_t& index = renumbered.at(WeightIndex(tensor));
    if (index == kUnused) {
      index = kept.size();
      kept.push_back(model.weights[WeightIndex(tensor)]);
    }
    ReferToWeight(tensor, index);
  });
  model.weights = std::move(kept);
}

}  // namespace quantab
