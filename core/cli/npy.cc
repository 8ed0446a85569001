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

// What JavaScript, the reader of the Node program, counts exactly.
constexpr int64_t kLargestCount = (int64_t{1} << 53) - 1;

[[noreturn]] void Bad(const std::string& what) { ThrowInvalidArgument(what); }

constexpr std::string_view kSpaces = " \t\n\v\f\r";
constexpr std::string_view kQuotes = "'\"";

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

// The value of `key` in the header's dictionary, a text between one of `openings` and one of
// `closings`; with neither, all that follows.
std::string_view ValueOf(std::string_view header, const std::string& key,
                         std::string_view openings = "", std::string_view closings = "") {
  for (const char quote : kQuotes) {
    const size_t at = header.find(quote + key + quote);
    if (at == std::string_view::npos) continue;
    std::string_view rest = Trimmed(header.substr(at + key.size() + 2));
    if (!rest.starts_with(':')) continue;
    rest = Trimmed(rest.substr(1));
    if (openings.empty()) return rest;
    if (rest.empty() || openings.find(rest.front()) == std::string_view::npos) continue;
    const size_t end = rest.find_first_of(closings, 1);
    if (end != std::string_view::npos) return rest.substr(1, end - 1);
  }
  Bad("The .npy header has no readable '" + key + "'. Save the array again with numpy.save.");
}

bool IsFortranOrder(std::string_view header) {
  const std::string_view text = ValueOf(header, "fortran_order");
  if (text.starts_with("True")) return true;
  if (text.starts_with("False")) return false;
  Bad("The .npy header has no readable 'fortran_order'. Save the array again with numpy.save.");
}

Shape ShapeOfArray(std::string_view header) {
  const std::string_view inside = ValueOf(header, "shape", "(", ")");
  const auto impossible = [&] {
    Bad("The .npy file has the impossible shape (" + std::string(inside) +
        "). Save the array again with numpy.save.");
  };
  Shape shape;
  for (size_t begin = 0; begin < inside.size();) {
    const size_t end = std::min(inside.find(',', begin), inside.size());
    const std::string_view dim_text = Trimmed(inside.substr(begin, end - begin));
    begin = end + 1;
    if (dim_text.empty()) continue;
    int64_t dim = 0;
    const auto [at, error] =
        std::from_chars(dim_text.data(), dim_text.data() + dim_text.size(), dim);
    if (dim_text.find_first_not_of("0123456789") != std::string_view::npos ||
        error != std::errc() || dim > kLargestCount) {
      impossible();
    }
    shape.push_back(dim);
  }
  const std::optional<int64_t> count = CheckedElementCount(shape);
  if (!count || *count > kLargestCount) impossible();
  return shape;
}

// The header's dictionary, and where the elements begin.
std::string_view HeaderOf(std::span<const std::byte> bytes, size_t& data_at) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic)) {
    Bad("This is not a .npy file: its first bytes are not NumPy's. Save the array with "
        "numpy.save.");
  }
  constexpr size_t kVersionAt = 6;
  constexpr size_t kLengthAt = 8;
  const auto byte = [&](size_t at) { return static_cast<size_t>(bytes[at]); };
  const auto check_size = [&](size_t size) {
    if (bytes.size() < size) {
      Bad("The .npy file ends within its header. Save the array again with numpy.save.");
    }
  };
  check_size(kLengthAt);
  const size_t major = byte(kVersionAt), minor = byte(kVersionAt + 1);
  if (major < 1 || major > 3 || minor != 0) {
    Bad("The .npy file has format version " + std::to_string(major) + "." + std::to_string(minor) +
        ", expected 1.0, 2.0 or 3.0. Save the array again with numpy.save.");
  }
  const size_t begin = kLengthAt + (major == 1 ? 2 : 4);
  check_size(begin);
  size_t length = 0;
  for (size_t at = begin; at-- > kLengthAt;) length = length << 8 | byte(at);
  check_size(begin + length);
  data_at = begin + length;
  return text.substr(begin, length);
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

Tensor ReadNpy(std::span<const std::byte> bytes) {
  size_t data_at = 0;
  const std::string_view header = HeaderOf(bytes, data_at);
  // The byte order and the type's code: "<f4".
  const std::string_view descr = ValueOf(header, "descr", kQuotes, kQuotes);
  const std::string_view order = descr.substr(0, 1);
  const std::string_view code = descr.substr(order.size());
  const auto* type = std::find_if(std::begin(kTypeCodes), std::end(kTypeCodes),
                                  [&](const TypeCode& row) { return row.code == code; });
  if (type == std::end(kTypeCodes) || order.find_first_of("<>|=") == std::string_view::npos) {
    Bad("The .npy file holds elements of type '" + std::string(descr) +
        "', expected real numbers. Convert the array with astype().");
  }
  const bool fortran = IsFortranOrder(header);
  Shape shape = ShapeOfArray(header);
  const size_t available = bytes.size() - data_at;
  const size_t size = SizeOf(type->dtype);
  const auto count = static_cast<uint64_t>(ElementCount(shape));
  if (count * size != available) {
    Bad("The .npy file has " + std::to_string(available) + " bytes of elements, expected " +
        std::to_string(count * size) + " for " + std::string(NameOf(type->dtype)) + " " +
        ToString(shape) + ". Save the array again with numpy.save.");
  }
  Tensor tensor(type->dtype, std::move(shape));
  if (available > 0) std::memcpy(tensor.mutable_raw(), bytes.data() + data_at, available);
  if (order == ">" && size > 1) SwapBytes(tensor.mutable_raw(), count, size);
  return fortran && tensor.rank() > 1 ? FromFortran(tensor) : tensor;
}

std::vector<std::byte> WriteNpy(const Tensor& tensor) {
  const auto* type = std::find_if(std::begin(kTypeCodes), std::end(kTypeCodes),
                                  [&](const TypeCode& row) { return row.dtype == tensor.dtype(); });
  if (type == std::end(kTypeCodes)) {
    ThrowUnsupported("A tensor of type '" + std::string(NameOf(tensor.dtype())) +
                     "' cannot be saved as .npy. Cast that output to another type in the model.");
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
