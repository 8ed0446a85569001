#include "core/cli/tensor_file.h"

#include <algorithm>
#include <vector>

#include "core/api/files.h"
#include "core/cli/npy.h"
#include "core/cli/npz.h"
#include "core/cli/paths.h"
#include "core/cli/pb.h"

namespace quantab {
namespace {

std::vector<std::byte> ReadAll(const std::string& path) {
  const std::shared_ptr<ByteSource> source = OpenFile(path);
  std::vector<std::byte> bytes(static_cast<size_t>(source->size()));
  if (!bytes.empty()) source->Read(0, bytes);
  return bytes;
}

TensorMap Parse(TensorFormat format, std::span<const std::byte> bytes) {
  if (format == TensorFormat::kNpz) return ReadNpz(bytes);
  if (format == TensorFormat::kNpy) return {{"", ReadNpy(bytes)}};
  TensorMap tensors;
  tensors.insert(ReadTensorProto(bytes));
  return tensors;
}

}  // namespace

TensorFormat FormatOf(std::string_view path) {
  const std::string name = LowerCase(path);
  if (name.ends_with(".npy")) return TensorFormat::kNpy;
  if (name.ends_with(".npz")) return TensorFormat::kNpz;
  if (name.ends_with(".pb")) return TensorFormat::kPb;
  return TensorFormat::kNone;
}

TensorMap ReadTensors(const std::string& path) {
  Place place;
  place.file = path;
  const TensorFormat format = FormatOf(path);
  if (format == TensorFormat::kNone) {
    ThrowInvalidArgument("'" + path + "' is no file of tensors. Expected one of .npy, .npz, .pb.",
                         place);
  }
  const std::vector<std::byte> bytes = ReadAll(path);
  try {
    return Parse(format, bytes);
  } catch (const Error& e) {
    throw Error(e.code(), "'" + path + "': " + e.message(), place);
  }
}

}  // namespace quantab
