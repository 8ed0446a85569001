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
#include <list>
#include <mutex>
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
  const bool out_of_files = error == EMFILE || error == ENFILE;
  const std::string next =
      full              ? "Free some space, or choose another folder."
      : out_of_files    ? "Close other programs, or allow more open files ('ulimit -n')."
      : error == ENOENT ? "Check the path."
      : error == EACCES || error == EPERM || error == EROFS ? "Check the permissions."
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

class PosixFileSource;

// The descriptors of files that were read last. A process has few of them, often 1024, while a
// model may keep every weight in a file of its own and lives as long as its user likes.
class OpenFiles {
 public:
  // Never destroyed, since sources in static storage may outlive it.
  static OpenFiles& Get() {
    static OpenFiles& files = *new OpenFiles;
    return files;
  }

  // nullptr when there is none.
  std::shared_ptr<const Descriptor> Find(const PosixFileSource* source) {
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(recent_.begin(), recent_.end(),
                                 [&](const auto& entry) { return entry.first == source; });
    if (at == recent_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, at);
    return at->second;
  }

  // A reader that still has the descriptor of an entry that goes keeps it open.
  void Add(const PosixFileSource* source, std::shared_ptr<const Descriptor> descriptor) {
    const std::lock_guard lock(mutex_);
    recent_.emplace_front(source, std::move(descriptor));
    if (recent_.size() > kMaxOpen) recent_.pop_back();
  }

  void Remove(const PosixFileSource* source) {
    const std::lock_guard lock(mutex_);
    recent_.remove_if([&](const auto& entry) { return entry.first == source; });
  }

  void Clear() {
    const std::lock_guard lock(mutex_);
    recent_.clear();
  }

 private:
  static constexpr size_t kMaxOpen = 64;

  std::mutex mutex_;
  // Most recently used first.
  std::list<std::pair<const PosixFileSource*, std::shared_ptr<const Descriptor>>> recent_;
};

// As open(), and once more with our own descriptors given back when there is none left.
Descriptor Open(const std::string& path, int flags, mode_t mode = 0) {
  Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (descriptor.get() >= 0 || (errno != EMFILE && errno != ENFILE)) return descriptor;
  OpenFiles::Get().Clear();
  return Descriptor(::open(path.c_str(), flags | O_CLOEXEC, mode));
}

// An absolute path without symbolic links, or empty with errno set.
std::string RealPath(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return "";
  std::string text(resolved);
  std::free(resolved);
  return text;
}

// Whether two looks at a path saw one file in one state.
bool IsSame(const struct stat& a, const struct stat& b) {
#ifdef __APPLE__
  const timespec x = a.st_mtimespec, y = b.st_mtimespec;
#else
  const timespec x = a.st_mtim, y = b.st_mtim;
#endif
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
}

class PosixFileSource final : public ByteSource {
 public:
  PosixFileSource(const std::string& path, std::string name) : name_(std::move(name)) {
    auto descriptor = std::make_shared<Descriptor>(OpenRegular(path));
    if (::fstat(descriptor->get(), &status_) != 0) FailErrno(name_, "cannot be read", errno);
    if (S_ISDIR(status_.st_mode)) Fail(name_, "is a folder", "Give a file.");
    if (!S_ISREG(status_.st_mode)) Fail(name_, "is no regular file", "Give a file.");
    // Relative paths change their meaning with the working directory.
    path_ = RealPath(path);
    if (path_.empty()) path_ = path;
    OpenFiles::Get().Add(this, std::move(descriptor));
  }
  ~PosixFileSource() override { OpenFiles::Get().Remove(this); }
  PosixFileSource(const PosixFileSource&) = delete;
  PosixFileSource& operator=(const PosixFileSource&) = delete;

  const std::string& name() const override { return name_; }
  uint64_t size() const override { return static_cast<uint64_t>(status_.st_size); }

  void Read(uint64_t offset, std::span<std::byte> out) const override {
    CheckRange(*this, offset, out.size());
    const std::shared_ptr<const Descriptor> descriptor = OpenAgain();
    while (!out.empty()) {
      const ssize_t count = ::pread(descriptor->get(), out.data(),
                                    std::min(out.size(), kMaxTransfer), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) FailErrno(name_, "cannot be read", errno);
      if (count == 0) Fail(name_, "became shorter while it was read", "Try again.");
      out = out.subspan(static_cast<size_t>(count));
      offset += static_cast<uint64_t>(count);
    }
  }

 private:
  Descriptor OpenRegular(const std::string& path) const {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    Descriptor descriptor = Open(path, O_RDONLY | O_NONBLOCK);
    if (descriptor.get() < 0) FailErrno(name_, "cannot be opened", errno);
    return descriptor;
  }

  std::shared_ptr<const Descriptor> OpenAgain() const {
    if (auto known = OpenFiles::Get().Find(this)) return known;
    auto descriptor = std::make_shared<Descriptor>(OpenRegular(path_));
    struct stat status;
    if (::fstat(descriptor->get(), &status) != 0) FailErrno(name_, "cannot be read", errno);
    if (!IsSame(status, status_)) Fail(name_, "was changed after it was opened", "Open it again.");
    OpenFiles::Get().Add(this, descriptor);
    return descriptor;
  }

  std::string name_;
  std::string path_;
  struct stat status_;
};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
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
    written_ += bytes.size();
    if (written_ - begun_ >= kBegin) BeginSettling();
  }

  void Settle() override {
    if (descriptor_.get() < 0) return;
    if (::fsync(descriptor_.get()) != 0 && errno != EINVAL) {
      FailErrno(path_, "cannot be written", errno);
    }
    if (const int error = descriptor_.Close()) FailErrno(path_, "cannot be written", error);
  }

  void Finish() override {
    Settle();
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
      FailErrno(path_, "cannot be put in place", errno);
    }
    temporary_.clear();
    // The name is on the disk only when its folder is. Not every file system can do that, and the
    // file is in place either way.
    const Descriptor folder = Open(FolderOf(target_), O_RDONLY | O_DIRECTORY);
    if (folder.get() >= 0) ::fsync(folder.get());
  }

 private:
  // What is on its way to the disk already need not be waited for in Settle. Waits for nothing
  // itself, and leaves errors to Settle.
  void BeginSettling() {
#ifdef __linux__
    ::sync_file_range(descriptor_.get(), static_cast<off_t>(begun_),
                      static_cast<off_t>(written_ - begun_), SYNC_FILE_RANGE_WRITE);
#endif
    begun_ = written_;
  }

  static constexpr uint64_t kBegin = uint64_t{8} << 20;

  Descriptor descriptor_;
  uint64_t written_ = 0;
  uint64_t begun_ = 0;     // bytes that BeginSettling was called for
  std::string temporary_;  // empty once it is renamed
  std::string target_;
  std::string path_;
};

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
    return std::make_shared<PosixFileSource>(real, path);
  }

 private:
  std::string folder_;  // ends with a slash
};

}  // namespace

std::shared_ptr<ByteSource> OpenFile(const std::string& path) {
  return std::make_shared<PosixFileSource>(path, path);
}

std::unique_ptr<ByteSink> CreateFile(const std::string& path) {
  struct stat status;
  const bool exists = ::stat(path.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) Fail(path, "is a folder", "Give the name of a file.");
  if (exists && !S_ISREG(status.st_mode)) {
    Descriptor descriptor = Open(path, O_WRONLY);
    if (descriptor.get() < 0) FailErrno(path, "cannot be written", errno);
    return std::make_unique<DirectSink>(std::move(descriptor), path);
  }
  // A link stays one: the file that it names is replaced.
  const std::string target = exists ? RealPath(path) : path;
  if (target.empty()) FailErrno(path, "cannot be written", errno);

  std::random_device random;
  constexpr int kTries = 16;
  for (int i = 0; i < kTries; ++i) {
    // Not made of the target's name, which may be as long as names can be.
    const std::string temporary =
        FolderOf(target) + "quantab-" + std::to_string(random()) + ".part";
    Descriptor descriptor = Open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (descriptor.get() >= 0) {
      // open() takes the umask off the mode, which the file that is replaced may have outdone.
      if (exists) ::fchmod(descriptor.get(), status.st_mode & 0777);
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
