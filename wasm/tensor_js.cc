#include "wasm/tensor_js.h"

#include <utility>

namespace quantab {
namespace {

using emscripten::typed_memory_view;
using emscripten::val;

DType DTypeNamed(const std::string& dtype, const std::string& name) {
  constexpr int kNewest = static_cast<int>(DType::kInt2);
  for (int i = 1; i <= kNewest; ++i) {
    if (NameOf(static_cast<DType>(i)) == dtype) return static_cast<DType>(i);
  }
  ThrowInvalidArgument("tensor '" + name + "' has the unknown dtype '" + dtype + "'.",
                       {.tensor = name});
}

}  // namespace

Tensor TensorFromJs(const val& object, const std::string& name) {
  const DType dtype = DTypeNamed(object["dtype"].as<std::string>(), name);
  Shape shape;
  for (double dim : emscripten::convertJSArrayToNumberVector<double>(object["dims"])) {
    shape.push_back(static_cast<int64_t>(dim));
  }
  Tensor tensor(dtype, shape);
  const val data = object["data"];
  if (dtype == DType::kString) {
    tensor.mutable_strings() = emscripten::vecFromJSArray<std::string>(data);
    if (static_cast<int64_t>(tensor.strings().size()) != tensor.count()) {
      ThrowInvalidArgument("tensor '" + name + "' has " + std::to_string(tensor.strings().size()) +
                               " strings, expected " + std::to_string(tensor.count()) + ".",
                           {.tensor = name});
    }
    return tensor;
  }
  const auto bytes = static_cast<uint64_t>(data["length"].as<double>());
  if (bytes != tensor.bytes()) {
    ThrowInvalidArgument("tensor '" + name + "' has " + std::to_string(bytes) +
                             " bytes of data, expected " + std::to_string(tensor.bytes()) +
                             " for " + std::string(NameOf(dtype)) + " " + ToString(shape) + ".",
                         {.tensor = name});
  }
  val(typed_memory_view(tensor.bytes(), reinterpret_cast<uint8_t*>(tensor.mutable_raw())))
      .call<void>("set", data);
  return tensor;
}

TensorMap TensorMapFromJs(const val& object) {
  TensorMap tensors;
  const val names = val::global("Object").call<val>("keys", object);
  for (const std::string& name : emscripten::vecFromJSArray<std::string>(names)) {
    tensors[name] = TensorFromJs(object[name], name);
  }
  return tensors;
}

val TensorToJs(const Tensor& tensor) {
  val object = val::object();
  object.set("dtype", std::string(NameOf(tensor.dtype())));
  val dims = val::array();
  for (int64_t dim : tensor.shape()) dims.call<void>("push", static_cast<double>(dim));
  object.set("dims", dims);
  if (tensor.dtype() == DType::kString) {
    object.set("data", val::array(tensor.strings()));
    return object;
  }
  val data = val::global("Uint8Array").new_(static_cast<double>(tensor.bytes()));
  data.call<void>("set", val(typed_memory_view(tensor.bytes(),
                                               reinterpret_cast<const uint8_t*>(tensor.raw()))));
  object.set("data", data);
  return object;
}

val TensorMapToJs(const TensorMap& tensors) {
  val object = val::object();
  for (const auto& [name, tensor] : tensors) object.set(name, TensorToJs(tensor));
  return object;
}

}  // namespace quantab
