#include "core/base/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <utility>

#include "core/base/error.h"

namespace quantab {
namespace {

// The most that one call of read or write is asked for; Linux does not do more than 2 GiB.
constexpr size_t kMaxTransfer = size_t{1} << 30;

[[noreturn]] void Fail(const std::string& path, const std::string& what, const std::string& next) {
  Place place;
  place.file = path;
  ThrowIo("'" + path + "' " + what + ". " + next, place);
}

[[noreturn]] void FailErrno(const std::string& path, const std::string& what, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const std::string next = full              ? "Free some space, or choose another folder."
                           : error == ENOENT ? "Check the path."
                           : error == EACCES || error == EPERM || error == EROFS
                               ? "Check the permissions."
                               : "Check the path and the disk.";
  Fail(path, what + ": " + std::strerror(error), next);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { Close(); }

  int get() const { return fd_; }
  // Returns 0, or the error of close(), which may be the first to tell that the disk is full.
  int Close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0 ? 0 : errno;
  }

 private:
  int fd_;
};

class PosixFileSource final : public ByteSource {
 public:
  PosixFileSource(Descriptor descriptor, std::string name, uint64_t size)
      : descriptor_(std::move(descriptor)), name_(std::move(name)), size_(size) {}

  const std::string& name() const override { return name_; }
  uint64_t size() const override { return size_; }

  void Read(uint64_t offset, std::span<std::byte> out) const override {
    CheckRange(*this, offset, out.size());
    while (!out.empty()) {
      const ssize_t count = ::pread(descriptor_.get(), out.data(),
                                    std::min(out.size(), kMaxTransfer), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) FailErrno(name_, "cannot be read", errno);
      if (count == 0) Fail(name_, "became shorter while it was read", "Try again.");
      out = out.subspan(static_cast<size_t>(count));
      offset += static_cast<uint64_t>(count);
    }
  }

 private:
  Descriptor descriptor_;
  std::string name_;
  uint64_t size_;
};

std::shared_ptr<ByteSource> OpenAs(const std::string& path, std::string name) {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) FailErrno(name, "cannot be opened", errno);
  struct stat status;
  if (::fstat(descriptor.get(), &status) != 0) FailErrno(name, "cannot be read", errno);
  if (S_ISDIR(status.st_mode)) Fail(name, "is a folder", "Give a file.");
  if (!S_ISREG(status.st_mode)) Fail(name, "is no regular file", "Give a file.");
  return std::make_shared<PosixFileSource>(std::move(descriptor), std::move(name),
                                           static_cast<uint64_t>(status.st_size));
}

void WriteAll(int fd, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), std::min(bytes.size(), kMaxTransfer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) FailErrno(path, "cannot be written", errno);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

class DirectSink final : public ByteSink {
 public:
  DirectSink(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}
  void Write(std::span<const std::byte> bytes) override {
    WriteAll(descriptor_.get(), bytes, path_);
  }
  void Finish() override {
    if (const int error = descriptor_.Close()) FailErrno(path_, "cannot be written", error);
  }

 private:
  Descriptor descriptor_;
  std::string path_;
};

class RenamingSink final : public ByteSink {
 public:
  RenamingSink(Descriptor descriptor, std::string temporary, std::string target, std::string path)
      : descriptor_(std::move(descriptor)),
        temporary_(std::move(temporary)),
        target_(std::move(target)),
        path_(std::move(path)) {}
  ~RenamingSink() override {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  void Write(std::span<const std::byte> bytes) override {
    WriteAll(descriptor_.get(), bytes, path_);
  }

  void Finish() override {
    if (::fsync(descriptor_.get()) != 0 && errno != EINVAL) {
      FailErrno(path_, "cannot be written", errno);
    }
    if (const int error = descriptor_.Close()) FailErrno(path_, "cannot be written", error);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
      FailErrno(path_, "cannot be put in place", errno);
    }
    temporary_.clear();
  }

 private:
  Descriptor descriptor_;
  std::string temporary_;  // empty once it is renamed
  std::string target_;
  std::string path_;
};

// An absolute path without symbolic links, or empty with errno set.
std::string RealPath(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return "";
  std::string text(resolved);
  std::free(resolved);
  return text;
}

class FolderFileSet final : public FileSet {
 public:
  explicit FolderFileSet(std::string folder) : folder_(std::move(folder)) {}

  std::shared_ptr<ByteSource> Open(const std::string& location) const override {
    const std::string path = folder_ + location;
    const std::string real = RealPath(path);
    if (real.empty()) {
      if (errno == ENOENT || errno == ENOTDIR) return nullptr;
      FailErrno(path, "cannot be opened", errno);
    }
    std::string base = RealPath(folder_);
    if (base.empty()) FailErrno(folder_, "cannot be opened", errno);
    if (base.back() != '/') base += '/';
    if (!real.starts_with(base)) {
      Fail(path, "lies outside the model's folder",
           "Put the file itself, rather than a link to it, beside the model.");
    }
    return OpenAs(real, path);
  }

 private:
  std::string folder_;  // ends with a slash
};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

}  // namespace

std::shared_ptr<ByteSource> OpenFile(const std::string& path) { return OpenAs(path, path); }

std::unique_ptr<ByteSink> CreateFile(const std::string& path) {
  struct stat status;
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) Fail(path, "is a folder", "Give the name of a file.");
  if (exists && !S_ISREG(status.st_mode)) {
    Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (descriptor.get() < 0) FailErrno(path, "cannot be written", errno);
    return std::make_unique<DirectSink>(std::move(descriptor), path);
  }
  // A link stays one: the file that it names is replaced.
  const std::string target = exists ? RealPath(path) : path;
  if (target.empty()) FailErrno(path, "cannot be written", errno);
  const mode_t mode = exists ? status.st_mode & 0777 : 0666;

  std::random_device random;
  constexpr int kTries = 16;
  for (int i = 0; i < kTries; ++i) {
    const std::string temporary = target + "." + std::to_string(random()) + ".part";
    Descriptor descriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (descriptor.get() >= 0) {
      return std::make_unique<RenamingSink>(std::move(descriptor), temporary, target, path);
    }
    if (errno != EEXIST) FailErrno(path, "cannot be written", errno);
  }
  Fail(path, "cannot be written: no free temporary name", "Remove old '.part' files beside it.");
}

std::unique_ptr<FileSet> FilesBeside(const std::string& model_path) {
  return std::make_unique<FolderFileSet>(FolderOf(model_path));
}

}  // namespace quantab
