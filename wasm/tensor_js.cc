#include "wasm/tensor_js.h"

#include <emscripten/em_js.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

// Tensors cross in few calls of plain numbers, all of a map at once: each step through
// emscripten::val costs about as much as a small operator. Handles are emscripten::val's.
//
// A map is described by numbers, each a double: how many tensors, and for each the bytes of its
// name, the bytes of its type's name, the number of elements of `data` (bytes, or strings), the
// rank and the dimensions. On the way out the address of the elements follows, 0 of strings. After
// all numbers come the names and types' names, UTF-8, one after another.
EM_JS_DEPS(quantab_tensor_deps, "$lengthBytesUTF8,$stringToUTF8,$UTF8ToString");

// clang-format off
EM_JS(int, QuantabDescribe, (emscripten::EM_VAL map, void* to, int room), {
  const entries = Object.entries(Emval.toValue(map));
  const numbers = [entries.length];
  let bytes = 0;
  for (const [name, { dtype, dims, data }] of entries) {
    const sizes = [lengthBytesUTF8(name), lengthBytesUTF8(dtype)];
    numbers.push(...sizes, data.length, dims.length);
    for (const dim of dims) numbers.push(Number(dim));
    bytes += sizes[0] + sizes[1];
  }
  // The last text is written with a zero after it.
  const need = 8 * numbers.length + bytes + 1;
  if (need > room) return need;
  new Float64Array(HEAPU8.buffer, to >>> 0, numbers.length).set(numbers);
  let at = (to >>> 0) + 8 * numbers.length;
  for (const [name, { dtype }] of entries) {
    at += stringToUTF8(name, at, Infinity);
    at += stringToUTF8(dtype, at, Infinity);
  }
  return need;
});
EM_JS(void, QuantabTake, (emscripten::EM_VAL map, const double* addresses), {
  const tensors = Object.values(Emval.toValue(map));
  const to = new Float64Array(HEAPU8.buffer, addresses >>> 0, tensors.length);
  // Strings have no address.
  tensors.forEach(({ data }, i) => to[i] !== 0 && HEAPU8.set(data, to[i]));
});
EM_JS(emscripten::EM_VAL, QuantabGive, (const double* numbers, const char* texts), {
  const map = {};
  let number = numbers >>> 3;
  let at = texts >>> 0;
  const heap = HEAPU8;
  const next = () => HEAPF64[number++];
  const text = (bytes) => UTF8ToString((at += bytes) - bytes, bytes);
  for (let left = next(); left > 0; --left) {
    const name = text(next());
    const dtype = text(next());
    const bytes = next();
    const dims = [];
    for (let rank = next(); rank > 0; --rank) dims.push(next());
    const data = new Uint8Array(bytes);
    const from = next();
    if (bytes > 0) data.set(heap.subarray(from, from + bytes));
    map[name] = { dtype, dims, data };
  }
  return Emval.toHandle(map);
});
// clang-format on

namespace quantab {
namespace {

using emscripten::val;

DType DTypeNamed(std::string_view dtype, const std::string& name) {
  constexpr int kNewest = static_cast<int>(DType::kInt2);
  for (int i = 1; i <= kNewest; ++i) {
    if (NameOf(static_cast<DType>(i)) == dtype) return static_cast<DType>(i);
  }
  ThrowInvalidArgument("tensor '" + name + "' has the unknown dtype '" + std::string(dtype) + "'.",
                       {.tensor = name});
}

// Reads what QuantabDescribe wrote.
class MapReader {
 public:
  explicit MapReader(const val& object) {
    const int need = QuantabDescribe(object.as_handle(), small_.data(), sizeof small_);
    if (static_cast<size_t>(need) <= sizeof small_) return;
    large_.resize(static_cast<size_t>(need) / sizeof(double) + 1);
    number_ = large_.data();
    QuantabDescribe(object.as_handle(), large_.data(), need);
  }

  double Number() { return *number_++; }
  // To be read after all numbers.
  std::string_view Text(double bytes) {
    if (text_ == nullptr) text_ = reinterpret_cast<const char*>(number_);
    const auto length = static_cast<size_t>(bytes);
    return {std::exchange(text_, text_ + length), length};
  }

 private:
  std::array<double, 64> small_;
  std::vector<double> large_;
  const double* number_ = small_.data();
  const char* text_ = nullptr;
};

struct Described {
  double name_bytes, dtype_bytes, count;
  Shape shape;
};

void TakeStrings(const val& object, const std::string& name, Tensor& tensor) {
  tensor.mutable_strings() = emscripten::vecFromJSArray<std::string>(object[name]["data"]);
  if (static_cast<int64_t>(tensor.strings().size()) == tensor.count()) return;
  ThrowInvalidArgument("tensor '" + name + "' has " + std::to_string(tensor.strings().size()) +
                           " strings, expected " + std::to_string(tensor.count()) + ".",
                       {.tensor = name});
}

}  // namespace

TensorMap TensorMapFromJs(const val& object) {
  MapReader reader(object);
  std::vector<Described> all(static_cast<size_t>(reader.Number()));
  for (Described& one : all) {
    one.name_bytes = reader.Number();
    one.dtype_bytes = reader.Number();
    one.count = reader.Number();
    one.shape.resize(static_cast<size_t>(reader.Number()));
    for (int64_t& dim : one.shape) dim = static_cast<int64_t>(reader.Number());
  }
  TensorMap tensors;
  std::vector<double> addresses;
  for (Described& one : all) {
    const std::string name(reader.Text(one.name_bytes));
    const DType dtype = DTypeNamed(reader.Text(one.dtype_bytes), name);
    Tensor& tensor = tensors[name] = Tensor(dtype, std::move(one.shape));
    if (dtype == DType::kString) {
      TakeStrings(object, name, tensor);
      addresses.push_back(0);
      continue;
    }
    if (one.count != static_cast<double>(tensor.bytes())) {
      ThrowInvalidArgument(
          "tensor '" + name + "' has " + std::to_string(static_cast<uint64_t>(one.count)) +
              " bytes of data, expected " + std::to_string(tensor.bytes()) + " for " +
              std::string(NameOf(dtype)) + " " + ToString(tensor.shape()) + ".",
          {.tensor = name});
    }
    addresses.push_back(static_cast<double>(reinterpret_cast<uintptr_t>(tensor.mutable_raw())));
  }
  QuantabTake(object.as_handle(), addresses.data());
  return tensors;
}

val TensorMapToJs(const TensorMap& tensors) {
  std::vector<double> numbers{static_cast<double>(tensors.size())};
  std::string texts;
  for (const auto& [name, tensor] : tensors) {
    const bool text = tensor.dtype() == DType::kString;
    const std::string_view dtype = NameOf(tensor.dtype());
    texts.append(name).append(dtype);
    numbers.insert(
        numbers.end(),
        {static_cast<double>(name.size()), static_cast<double>(dtype.size()),
         text ? 0 : static_cast<double>(tensor.bytes()), static_cast<double>(tensor.rank())});
    numbers.insert(numbers.end(), tensor.shape().begin(), tensor.shape().end());
    numbers.push_back(text ? 0 : static_cast<double>(reinterpret_cast<uintptr_t>(tensor.raw())));
  }
  val object = val::take_ownership(QuantabGive(numbers.data(), texts.data()));
  for (const auto& [name, tensor] : tensors) {
    if (tensor.dtype() == DType::kString) object[name].set("data", val::array(tensor.strings()));
  }
  return object;
}

}  // namespace quantab
