#include "core/api/files.h"

#include <utility>

namespace quantab {

Model OpenModelFile(const std::string& path, Monitor* monitor) {
  return Guard([&] {
    const std::unique_ptr<FileSet> files = FilesBeside(path);
    return ReadModel(OpenFile(path), files.get(), monitor);
  });
}

uint64_t WriteModelFile(const Model& model, const std::string& path, WriteOptions options,
                        Monitor* monitor) {
  return Guard([&] {
    if (!options.use_external_data_format) {
      const uint64_t bytes = SizesOf(model, options).model;
      const std::unique_ptr<ByteSink> sink = CreateFile(path);
      WriteModel(model, *sink, nullptr, options, monitor);
      return bytes;
    }
    const std::string data_path = path + ".data";
    options.location = data_path.substr(data_path.find_last_of('/') + 1);
    const WrittenSizes sizes = SizesOf(model, options);
    const std::unique_ptr<ByteSink> sink = CreateFile(path);
    const std::unique_ptr<ByteSink> external = CreateFile(data_path);
    WriteModel(model, *sink, external.get(), options, monitor);
    return sizes.model + sizes.external;
  });
}

}  // namespace quantab
