// Statistics as bytes, on their way from one process to another of the same build.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace quantab {

class StatisticWriter {
 public:
  template <class T>
  void Put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    PutBytes(&value, sizeof(T));
  }
  template <class T>
  void PutAll(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    Put(values.size());
    PutBytes(values.data(), values.size() * sizeof(T));
  }
  void PutText(std::string_view text) {
    Put(text.size());
    PutBytes(text.data(), text.size());
  }

  std::vector<std::byte> Take() { return std::exchange(bytes_, {}); }

 private:
  void PutBytes(const void* bytes, size_t count) {
    const size_t end = bytes_.size();
    bytes_.resize(end + count);
    if (count > 0) std::memcpy(bytes_.data() + end, bytes, count);
  }

  std::vector<std::byte> bytes_;
};

// Its functions throw Error(kInvalidArgument) where the bytes end too early.
class StatisticReader {
 public:
  explicit StatisticReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  T Get() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, Next(1, sizeof(T)), sizeof(T));
    return value;
  }
  template <class T>
  std::vector<T> GetAll() {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto count = Get<size_t>();
    const std::byte* from = Next(count, sizeof(T));
    std::vector<T> values(count);
    if (count > 0) std::memcpy(values.data(), from, count * sizeof(T));
    return values;
  }
  std::string GetText() {
    const auto size = Get<size_t>();
    return {reinterpret_cast<const char*>(Next(size, 1)), size};
  }

  [[noreturn]] static void Refuse() {
    ThrowInvalidArgument(
        "The statistics are not those of a quantizer with the same model, options and version.");
  }

 private:
  const std::byte* Next(size_t count, size_t size) {
    if (count > bytes_.size() / size) Refuse();
    const std::byte* first = bytes_.data();
    bytes_ = bytes_.subspan(count * size);
    return first;
  }

  std::span<const std::byte> bytes_;
};

}  // namespace quantab
