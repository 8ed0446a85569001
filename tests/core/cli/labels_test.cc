#include "core/cli/labels.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

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

  std::vector<int64_t> Read(const std::string& text, const std::vector<std::string>& samples) {
    WriteTextFile(path_, text);
    return ReadLabels(path_, samples);
  }
  std::string MessageOf(const std::string& text, const std::vector<std::string>& samples) {
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

const std::vector<std::string> kTwo = {"in/a.npy", "in/b/c 1.npy"};

TEST_F(Labels, AreInTheOrderOfTheSamples) {
  EXPECT_EQ(Read("3\n0\n", kTwo), (std::vector<int64_t>{3, 0}));
  EXPECT_EQ(Read("\xEF\xBB\xBF"
                 "3\r\n\r\n 281 ",
                 kTwo),
            (std::vector<int64_t>{3, 281}));
}

TEST_F(Labels, AreFoundByName) {
  for (const std::string text :
       {"c 1.npy,7\na.npy,5", "b/c 1\t7\r\n\r\na\t5\r\n", "\"c 1.png\"; 7\n./in/a.npy;5",
        "of/others.npy 9\nelsewhere/in/b/c 1.npy 7\nin\\a.npy 5\na 5\n"}) {
    EXPECT_EQ(Read(text, kTwo), (std::vector<int64_t>{5, 7})) << text;
  }
}

TEST_F(Labels, OfAnotherNumberAreAnError) {
  EXPECT_EQ(MessageOf("3\n0\n1\n", kTwo),
            "has 3 labels, but there are 2 samples. Give one label for each sample.");
  EXPECT_EQ(MessageOf("a 1\nd 1\n", kTwo),
            "has no label for 1 of 2 samples, such as 'in/b/c 1.npy'. It names 'd' at line 2, and "
            "no sample is called so. Give one label for each sample.");
}

TEST_F(Labels, ThatDoNotSayOfWhatTheyAreAreAnError) {
  EXPECT_EQ(MessageOf("a 1\n2\n", kTwo), "names no sample at line 2, but others are named.");
  EXPECT_EQ(MessageOf("a 1\n\na 2\n", kTwo),
            "has the classes 1 and 2 for 'in/a.npy', the latter at line 3. Leave one of them out.");
  EXPECT_EQ(MessageOf("x 1\n", {"a/x.npy", "b/x.npy"}),
            "has the name 'x' at line 1, which may be 'a/x.npy' or 'b/x.npy'. Write their folders "
            "too.");
}

TEST_F(Labels, ThatAreNoIndicesAreAnError) {
  for (const std::string line : {"cat", "-1", "1.5", "cat\t", ",1", "99999999999999999999"}) {
    EXPECT_EQ(MessageOf("0\n" + line + "\n", kTwo),
              "line 2 is neither the index of a class nor a name, a comma or a tab, and the index. "
              "Correct the line.");
  }
}

}  // namespace
}  // namespace quantab
