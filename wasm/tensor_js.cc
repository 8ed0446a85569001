#include "wasm/tensor_js.h"

#include <emscripten/em_js.h>

#include <utility>
#include <vector>

// A tensor crosses in few calls of plain numbers: each step through emscripten::val costs about as
// much as a small operator. Handles are emscripten::val's.
EM_JS_DEPS(quantab_tensor_deps, "$UTF8ToString");

// clang-format off
EM_JS(int, QuantabRank, (emscripten::EM_VAL tensor), {
  return Emval.toValue(tensor).dims.length;
});
EM_JS(double, QuantabDimension, (emscripten::EM_VAL tensor, int i), {
  return Number(Emval.toValue(tensor).dims[i]);
});
EM_JS(double, QuantabLength, (emscripten::EM_VAL tensor), {
  return Emval.toValue(tensor).data.length;
});
EM_JS(void, QuantabTake, (emscripten::EM_VAL tensor, uint8_t* to), {
  HEAPU8.set(Emval.toValue(tensor).data, to >>> 0);
});
EM_JS(emscripten::EM_VAL, QuantabGive, (const char* dtype, const double* dims, int rank,
                                        const uint8_t* data, double bytes), {
  const shape = Array.from(new Float64Array(HEAPU8.buffer, dims >>> 0, rank));
  const copy = new Uint8Array(bytes);
  copy.set(HEAPU8.subarray(data >>> 0, (data >>> 0) + bytes));
  return Emval.toHandle({ dtype: UTF8ToString(dtype), dims: shape, data: copy });
});
// clang-format on

namespace quantab {
namespace {

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
  const emscripten::EM_VAL handle = object.as_handle();
  Shape shape(static_cast<size_t>(QuantabRank(handle)));
  for (size_t i = 0; i < shape.size(); ++i) {
    shape[i] = static_cast<int64_t>(QuantabDimension(handle, static_cast<int>(i)));
  }
  Tensor tensor(dtype, shape);
  if (dtype == DType::kString) {
    tensor.mutable_strings() = emscripten::vecFromJSArray<std::string>(object["data"]);
    if (static_cast<int64_t>(tensor.strings().size()) != tensor.count()) {
      ThrowInvalidArgument("tensor '" + name + "' has " + std::to_string(tensor.strings().size()) +
                               " strings, expected " + std::to_string(tensor.count()) + ".",
                           {.tensor = name});
    }
    return tensor;
  }
  const auto bytes = static_cast<uint64_t>(QuantabLength(handle));
  if (bytes != tensor.bytes()) {
    ThrowInvalidArgument("tensor '" + name + "' has " + std::to_string(bytes) +
                             " bytes of data, expected " + std::to_string(tensor.bytes()) +
                             " for " + std::string(NameOf(dtype)) + " " + ToString(shape) + ".",
                         {.tensor = name});
  }
  QuantabTake(handle, reinterpret_cast<uint8_t*>(tensor.mutable_raw()));
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
  const std::vector<double> dims(tensor.shape().begin(), tensor.shape().end());
  const bool text = tensor.dtype() == DType::kString;
  const std::string dtype(NameOf(tensor.dtype()));
  val object = val::take_ownership(
      QuantabGive(dtype.c_str(), dims.data(), static_cast<int>(dims.size()),
                  text ? nullptr : reinterpret_cast<const uint8_t*>(tensor.raw()),
                  text ? 0 : static_cast<double>(tensor.bytes())));
  if (text) object.set("data", val::array(tensor.strings()));
  return object;
}

val TensorMapToJs(const TensorMap& tensors) {
  val object = val::object();
  for (const auto& [name, tensor] : tensors) object.set(name, TensorToJs(tensor));
  return object;
}

}  // namespace quantab
