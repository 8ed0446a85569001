#include "core/base/posix_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace quantab {
namespace {

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

template <class Body>
std::string ErrorOf(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return std::string(ErrorCodeName(error.code())) + ": " + error.message();
  }
  return "no error";
}

class PosixFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("quantab_posix_" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  void Put(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string Get(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  unsigned Mode(const std::string& name) const {
    struct stat status = {};
    EXPECT_EQ(::stat(Path(name).c_str(), &status), 0);
    return status.st_mode & 0777;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::filesystem::path folder_;
};

TEST_F(PosixFile, ReadsRanges) {
  Put("a", "0123456789");
  const auto source = OpenFile(Path("a"));
  EXPECT_EQ(source->name(), Path("a"));
  EXPECT_EQ(source->size(), 10u);
  std::string out(4, 0);
  source->Read(3, std::as_writable_bytes(std::span(out)));
  EXPECT_EQ(out, "3456");
  EXPECT_EQ(ErrorOf([&] { source->Read(8, std::as_writable_bytes(std::span(out))); }),
            "Io: '" + Path("a") +
                "' ends at byte 10, but 4 bytes from byte 8 are needed. The file may be truncated; "
                "get it again.");
}

TEST_F(PosixFile, AFileThatShrinksIsAnError) {
  Put("a", "0123456789");
  const auto source = OpenFile(Path("a"));
  std::filesystem::resize_file(folder_ / "a", 2);
  std::string out(4, 0);
  EXPECT_EQ(ErrorOf([&] { source->Read(0, std::as_writable_bytes(std::span(out))); }),
            "Io: '" + Path("a") + "' became shorter while it was read. Try again.");
}

TEST_F(PosixFile, OnlyRegularFilesAreOpened) {
  EXPECT_EQ(
      ErrorOf([&] { OpenFile(Path("none")); }),
      "Io: '" + Path("none") + "' cannot be opened: No such file or directory. Check the path.");
  EXPECT_EQ(ErrorOf([&] { OpenFile(folder_.string()); }),
            "Io: '" + folder_.string() + "' is a folder. Give a file.");
  EXPECT_EQ(ErrorOf([&] { OpenFile("/dev/null"); }),
            "Io: '/dev/null' is no regular file. Give a file.");
}

// A model may keep every weight in a file of its own, far more than a process may have open.
TEST_F(PosixFile, ManyFilesAreReadInTurn) {
  constexpr int kFiles = 300;
  const auto name = [](int i) { return "w" + std::to_string(i); };
  for (int i = 0; i < kFiles; ++i) Put(name(i), std::to_string(1000 + i));
#ifndef __EMSCRIPTEN__
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 40;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
#endif
  const std::string error = ErrorOf([&] {
    std::vector<std::shared_ptr<ByteSource>> sources;
    for (int i = 0; i < kFiles; ++i) sources.push_back(OpenFile(Path(name(i))));
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < kFiles; ++i) {
        std::string out(4, 0);
        sources[static_cast<size_t>(i)]->Read(0, std::as_writable_bytes(std::span(out)));
        EXPECT_EQ(out, std::to_string(1000 + i));
      }
    }
  });
#ifndef __EMSCRIPTEN__
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
#endif
  EXPECT_EQ(error, "no error");
}

TEST_F(PosixFile, AFileThatIsReplacedWhileItIsClosedIsAnError) {
  Put("a", "0123456789");
  const auto source = OpenFile(Path("a"));
  std::vector<std::shared_ptr<ByteSource>> others;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "w" + std::to_string(i);
    Put(name, "x");
    others.push_back(OpenFile(Path(name)));
  }
  Put("b", "9876543210");
  std::filesystem::rename(folder_ / "b", folder_ / "a");
  std::string out(4, 0);
  EXPECT_EQ(ErrorOf([&] { source->Read(0, std::as_writable_bytes(std::span(out))); }),
            "Io: '" + Path("a") + "' was changed after it was opened. Open it again.");
}

#ifndef __EMSCRIPTEN__
TEST_F(PosixFile, TooManyOpenFilesAreTold) {
  Put("a", "0123456789");
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const std::string error = ErrorOf([&] { OpenFile(Path("a")); });
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(error, "Io: '" + Path("a") +
                       "' cannot be opened: Too many open files. Close other programs, or allow "
                       "more open files ('ulimit -n').");
}
#endif

TEST_F(PosixFile, AppearsWhenFinished) {
  {
    const auto sink = CreateFile(Path("out"));
    sink->Write(Bytes("hello "));
    sink->Write(Bytes("world"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
    sink->Finish();
    EXPECT_EQ(Get("out"), "hello world");
  }
  EXPECT_THAT(Names(), testing::ElementsAre("out"));
}

TEST_F(PosixFile, LeavesNothingWhenUnfinished) {
  Put("out", "old");
  {
    const auto sink = CreateFile(Path("out"));
    sink->Write(Bytes("new"));
  }
  EXPECT_EQ(Get("out"), "old");
  EXPECT_THAT(Names(), testing::ElementsAre("out"));
}

TEST_F(PosixFile, ReplacesAFileAndKeepsItsMode) {
  Put("out", "old");
  ::chmod(Path("out").c_str(), 0640);
  const auto sink = CreateFile(Path("out"));
  sink->Write(Bytes("new"));
  sink->Finish();
  EXPECT_EQ(Get("out"), "new");
  EXPECT_EQ(Mode("out"), 0640u);
}

#ifndef __EMSCRIPTEN__
// The umask restricts new files only.
TEST_F(PosixFile, ReplacesAFileThatEverybodyMayWrite) {
  Put("out", "old");
  ::chmod(Path("out").c_str(), 0666);
  const mode_t before = ::umask(022);
  CreateFile(Path("out"))->Finish();
  CreateFile(Path("new"))->Finish();
  ::umask(before);
  EXPECT_EQ(Mode("out"), 0666u);
  EXPECT_EQ(Mode("new"), 0644u);
}
#endif

TEST_F(PosixFile, NamesMayBeAsLongAsTheSystemAllows) {
  const std::string name(255, 'n');
  const auto sink = CreateFile(Path(name));
  sink->Write(Bytes("x"));
  sink->Finish();
  EXPECT_THAT(Names(), testing::ElementsAre(name));
}

TEST_F(PosixFile, SettledFilesAreCompleteButNotInPlace) {
  Put("out", "old");
  {
    const auto sink = CreateFile(Path("out"));
    sink->Write(Bytes("new"));
    sink->Settle();
    EXPECT_EQ(Get("out"), "old");
  }
  EXPECT_THAT(Names(), testing::ElementsAre("out"));
  const auto sink = CreateFile(Path("out"));
  sink->Write(Bytes("new"));
  sink->Settle();
  sink->Finish();
  EXPECT_EQ(Get("out"), "new");
  EXPECT_THAT(Names(), testing::ElementsAre("out"));
}

TEST_F(PosixFile, WritesThroughALink) {
  Put("real", "old");
  std::filesystem::create_symlink("real", folder_ / "link");
  const auto sink = CreateFile(Path("link"));
  sink->Write(Bytes("new"));
  sink->Finish();
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link"));
  EXPECT_EQ(Get("real"), "new");
}

TEST_F(PosixFile, DevicesAreWrittenDirectly) {
  const auto sink = CreateFile("/dev/null");
  sink->Write(Bytes("x"));
  sink->Finish();
  EXPECT_FALSE(std::filesystem::is_regular_file("/dev/null"));
}

#ifndef __EMSCRIPTEN__
TEST_F(PosixFile, AFullDiskIsTold) {
  const auto sink = CreateFile("/dev/full");
  EXPECT_EQ(
      ErrorOf([&] { sink->Write(Bytes("x")); }),
      "Io: '/dev/full' cannot be written: No space left on device. Free some space, or choose "
      "another folder.");
}
#endif

TEST_F(PosixFile, WrongTargetsAreTold) {
  EXPECT_EQ(
      ErrorOf([&] { CreateFile(Path("no/out")); }),
      "Io: '" + Path("no/out") + "' cannot be written: No such file or directory. Check the path.");
  EXPECT_EQ(ErrorOf([&] { CreateFile(folder_.string()); }),
            "Io: '" + folder_.string() + "' is a folder. Give the name of a file.");
}

TEST_F(PosixFile, FilesBesideAModel) {
  std::filesystem::create_directories(folder_ / "model");
  Put("model/a", "A");
  Put("outside", "O");
  std::filesystem::create_symlink("../outside", folder_ / "model/link");
  const auto files = FilesBeside(Path("model/m.onnx"));
  EXPECT_EQ(files->Open("a")->size(), 1u);
  EXPECT_EQ(files->Open("b"), nullptr);
  EXPECT_EQ(files->Open("a/b"), nullptr);
  EXPECT_EQ(ErrorOf([&] { files->Open("link"); }),
            "Io: '" + Path("model/link") +
                "' lies outside the model's folder. Put the file itself, rather than a link to it, "
                "beside the model.");
}

#ifndef __EMSCRIPTEN__
TEST_F(PosixFile, APipeIsRefusedWithoutWaiting) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(ErrorOf([&] { OpenFile(Path("pipe")); }),
            "Io: '" + Path("pipe") + "' is no regular file. Give a file.");
}
#endif

}  // namespace
}  // namespace quantab
