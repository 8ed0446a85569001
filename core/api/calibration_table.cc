#include "core/api/calibration_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "core/api/calibration_cache.h"

namespace quantab {
namespace {

// A number as Python's str() has it: the shortest text that is read back as the same, with a
// fraction or an exponent.
std::string PythonText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string text(digits, end);
  if (plain && text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string NumberOf(const TensorRange& range) {
  return PythonText(static_cast<double>(std::max(range.max, range.min)));
}

// A FlatBuffer (https://flatbuffers.dev/internals) is made from its end: what is referred to comes
// first, and a reference is a distance. A place is the number of bytes from it to the end.
class FlatBuffer {
 public:
  // A string: its length, its bytes, a zero. Returns its place.
  uint32_t AddString(std::string_view text) {
    Align(4, text.size() + 1);
    reversed_.push_back('\0');
    reversed_.append(text.rbegin(), text.rend());
    return Place32(static_cast<uint32_t>(text.size()));
  }

  // A vector of references, the last of them first in the file.
  uint32_t AddVector(const std::vector<uint32_t>& places) {
    Align(4, 4 * places.size());
    for (uint32_t place : places) AddReference(place);
    return Place32(static_cast<uint32_t>(places.size()));
  }

  // A table whose fields are references. Tables of one form share its description, which `form`
  // keeps: the first of them sets it.
  uint32_t AddTable(const std::vector<uint32_t>& fields, std::optional<uint32_t>& form) {
    for (uint32_t place : fields) AddReference(place);
    Align(4, 0);
    const uint32_t table = Here() + 4;
    const bool is_new = !form;
    const auto count = static_cast<uint32_t>(fields.size());
    if (is_new) form = table + 2 * (2 + count);
    Place32(*form - table);
    if (!is_new) return table;
    for (uint32_t i = count; i > 0; --i) Place16(4 * (count + 1 - i));
    Place16(4 * (1 + count));
    Place16(2 * (2 + count));
    return table;
  }

  std::string Finish(uint32_t root) {
    Align(4, 4);
    AddReference(root);
    return {reversed_.rbegin(), reversed_.rend()};
  }

 private:
  uint32_t Here() const { return static_cast<uint32_t>(reversed_.size()); }

  // Zeros, so that what is placed after `more` further bytes is aligned.
  void Align(size_t alignment, size_t more) {
    const size_t over = (reversed_.size() + more) % alignment;
    if (over > 0) reversed_.append(alignment - over, '\0');
  }

  void Place16(uint32_t value) {
    for (int shift : {8, 0}) reversed_.push_back(static_cast<char>(value >> shift & 0xFF));
  }
  uint32_t Place32(uint32_t value) {
    Place16(value >> 16);
    Place16(value & 0xFFFF);
    return Here();
  }
  void AddReference(uint32_t place) { Place32(Here() + 4 - place); }

  std::string reversed_;
};

// table KeyValue { key: string; value: string; }  table TrtTable { dict: [KeyValue]; }
std::string ToFlatBuffer(const TensorRanges& ranges) {
  FlatBuffer buffer;
  std::optional<uint32_t> pair_form, root_form;
  std::vector<uint32_t> pairs;
  for (const auto& [name, range] : ranges.ranges) {
    const uint32_t key = buffer.AddString(name);
    const uint32_t value = buffer.AddString(NumberOf(range));
    pairs.push_back(buffer.AddTable({key, value}, pair_form));
  }
  return buffer.Finish(buffer.AddTable({buffer.AddVector(pairs)}, root_form));
}

}  // namespace

CalibrationTables ToCalibrationTables(const TensorRanges& ranges) {
  CalibrationTables tables;
  nlohmann::json cache = nlohmann::json::parse(ToCalibrationCache(ranges));
  cache.erase("smooth_quant");
  tables.json = cache.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  tables.flatbuffers = ToFlatBuffer(ranges);
  for (const auto& [name, range] : ranges.ranges) {
    tables.cache += name + " " + NumberOf(range) + "\n";
  }
  return tables;
}

}  // namespace quantab
