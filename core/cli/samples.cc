#include "core/cli/samples.h"

#include <algorithm>
#include <filesystem>

#include "core/api/files.h"
#include "core/cli/npy.h"
#include "core/cli/npz.h"

namespace quantab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNext =
    " Give one .npz per sample, one .npy per sample, or test_data_set_*/input_N.pb.";

std::vector<std::byte> ReadAll(const std::string& path) {
  const std::shared_ptr<ByteSource> source = OpenFile(path);
  std::vector<std::byte> bytes(static_cast<size_t>(source->size()));
  if (!bytes.empty()) source->Read(0, bytes);
  return bytes;
}

Tensor ReadPb(const std::string& path) {
  const std::vector<std::byte> bytes = ReadAll(path);
  onnx::TensorProto tensor;
  if (!tensor.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      tensor.data_type() == 0) {
    Place place;
    place.file = path;
    ThrowInvalidArgument("'" + path + "' is no serialized ONNX TensorProto.", place);
  }
  return LoadTensor(Model{}, tensor);
}

// "a10" after "a9".
bool NaturalLess(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      size_t p = i, q = j;
      while (p < a.size() && digit(a[p])) ++p;
      while (q < b.size() && digit(b[q])) ++q;
      std::string x = a.substr(i, p - i), y = b.substr(j, q - j);
      x.erase(0, std::min(x.find_first_not_of('0'), x.size()));
      y.erase(0, std::min(y.find_first_not_of('0'), y.size()));
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
      i = p;
      j = q;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

}  // namespace

Tensor ReadTensorFile(const std::string& path) {
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".npy") return ReadNpy(ReadAll(path), path);
  if (extension == ".pb") return ReadPb(path);
  Place place;
  place.file = path;
  ThrowInvalidArgument("'" + path + "' is neither .npy nor .pb.", place);
}

SampleFolder::SampleFolder(const std::string& folder, const std::vector<InputInfo>& inputs)
    : inputs_(inputs) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  Place place;
  place.file = folder;
  if (error) {
    ThrowIo("'" + folder + "' cannot be read as a folder of samples: " + error.message() + "." +
                std::string(kNext),
            place);
  }
  std::vector<std::string> kinds[3];
  for (const fs::directory_entry& entry : entries) {
    const std::string extension = entry.path().extension().string();
    const std::string path = entry.path().string();
    if (extension == ".npz") kinds[0].push_back(path);
    if (extension == ".npy") kinds[1].push_back(path);
    if (entry.is_directory() && entry.path().filename().string().starts_with("test_data_set_")) {
      kinds[2].push_back(path);
    }
  }
  const auto used = std::count_if(std::begin(kinds), std::end(kinds),
                                  [](const auto& paths) { return !paths.empty(); });
  if (used != 1) {
    ThrowInvalidArgument("'" + folder + "' holds " +
                             (used == 0 ? "no samples." : "several kinds of samples.") +
                             std::string(kNext),
                         place);
  }
  for (std::vector<std::string>& paths : kinds) {
    if (!paths.empty()) paths_ = std::move(paths);
  }
  if (fs::path(paths_.front()).extension() == ".npy" && inputs_.size() != 1) {
    ThrowInvalidArgument("'" + folder + "' holds .npy files, but the model has " +
                             std::to_string(inputs_.size()) +
                             " inputs. Give one .npz per sample, keyed by input name.",
                         place);
  }
  std::sort(paths_.begin(), paths_.end(), NaturalLess);
}

TensorMap SampleFolder::Read(size_t index) const {
  const std::string& path = paths_[index];
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".npz") return ReadNpzFile(path);
  if (extension == ".npy") return {{inputs_.front().name, ReadTensorFile(path)}};
  TensorMap sample;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const std::string file = (fs::path(path) / ("input_" + std::to_string(i) + ".pb")).string();
    if (fs::exists(file)) sample[inputs_[i].name] = ReadTensorFile(file);
  }
  return sample;
}

}  // namespace quantab
