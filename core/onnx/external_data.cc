#include "core/onnx/external_data.h"

#include <charconv>
#include <map>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "core/onnx/detach.h"
#include "core/onnx/tensor_check.h"

namespace quantab {
namespace {

struct Entry {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

class Attacher {
 public:
  Attacher(Model& model, const FileSet* files) : model_(model), files_(files) {}

  void Attach(onnx::TensorProto& tensor) {
    const Entry entry = Parse(tensor);
    const uint64_t needed = NeededBytes(tensor, model_.name);
    const uint64_t length = entry.length.value_or(needed);
    if (length != needed) {
      Fail(tensor, "of type " + std::string(NameOf(TypeOf(tensor))) + " and shape " +
                       Shorten(ToString(ShapeOf(tensor))) + " needs " + std::to_string(needed) +
                       " bytes, but its external data has length '" + std::to_string(length) +
                       "'. Export the model again.");
    }
    const std::shared_ptr<ByteSource>& source = Open(tensor, entry.location);
    if (entry.offset > source->size() || length > source->size() - entry.offset) {
      Fail(tensor, "needs " + std::to_string(length) + " bytes from byte " +
                       std::to_string(entry.offset) + " of '" + entry.location +
                       "', which has only " + std::to_string(source->size()) +
                       ". Give the file that belongs to this model, as a whole.");
    }
    SetBytes(model_, tensor, MakeRangeBlob(source, entry.offset, length));
    if (IsDetached(tensor)) model_.weights[WeightIndex(tensor)].was_external = true;
  }

 private:
  [[noreturn]] void Fail(const onnx::TensorProto& tensor, const std::string& what) const {
    Place place;
    place.file = model_.name;
    place.tensor = Shorten(tensor.name());
    ThrowInvalidModel("'" + model_.name + "': tensor '" + place.tensor + "' " + what, place);
  }

  uint64_t Number(const onnx::TensorProto& tensor, const std::string& key,
                  const std::string& text) const {
    uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || stop != text.data() + text.size()) {
      Fail(tensor, "has the external data " + key + " '" + Shorten(text) +
                       "', expected a number of bytes. Export the model again.");
    }
    return value;
  }

  Entry Parse(const onnx::TensorProto& tensor) const {
    Entry entry;
    bool has_location = false;
    for (const auto& pair : tensor.external_data()) {
      if (pair.key() == "location") {
        const std::optional<std::string> location = SafeLocation(pair.value());
        if (!location) {
          Fail(tensor, "has the external data location '" + Shorten(pair.value()) +
                           "', expected a relative path below the model's folder. Export the "
                           "model again with its data beside it.");
        }
        entry.location = *location;
        has_location = true;
      } else if (pair.key() == "offset") {
        entry.offset = Number(tensor, "offset", pair.value());
      } else if (pair.key() == "length") {
        entry.length = Number(tensor, "length", pair.value());
      }
    }
    if (!has_location) {
      Fail(tensor,
           "keeps its data in another file, but does not say in which. Export the model "
           "again.");
    }
    return entry;
  }

  const std::shared_ptr<ByteSource>& Open(const onnx::TensorProto& tensor,
                                          const std::string& location) {
    std::shared_ptr<ByteSource>& source = sources_[location];
    if (source == nullptr && files_ != nullptr) source = files_->Open(location);
    if (source == nullptr) {
      Fail(tensor, "keeps its data in the file '" + location + "', which was not found. Give '" +
                       location + "' along with the model.");
    }
    return source;
  }

  Model& model_;
  const FileSet* files_;
  std::map<std::string, std::shared_ptr<ByteSource>> sources_;
};

bool IsPlainPart(std::string_view part) {
  if (part == "..") return false;
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\' || c == ':') return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> SafeLocation(const std::string& location) {
  if (location.empty() || location.front() == '/' || location.front() == '#') return std::nullopt;
  std::string path;
  size_t begin = 0;
  while (begin <= location.size()) {
    const size_t slash = std::min(location.find('/', begin), location.size());
    const std::string_view part = std::string_view(location).substr(begin, slash - begin);
    if (!IsPlainPart(part)) return std::nullopt;
    if (!part.empty() && part != ".") {
      if (!path.empty()) path += '/';
      path += part;
    }
    begin = slash + 1;
  }
  if (path.empty() || location.back() == '/') return std::nullopt;
  return path;
}

void AttachExternalData(Model& model, const FileSet* files) {
  Attacher attacher(model, files);
  ForEachTensor(model.proto, [&](onnx::TensorProto& tensor) {
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL && !IsDetached(tensor)) {
      attacher.Attach(tensor);
    }
  });
}

}  // namespace quantab
