#include "core/cli/text_file.h"

#include <filesystem>
#include <span>
#include <system_error>

#include "core/api/files.h"

namespace quantab {
namespace {

constexpr uint64_t kLargest = uint64_t{64} << 20;

}  // namespace

bool FileExists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string ReadTextFile(const std::string& path) {
  const std::shared_ptr<ByteSource> file = OpenFile(path);
  if (file->size() > kLargest) {
    ThrowInvalidArgument("'" + path + "' has " + std::to_string(file->size()) +
                         " bytes, too many for a file of text. Is it the right one?");
  }
  std::string text(static_cast<size_t>(file->size()), '\0');
  file->Read(0, std::as_writable_bytes(std::span(text.data(), text.size())));
  return text;
}

void WriteTextFile(const std::string& path, const std::string& text) {
  const std::unique_ptr<ByteSink> file = CreateFile(path);
  file->Write(std::as_bytes(std::span(text.data(), text.size())));
  file->Settle();
  file->Finish();
}

}  // namespace quantab
