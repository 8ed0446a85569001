#include "core/api/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/core/onnx/model_testing.h"

namespace quantab {
namespace {

using testing::ElementsAre;

const WriteOptions kBeside{.use_external_data_format = true, .location = ""};

class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::temp_directory_path() / ("quantab_files_" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
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

TEST_F(Files, WriteAndReadBothFiles) {
  const Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  const uint64_t bytes = WriteModelFile(model, Path("m.onnx"), kBeside);
  EXPECT_THAT(Names(), ElementsAre("m.onnx", "m.onnx.data"));
  EXPECT_EQ(bytes, std::filesystem::file_size(folder_ / "m.onnx") +
                       std::filesystem::file_size(folder_ / "m.onnx.data"));
  const Model again = OpenModelFile(Path("m.onnx"));
  EXPECT_EQ(TextOf(LoadBlob(*again.weights.at(0).bytes)), Pattern(2048));
  EXPECT_EQ(FileBytes(again), bytes);
}

// A model may be written over the files that it is read from.
TEST_F(Files, AModelReplacesItself) {
  WriteModelFile(ReadModel(SourceOf(MatMulModel().SerializeAsString())), Path("m.onnx"), kBeside);
  const Model model = OpenModelFile(Path("m.onnx"));
  WriteModelFile(model, Path("m.onnx"), kBeside);
  EXPECT_THAT(Names(), ElementsAre("m.onnx", "m.onnx.data"));
  EXPECT_EQ(TextOf(LoadBlob(*OpenModelFile(Path("m.onnx")).weights.at(0).bytes)), Pattern(2048));
}

TEST_F(Files, NothingNewStaysWhenCancelledAtTheEnd) {
  struct Stopper : Monitor {
    void OnProgress(std::string_view, uint64_t done, uint64_t total) override {
      stop = done == total;
    }
    bool Cancelled() override { return stop; }
    bool stop = false;
  } stopper;
  const Model model = ReadModel(SourceOf(MatMulModel().SerializeAsString()));
  EXPECT_EQ(ErrorOf([&] { WriteModelFile(model, Path("m.onnx"), kBeside, &stopper); }),
            "Cancelled: Cancelled. Nothing was written.");
  EXPECT_THAT(Names(), ElementsAre());
}

}  // namespace
}  // namespace quantab
