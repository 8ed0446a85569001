#include "core/cli/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace quantab {
namespace {

struct TypeCode {
  std::string_view code;  // without the byte order
  DType dtype;
};

constexpr TypeCode kTypeCodes[] = {
    {"f4", DType::kFloat},  {"f8", DType::kDouble}, {"f2", DType::kFloat16}, {"i1", DType::kInt8},
    {"u1", DType::kUint8},  {"i2", DType::kInt16},  {"u2", DType::kUint16},  {"i4", DType::kInt32},
    {"u4", DType::kUint32}, {"i8", DType::kInt64},  {"u8", DType::kUint64},  {"b1", DType::kBool},
};

constexpr std::string_view kMagic = "\x93NUMPY";

[[noreturn]] void Bad(const std::string& where, const std::string& why) {
  Place place;
  place.file = where;
  ThrowInvalidArgument(
      "'" + where + "' is no array that can be read: " + why + " Save it with numpy.save() again.",
      place);
}

// What follows `'key':` in the header's dictionary.
std::string_view ValueAfter(std::string_view header, std::string_view key,
                            const std::string& where) {
  const size_t at = header.find("'" + std::string(key) + "'");
  const size_t colon = at == std::string_view::npos ? at : header.find(':', at);
  if (colon == std::string_view::npos) Bad(where, "its header has no '" + std::string(key) + "'.");
  const size_t begin = header.find_first_not_of(' ', colon + 1);
  return begin == std::string_view::npos ? std::string_view() : header.substr(begin);
}

Shape ParseShape(std::string_view text, const std::string& where) {
  Shape shape;
  if (text.empty() || text.front() != '(') Bad(where, "its shape is no tuple.");
  size_t at = 1;
  while (at < text.size() && text[at] != ')') {
    if (text[at] == ' ' || text[at] == ',') {
      ++at;
      continue;
    }
    int64_t dim = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), dim);
    if (error != std::errc() || dim < 0) Bad(where, "its shape has a dimension that is no number.");
    shape.push_back(dim);
    at = static_cast<size_t>(end - text.data());
  }
  return shape;
}

void SwapBytes(std::byte* data, size_t count, size_t size) {
  for (size_t i = 0; i < count; ++i) std::reverse(data + i * size, data + (i + 1) * size);
}

// Row-major from column-major.
Tensor FromFortran(const Tensor& in) {
  Tensor out(in.dtype(), in.shape());
  const size_t size = SizeOf(in.dtype());
  const int rank = in.rank();
  std::vector<int64_t> index(static_cast<size_t>(rank), 0);
  for (int64_t i = 0; i < in.count(); ++i) {
    int64_t from = 0;
    for (int d = rank - 1; d >= 0; --d) from = from * in.dim(d) + index[static_cast<size_t>(d)];
    std::memcpy(out.mutable_raw() + static_cast<size_t>(i) * size,
                in.raw() + static_cast<size_t>(from) * size, size);
    for (int d = rank - 1; d >= 0; --d) {
      if (++index[static_cast<size_t>(d)] < in.dim(d)) break;
      index[static_cast<size_t>(d)] = 0;
    }
  }
  return out;
}

}  // namespace

Tensor ReadNpy(std::span<const std::byte> bytes, const std::string& where) {
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  if (bytes.size() < 10 || std::string_view(text, kMagic.size()) != kMagic) {
    Bad(where, "it does not begin as a .npy file.");
  }
  const int major = static_cast<int>(bytes[6]);
  const size_t length_bytes = major == 1 ? 2 : 4;
  if (major < 1 || major > 3) Bad(where, "its format version is " + std::to_string(major) + ".");
  if (bytes.size() < 8 + length_bytes) Bad(where, "it is truncated.");
  size_t header_size = 0;
  for (size_t i = 0; i < length_bytes; ++i) {
    header_size |= static_cast<size_t>(bytes[8 + i]) << (8 * i);
  }
  const size_t data_at = 8 + length_bytes + header_size;
  if (data_at > bytes.size()) Bad(where, "it is truncated.");
  const std::string_view header(text + 8 + length_bytes, header_size);

  const std::string_view descr = ValueAfter(header, "descr", where);
  if (descr.size() < 5 || descr.front() != '\'') Bad(where, "its elements are records.");
  const char order = descr[1];
  const std::string_view code = descr.substr(2, descr.find('\'', 1) - 2);
  const auto* type = std::find_if(std::begin(kTypeCodes), std::end(kTypeCodes),
                                  [&](const TypeCode& row) { return row.code == code; });
  if (type == std::end(kTypeCodes)) {
    Bad(where, "elements of type '" + std::string(code) + "' are not supported.");
  }
  const bool fortran = ValueAfter(header, "fortran_order", where).starts_with("True");
  Shape shape = ParseShape(ValueAfter(header, "shape", where), where);
  const std::optional<int64_t> count = CheckedElementCount(shape);
  const size_t available = bytes.size() - data_at;
  const size_t size = SizeOf(type->dtype);
  if (!count || static_cast<uint64_t>(*count) > available / size ||
      static_cast<uint64_t>(*count) * size != available) {
    Bad(where, "its shape " + ToString(shape) + " of '" + std::string(NameOf(type->dtype)) +
                   "' does not fit its " + std::to_string(available) + " bytes of data.");
  }
  Tensor tensor(type->dtype, std::move(shape));
  if (available > 0) std::memcpy(tensor.mutable_raw(), bytes.data() + data_at, available);
  if (order == '>' && size > 1) {
    SwapBytes(tensor.mutable_raw(), static_cast<size_t>(*count), size);
  }
  return fortran && tensor.rank() > 1 ? FromFortran(tensor) : tensor;
}

std::vector<std::byte> WriteNpy(const Tensor& tensor) {
  const auto* type = std::find_if(std::begin(kTypeCodes), std::end(kTypeCodes),
                                  [&](const TypeCode& row) { return row.dtype == tensor.dtype(); });
  if (type == std::end(kTypeCodes)) {
    ThrowUnsupported("A tensor of type '" + std::string(NameOf(tensor.dtype())) +
                     "' cannot be saved as .npy.");
  }
  std::string shape;
  for (int64_t dim : tensor.shape()) shape += std::to_string(dim) + ", ";
  if (tensor.rank() > 1) shape.resize(shape.size() - 2);
  if (tensor.rank() == 1) shape.resize(shape.size() - 1);
  const char order = SizeOf(tensor.dtype()) == 1 ? '|' : '<';
  std::string header = "{'descr': '" + std::string(1, order) + std::string(type->code) +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // The data begins at a multiple of 64 bytes; the header ends with a newline.
  constexpr size_t kPrefix = 10;
  header.resize((kPrefix + header.size() + 1 + 63) / 64 * 64 - kPrefix - 1, ' ');
  header += '\n';
  std::vector<std::byte> out(kPrefix + header.size() + tensor.bytes());
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  out[6] = std::byte{1};
  out[7] = std::byte{0};
  out[8] = static_cast<std::byte>(header.size() & 0xFF);
  out[9] = static_cast<std::byte>(header.size() >> 8);
  std::memcpy(out.data() + kPrefix, header.data(), header.size());
  if (tensor.bytes() > 0) {
    std::memcpy(out.data() + kPrefix + header.size(), tensor.raw(), tensor.bytes());
  }
  return out;
}

}  // namespace quantab
