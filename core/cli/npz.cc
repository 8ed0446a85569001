#include "core/cli/npz.h"

#include <zip.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "core/cli/npy.h"

namespace quantab {
namespace {

// An entry larger than this is refused rather than trusted: no sample is that large.
constexpr uint64_t kLargestEntry = uint64_t{4} << 30;

[[noreturn]] void Bad(const std::string& path, const std::string& why) {
  Place place;
  place.file = path;
  ThrowInvalidArgument("'" + path + "' is no .npz file that can be read: " + why +
                           " Save it with numpy.savez() again.",
                       place);
}

}  // namespace

TensorMap ReadNpzFile(const std::string& path) {
  int error = 0;
  const std::unique_ptr<zip_t, decltype(&zip_discard)> archive(
      zip_open(path.c_str(), ZIP_RDONLY, &error), &zip_discard);
  if (!archive) {
    zip_error_t reason;
    zip_error_init_with_code(&reason, error);
    const std::string text = zip_error_strerror(&reason);
    zip_error_fini(&reason);
    if (error == ZIP_ER_NOENT || error == ZIP_ER_OPEN || error == ZIP_ER_READ) {
      Place place;
      place.file = path;
      ThrowIo("'" + path + "' cannot be read: " + text + ".", place);
    }
    Bad(path, text + ".");
  }
  TensorMap tensors;
  const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    const auto index = static_cast<zip_uint64_t>(i);
    if (zip_stat_index(archive.get(), index, 0, &stat) != 0 || stat.size > kLargestEntry) {
      Bad(path, "entry " + std::to_string(i) + " is damaged.");
    }
    std::string name = stat.name;
    if (!name.ends_with(".npy")) Bad(path, "entry '" + name + "' is no .npy array.");
    const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(
        zip_fopen_index(archive.get(), index, 0), &zip_fclose);
    std::vector<std::byte> bytes(static_cast<size_t>(stat.size));
    if (!file ||
        zip_fread(file.get(), bytes.data(), stat.size) != static_cast<zip_int64_t>(stat.size)) {
      Bad(path, "entry '" + name + "' is damaged.");
    }
    name.resize(name.size() - 4);
    tensors[name] = ReadNpy(bytes, path + "/" + name + ".npy");
  }
  return tensors;
}

}  // namespace quantab
