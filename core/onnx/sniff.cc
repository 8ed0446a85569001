#include "core/onnx/sniff.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/error.h"
#include "core/onnx/wire.h"

namespace quantab {
namespace {

constexpr size_t kHead = 512;
constexpr char kConvert[] = "Convert it to ONNX first.";
constexpr char kUnpack[] = "Unpack it and give the .onnx file in it.";
constexpr char kGetModel[] = "Give a file exported as ONNX.";

struct Magic {
  size_t offset;
  std::string_view bytes;
  const char* what;
  const char* advice;
};

using namespace std::string_view_literals;

constexpr Magic kMagics[] = {
    {4, "TFL3"sv, "a TensorFlow Lite file", kConvert},
    {4, "ORTM"sv, "an ONNX Runtime format (.ort) file",
     "Give the .onnx file that it was made from."},
    {0, "GGUF"sv, "a GGUF file", kConvert},
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file, probably a Keras model", kConvert},
    {0, "\x93NUMPY"sv, "a NumPy array", kGetModel},
    {0, "version https://git-lfs"sv, "a Git LFS pointer instead of the model itself",
     "Fetch the file with 'git lfs pull'."},
    {0, "7767517\n"sv, "an ncnn parameter file", kConvert},
    {0, "\x1f\x8b"sv, "a gzip archive", kUnpack},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "an xz archive", kUnpack},
    {0, "\x28\xb5\x2f\xfd"sv, "a Zstandard archive", kUnpack},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive", kUnpack},
    {0, "BZh"sv, "a bzip2 archive", kUnpack},
    {0, "Rar!"sv, "a RAR archive", kUnpack},
    {257, "ustar"sv, "a tar archive", kUnpack},
    {0,
     "\x7f"
     "ELF"sv,
     "a program", kGetModel},
    {0, "\x89PNG"sv, "a PNG image", kGetModel},
    {0, "\xff\xd8\xff"sv, "a JPEG image", kGetModel},
    {0, "%PDF"sv, "a PDF document", kGetModel},
};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

ForeignFormat SniffZip(std::string_view head) {
  if (Contains(head, "data.pkl") || Contains(head, "constants.pkl")) {
    return {"a PyTorch file", "Export it with torch.onnx.export first."};
  }
  if (Contains(head, "metadata.json") || Contains(head, "model.weights.h5")) {
    return {"a Keras file", kConvert};
  }
  if (Contains(head, ".npy")) return {"a NumPy archive", kGetModel};
  return {"a zip archive", kUnpack};
}

// A pickle of protocol 2 to 5, as PyTorch and scikit-learn write it.
bool IsPickle(std::string_view head) {
  return head.size() > 2 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5 &&
         std::string_view("\x8a\x8c\x95}]c(").find(head[2]) != std::string_view::npos;
}

bool IsSafetensors(std::string_view head, uint64_t size) {
  if (head.size() < 10 || head[8] != '{') return false;
  uint64_t header = 0;
  for (size_t i = 8; i-- > 0;) header = header << 8 | static_cast<uint8_t>(head[i]);
  return header >= 2 && header <= size - 8;
}

std::optional<ForeignFormat> SniffText(std::string_view head) {
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') return std::nullopt;
  }
  const std::string_view text =
      head.substr(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  std::string lower(text.substr(0, 64));
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (lower.starts_with("<!doctype html") || lower.starts_with("<html")) {
    return ForeignFormat{"a web page", "The download went wrong; get the file again."};
  }
  if (lower.starts_with("<")) return ForeignFormat{"an XML file", kGetModel};
  if (lower.starts_with("{") || lower.starts_with("["))
    return ForeignFormat{"a JSON file", kGetModel};
  if (lower.starts_with("ir_version") || lower.starts_with("graph {")) {
    return ForeignFormat{"an ONNX model in text form", "Convert it to the binary form first."};
  }
  return ForeignFormat{"a text file", kGetModel};
}

std::string Head(const ByteSource& source) {
  std::string head(static_cast<size_t>(std::min<uint64_t>(kHead, source.size())), 0);
  source.Read(0, std::as_writable_bytes(std::span(head.data(), head.size())));
  return head;
}

// What the top level of a protobuf file shows: which fields it has, by wire type.
struct TopLevel {
  static constexpr uint32_t kFields = 32;
  std::array<uint64_t, kFields> lengths = {};  // occurrences as kLength
  std::array<uint64_t, kFields> varints = {};
  uint64_t first_varint = 0;  // value of the first field 1
  uint64_t second_varint = 0;
  bool core_ml = false;  // fields in the range where Core ML keeps its model types
};

// The next field, or false at the end or where the wire format breaks: what came before still tells
// the format.
bool NextSound(WireReader& reader, uint64_t& position, WireField& field) {
  try {
    return reader.Next(position, reader.size(), field);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidModel) throw;
    return false;
  }
}

TopLevel ScanTopLevel(const ByteSource& source) {
  TopLevel top;
  constexpr int kEnough = 100000;
  WireReader reader(source);
  WireField field;
  uint64_t position = 0;
  for (int i = 0; i < kEnough && NextSound(reader, position, field); ++i) {
    if (field.number >= 200 && field.number < 3100 && field.type == WireType::kLength) {
      top.core_ml = true;
    }
    if (field.number >= TopLevel::kFields) continue;
    if (field.type == WireType::kLength) ++top.lengths[field.number];
    if (field.type == WireType::kVarint) {
      ++top.varints[field.number];
      if (field.number == 1) top.first_varint = field.value;
      if (field.number == 2) top.second_varint = field.value;
    }
  }
  return top;
}

}  // namespace

std::optional<ForeignFormat> SniffForeignFormat(const ByteSource& source) {
  const std::string bytes = Head(source);
  const std::string_view head = bytes;
  for (const Magic& magic : kMagics) {
    if (head.size() >= magic.offset + magic.bytes.size() &&
        head.substr(magic.offset, magic.bytes.size()) == magic.bytes) {
      return ForeignFormat{magic.what, magic.advice};
    }
  }
  if (head.starts_with("PK\x03\x04"sv)) return SniffZip(head);
  if (IsPickle(head)) {
    return ForeignFormat{"a Python pickle, probably of PyTorch",
                         "Export it with torch.onnx.export first."};
  }
  if (IsSafetensors(head, source.size())) {
    return ForeignFormat{"a safetensors file",
                         "It has weights without a graph; export the model to ONNX."};
  }
  return SniffText(head);
}

std::optional<ForeignFormat> SniffForeignProtobuf(const ByteSource& source) {
  const TopLevel top = ScanTopLevel(source);
  // A model's field 2 is a text, a tensor's is its type.
  constexpr uint64_t kNewestType = 28;
  if (top.varints[2] == 1 && top.second_varint >= 1 && top.second_varint <= kNewestType) {
    for (const int payload : {4, 5, 6, 7, 9, 10, 11}) {
      if (top.lengths[static_cast<size_t>(payload)] == 0) continue;
      return ForeignFormat{"an ONNX tensor, not a model", "Give the .onnx file."};
    }
  }
  if (top.lengths[7] > 0) return std::nullopt;  // a graph
  if (top.core_ml && top.varints[1] == 1) return ForeignFormat{"a Core ML model", kConvert};
  const bool only_graphs = top.varints[1] == 1 && top.first_varint == 1 && top.lengths[2] > 0 &&
                           top.lengths[8] == 0 && top.lengths[3] == 0;
  if (only_graphs) return ForeignFormat{"a TensorFlow SavedModel", kConvert};
  if (top.lengths[1] > 0 && top.varints[1] == 0) {
    const bool graph_def = top.lengths[4] > 0 || top.lengths[2] > 0;
    return graph_def ? ForeignFormat{"probably a TensorFlow graph or a Caffe model", kConvert}
                     : ForeignFormat{"no ONNX model", kGetModel};
  }
  return std::nullopt;
}

void RejectForeignFormat(const ByteSource& source) {
  Place place;
  place.file = source.name();
  if (source.size() == 0) {
    ThrowInvalidModel("'" + source.name() + "' is empty. Get the file again.", place);
  }
  if (const auto foreign = SniffForeignFormat(source)) {
    ThrowInvalidModel("'" + source.name() + "' is " + foreign->what + ". " + foreign->advice,
                      place);
  }
}

}  // namespace quantab
