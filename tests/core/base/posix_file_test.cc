#include "core/base/posix_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

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
  struct stat status;
  ASSERT_EQ(::stat(Path("out").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
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
