#include "core/cli/labels.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/error.h"
#include "core/cli/text_file.h"

namespace quantab {
namespace {

class Labels : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = (std::filesystem::path(::testing::TempDir()) / "labels.tsv").string();
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::vector<int64_t> Read(const std::string& text, size_t samples) {
    WriteTextFile(path_, text);
    return ReadLabels(path_, samples);
  }
  std::string MessageOf(const std::string& text, size_t samples) {
    try {
      Read(text, samples);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_EQ(error.place().file, path_);
      return error.message().substr(path_.size() + 3);
    }
    return "no error";
  }

  std::string path_;
};

TEST_F(Labels, AreIndicesWithOrWithoutNames) {
  EXPECT_EQ(Read("3\n0\n", 2), (std::vector<int64_t>{3, 0}));
  EXPECT_EQ(Read("cat 1.jpg\t281\r\n\r\na\tb\t7", 2), (std::vector<int64_t>{281, 7}));
}

TEST_F(Labels, OfAnotherNumberAreAnError) {
  EXPECT_EQ(MessageOf("3\n0\n", 3),
            "has 2 labels, but there are 3 samples. Give one label for each sample.");
}

TEST_F(Labels, ThatAreNoIndicesAreAnError) {
  for (const std::string line : {"cat", "-1", "1.5", "1 ", "cat\t", "99999999999999999999"}) {
    EXPECT_EQ(MessageOf("0\n" + line + "\n", 2),
              "line 2 is neither the index of a class nor a name, a tab and the index.");
  }
}

}  // namespace
}  // namespace quantab
