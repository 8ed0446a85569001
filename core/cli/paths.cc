#include "core/cli/paths.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "core/api/quantab.h"

namespace quantab {
namespace {

std::string AdviceFor(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "Free some space, or choose another folder.";
    case ENOENT:
      return "Check the path.";
    case EACCES:
    case EPERM:
    case EROFS:
      return "Check the permissions.";
    default:
      return "Check the path and the disk.";
  }
}

}  // namespace

std::string InFolder(const std::string& folder, std::string_view name) {
  return folder + (folder.ends_with('/') ? "" : "/") + std::string(name);
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string LowerCase(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

void ThrowSystem(const std::string& path, const std::string& what, const std::error_code& error) {
  Place place;
  place.file = path;
  ThrowIo("'" + path + "' " + what + ": " + error.message() + ". " + AdviceFor(error.value()),
          place);
}

void MakeFolder(const std::string& given) {
  std::string path = given;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) return;
  if (std::filesystem::exists(status)) {
    Place place;
    place.file = path;
    ThrowIo("'" + path + "' is no folder. Give a folder.", place);
  }
  const std::string above = std::filesystem::path(path).parent_path().string();
  if (!above.empty()) MakeFolder(above);
  std::filesystem::create_directory(path, error);
  if (error) ThrowSystem(path, "cannot be made", error);
}

}  // namespace quantab
