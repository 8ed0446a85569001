#include "core/api/calibration_cache.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/calib/method.h"

namespace quantab {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMethodPrefix = "CalibrationMethod.";

[[noreturn]] void RejectCache(const std::string& what) {
  ThrowInvalidArgument("The calibration cache " + what +
                       ". Expected the JSON that onnxruntime's quantize_static or Quantab wrote.");
}

Json Array(Json data) {
  return {{"data", std::move(data)}, {"dtype", "float32"}, {"CLS", "numpy.array"}};
}

// One of a range's two ends: a list of all channels, of one number for a MinMax range, else a
// number.
Json EndOf(const TensorRange& range, bool minmax, float TensorRange::* whole,
           float std::pair<float, float>::* end) {
  if (!minmax) return Array(range.*whole);
  Json list = Json::array();
  for (const std::pair<float, float>& channel : range.channels) list.push_back(channel.*end);
  if (list.empty()) list.push_back(range.*whole);
  return Array(std::move(list));
}

// A number that Python writes and JSON does not have, if `text` begins with one.
std::string_view NonFiniteAt(std::string_view text) {
  for (std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    if (text.starts_with(word)) return word;
  }
  return {};
}

// `text` with null for Python's NaN and infinities.
std::string WithoutNonFinite(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  while (!text.empty()) {
    const std::string_view word = in_string ? std::string_view() : NonFiniteAt(text);
    if (!word.empty()) {
      out += "null";
      text.remove_prefix(word.size());
      continue;
    }
    if (text.front() == '"') in_string = !in_string;
    const size_t length = in_string && text.front() == '\\' ? 2 : 1;
    out += text.substr(0, length);
    text.remove_prefix(std::min(length, text.size()));
  }
  return out;
}

Json ParseCache(std::string_view text) {
  Json cache = Json::parse(WithoutNonFinite(text), nullptr, false);
  if (cache.is_discarded()) RejectCache("is not JSON");
  if (!cache.is_object() || !cache.contains("data") || !cache["data"].is_object()) {
    RejectCache("has no object 'data'");
  }
  return cache;
}

const Json* Member(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member == object.end() ? nullptr : &*member;
}

// The numbers of a scalar or an array; empty when one is not finite as a float32.
std::vector<float> NumbersOf(const std::string& tensor, const Json& value) {
  const Json* data = value.is_object() ? Member(value, "data") : &value;
  std::vector<float> numbers;
  const auto add = [&](const Json& number) {
    if (!number.is_number() && !number.is_null()) return false;
    const double real = number.is_null() ? std::nan("") : number.get<double>();
    if (!(std::fabs(real) <= static_cast<double>(std::numeric_limits<float>::max()))) {
      return true;
    }
    numbers.push_back(static_cast<float>(real));
    return true;
  };
  bool understood = data != nullptr;
  size_t count = 1;
  if (understood && data->is_array()) {
    count = data->size();
    understood = count > 0 && std::all_of(data->begin(), data->end(), add);
  } else if (understood) {
    understood = add(*data);
  }
  if (!understood) RejectCache("has no numbers of '" + Shorten(tensor) + "' where it should");
  if (numbers.size() < count) numbers.clear();
  return numbers;
}

std::optional<Moments> MomentsOf(const std::string& tensor, const Json& entry) {
  const Json* average = Member(entry, "avg");
  const Json* deviation = Member(entry, "std");
  if (average == nullptr || deviation == nullptr) return std::nullopt;
  const std::vector<float> first = NumbersOf(tensor, *average);
  const std::vector<float> second = NumbersOf(tensor, *deviation);
  if (first.size() != 1 || second.size() != 1) return std::nullopt;
  return Moments{first[0], second[0]};
}

std::optional<TensorRange> RangeOf(const std::string& tensor, const Json& entry) {
  const Json* lowest = entry.is_object() ? Member(entry, "lowest") : nullptr;
  const Json* highest = entry.is_object() ? Member(entry, "highest") : nullptr;
  if (lowest == nullptr || highest == nullptr) {
    RejectCache("has no 'lowest' or no 'highest' of '" + Shorten(tensor) + "'");
  }
  const std::vector<float> low = NumbersOf(tensor, *lowest);
  const std::vector<float> high = NumbersOf(tensor, *highest);
  if (low.empty() || high.empty()) return std::nullopt;
  if (low.size() != high.size()) {
    RejectCache("has more numbers at one end of '" + Shorten(tensor) + "' than at the other");
  }
  TensorRange range;
  for (size_t i = 0; i < low.size(); ++i) {
    range.channels.push_back(std::minmax(low[i], high[i]));
    range.min = i == 0 ? range.channels[i].first : std::min(range.min, range.channels[i].first);
    range.max = i == 0 ? range.channels[i].second : std::max(range.max, range.channels[i].second);
  }
  if (range.channels.size() == 1) range.channels.clear();
  range.moments = MomentsOf(tensor, entry);
  return range;
}

// "MinMax" of {"CLS": "CalibrationMethod", "value": "CalibrationMethod.MinMax"}.
std::string MethodOf(const Json& cache) {
  const Json* method = Member(cache, "calibration_method");
  if (method != nullptr && method->is_object()) method = Member(*method, "value");
  if (method == nullptr || !method->is_string()) RejectCache("names no 'calibration_method'");
  const auto name = method->get<std::string>();
  return std::string(
      CalibMethodRegistry::Get().Find(std::string_view(name).substr(name.rfind('.') + 1)).name);
}

}  // namespace

std::string ToCalibrationCache(const TensorRanges& ranges, bool smooth_quant) {
  const bool minmax = ranges.method == "MinMax";
  Json data = Json::object();
  for (const auto& [name, range] : ranges.ranges) {
    Json entry = Json::object();
    if (range.moments) {
      entry["avg"] = Array(range.moments->average);
      entry["std"] = Array(range.moments->deviation);
    }
    entry["lowest"] = EndOf(range, minmax, &TensorRange::min, &std::pair<float, float>::first);
    entry["highest"] = EndOf(range, minmax, &TensorRange::max, &std::pair<float, float>::second);
    entry["CLS"] = "TensorData";
    data[name] = std::move(entry);
  }
  const Json cache = {
      {"CLS", "TensorsData"},
      {"data", std::move(data)},
      {"calibration_method",
       {{"CLS", "CalibrationMethod"}, {"value", std::string(kMethodPrefix) + ranges.method}}},
      {"smooth_quant", smooth_quant}};
  return cache.dump(-1, ' ', true, Json::error_handler_t::replace);
}

TensorRanges RangesFromCalibrationCache(std::string_view text, bool* smooth_quant) {
  return Guard([&] {
    const Json cache = ParseCache(text);
    TensorRanges result{MethodOf(cache), {}};
    for (const auto& [name, entry] : cache["data"].items()) {
      if (const auto range = RangeOf(name, entry)) result.ranges.emplace(name, *range);
    }
    if (smooth_quant != nullptr) {
      const Json* smooth = Member(cache, "smooth_quant");
      *smooth_quant = smooth != nullptr && smooth->is_boolean() && smooth->get<bool>();
    }
    return result;
  });
}

}  // namespace quantab
