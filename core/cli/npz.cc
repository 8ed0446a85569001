#include "core/cli/npz.h"

#include <zip.h>

#include <memory>
#include <string>
#include <vector>

#include "core/cli/npy.h"

namespace quantab {
namespace {

// What deflate makes of a byte at most; a member that claims more is not given the memory for it.
constexpr uint64_t kLargestRatio = 1032;

constexpr std::string_view kExtension = ".npy";

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;

[[noreturn]] void Bad(const std::string& what) {
  ThrowInvalidArgument(what + " Save the arrays again with numpy.savez.");
}

[[noreturn]] void Damaged() { Bad("The .npz file is damaged or truncated."); }

Archive Open(std::span<const std::byte> bytes) {
  zip_error_t error;
  zip_error_init(&error);
  // An empty file would be an empty archive.
  zip_source_t* source =
      bytes.empty() ? nullptr : zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* archive = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  const bool no_zip = bytes.empty() || zip_error_code_zip(&error) == ZIP_ER_NOZIP;
  zip_error_fini(&error);
  if (archive != nullptr) return {archive, &zip_discard};
  if (source != nullptr) zip_source_free(source);
  if (no_zip) Bad("This is not a .npz file.");
  Damaged();
}

// The content of a member that is there in full.
std::vector<std::byte> ReadMember(zip_t* archive, zip_uint64_t index, const zip_stat_t& stat) {
  const std::string member = std::string("The .npz file's member '") + stat.name + "' ";
  if (stat.encryption_method != ZIP_EM_NONE) Bad(member + "is encrypted.");
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE) {
    Bad(member + "is compressed by method " + std::to_string(stat.comp_method) + ".");
  }
  if (stat.comp_method == ZIP_CM_STORE ? stat.size != stat.comp_size
                                       : stat.size / kLargestRatio > stat.comp_size) {
    Damaged();
  }
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen_index(archive, index, 0),
                                                                &zip_fclose);
  std::vector<std::byte> bytes(static_cast<size_t>(stat.size));
  if (!file ||
      zip_fread(file.get(), bytes.data(), stat.size) != static_cast<zip_int64_t>(stat.size)) {
    Damaged();
  }
  // The checksum is compared at the end of the member.
  std::byte beyond;
  if (zip_fread(file.get(), &beyond, 1) != 0) Damaged();
  return bytes;
}

}  // namespace

TensorMap ReadNpz(std::span<const std::byte> bytes) {
  const Archive archive = Open(bytes);
  TensorMap tensors;
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
  for (zip_uint64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    if (zip_stat_index(archive.get(), i, 0, &stat) != 0) Damaged();
    std::string name = stat.name;
    if (!name.ends_with(kExtension)) {
      Bad("The .npz file's member '" + name + "' is no .npy array.");
    }
    name.resize(name.size() - kExtension.size());
    if (tensors.contains(name)) Bad("The .npz file holds array '" + name + "' twice.");
    const std::vector<std::byte> content = ReadMember(archive.get(), i, stat);
    try {
      tensors[name] = ReadNpy(content);
    } catch (const Error& e) {
      throw Error(e.code(), "Array '" + name + "': " + e.message(), e.place());
    }
  }
  return tensors;
}

}  // namespace quantab
