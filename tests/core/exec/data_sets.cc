#include "tests/core/exec/data_sets.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/error.h"
#include "core/base/posix_file.h"
#include "core/tensor/half.h"

namespace quantab {
namespace {

namespace fs = std::filesystem;

Tensor ReadTensorFile(const fs::path& file) {
  const std::shared_ptr<ByteSource> source = OpenFile(file.string());
  std::string bytes(static_cast<size_t>(source->size()), '\0');
  source->Read(0, std::as_writable_bytes(std::span<char>(bytes)));
  onnx::TensorProto proto;
  if (!proto.ParseFromString(bytes) || proto.data_type() == 0) {
    ThrowUnsupported("'" + file.string() + "' holds no tensor.");
  }
  return LoadTensor(Model(), proto);
}

}  // namespace

std::vector<fs::path> ModelFolders(const fs::path& root) {
  std::vector<fs::path> folders;
  if (!fs::exists(root)) return folders;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().filename() == "model.onnx") folders.push_back(entry.path().parent_path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

Model ReadModelFile(const fs::path& file) {
  const std::unique_ptr<FileSet> files = FilesBeside(file.string());
  return ReadModel(OpenFile(file.string()), files.get());
}

std::vector<DataSet> ReadDataSets(const fs::path& folder, const Model& model) {
  std::vector<std::string> inputs, outputs;
  for (const onnx::ValueInfoProto& input : model.proto.graph().input()) {
    const auto& initializers = model.proto.graph().initializer();
    const bool given = std::none_of(initializers.begin(), initializers.end(),
                                    [&](const auto& i) { return i.name() == input.name(); });
    if (given) inputs.push_back(input.name());
  }
  for (const onnx::ValueInfoProto& output : model.proto.graph().output()) {
    outputs.push_back(output.name());
  }
  std::vector<DataSet> sets;
  for (int n = 0;; ++n) {
    const fs::path data = folder / ("test_data_set_" + std::to_string(n));
    if (!fs::exists(data)) return sets;
    DataSet set;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const fs::path file = data / ("input_" + std::to_string(i) + ".pb");
      if (fs::exists(file)) set.inputs[inputs[i]] = ReadTensorFile(file);
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      const fs::path file = data / ("output_" + std::to_string(i) + ".pb");
      if (fs::exists(file)) set.outputs[outputs[i]] = ReadTensorFile(file);
    }
    sets.push_back(std::move(set));
  }
}

double RelativeDifference(const Tensor& a, const Tensor& b) {
  const double different = std::numeric_limits<double>::infinity();
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return different;
  if (b.dtype() == DType::kString) return a.strings() == b.strings() ? 0 : different;
  if (IsHalf(b.dtype())) return RelativeDifference(HalfToFloat(a), HalfToFloat(b));
  if (b.dtype() != DType::kFloat && b.dtype() != DType::kDouble) {
    return a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0 ? 0 : different;
  }
  double error = 0;
  double scale = 0;
  const auto compare = [&](auto va, auto vb) {
    for (size_t i = 0; i < vb.size(); ++i) {
      const double x = va[i];
      const double y = vb[i];
      if (x == y || (std::isnan(x) && std::isnan(y))) {
        if (std::isfinite(y)) scale = std::max(scale, std::abs(y));
        continue;
      }
      if (!std::isfinite(x) || !std::isfinite(y)) error = different;
      error = std::max(error, std::abs(x - y));
      scale = std::max(scale, std::abs(y));
    }
  };
  if (b.dtype() == DType::kFloat) {
    compare(a.span<float>(), b.span<float>());
  } else {
    compare(a.span<double>(), b.span<double>());
  }
  return error == 0 ? 0 : scale == 0 ? different : error / scale;
}

}  // namespace quantab
