#include "core/cli/samples.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/cli/natural_order.h"
#include "tests/core/cli/fixtures.h"

namespace quantab {
namespace {

namespace fs = std::filesystem;

// The files of cli_files.json in a folder: x is [1,2,3], y is [10,20,30].
class Samples : public testing::Test {
 protected:
  void SetUp() override {
    const nlohmann::ordered_json files = Fixture("cli_files");
    for (const auto& [name, content] : files.items()) {
      const fs::path path = fs::path(folder_) / name;
      fs::create_directories(path.parent_path());
      const std::vector<std::byte> bytes = FromBase64(content);
      std::ofstream(path, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    }
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::vector<InputInfo> Inputs(const std::vector<std::string>& names) {
    std::vector<InputInfo> inputs;
    for (const std::string& name : names) {
      inputs.emplace_back();
      inputs.back().name = name;
    }
    return inputs;
  }

  // The first element of every tensor of every sample.
  std::vector<std::map<std::string, float>> Read(const std::string& name,
                                                 const std::vector<std::string>& inputs) {
    const SampleFolder samples(folder_ + "/" + name, Inputs(inputs));
    std::vector<std::map<std::string, float>> out(samples.size());
    for (size_t i = 0; i < samples.size(); ++i) {
      for (const auto& [key, tensor] : samples.Read(i)) out[i][key] = tensor.data<float>()[0];
    }
    return out;
  }

  // The message, with "DIR" for the folder's path.
  std::string MessageOf(const std::string& name, const std::vector<std::string>& inputs) {
    try {
      Read(name, inputs);
    } catch (const Error& e) {
      std::string message = e.message();
      for (size_t at; (at = message.find(folder_)) != std::string::npos;) {
        message.replace(at, folder_.size(), "DIR");
      }
      return message;
    }
    return "no error";
  }

  const std::string folder_ = testing::TempDir() + "quantab_samples";
};

using Values = std::vector<std::map<std::string, float>>;

TEST_F(Samples, OfEveryLayoutAreRead) {
  EXPECT_EQ(Read("npz", {"x", "y"}), (Values{{{"x", 10}, {"y", 1}}, {{"x", 1}, {"y", 10}}}));
  EXPECT_EQ(Read("npy", {"x"}), (Values{{{"x", 10}}, {{"x", 1}}}));
  EXPECT_EQ(Read("pb", {"x"}), (Values{{{"x", 1}}, {{"x", 10}}}));
  EXPECT_EQ(Read("inputs", {"x", "y"}), (Values{{{"x", 1}, {"y", 10}}}));
  EXPECT_EQ(Read("sets", {"x", "y"}), (Values{{{"x", 1}, {"y", 10}}, {{"x", 1}, {"y", 10}}}));
}

TEST_F(Samples, AreNamedAfterTheirFileOrFolder) {
  const auto names = [&](const std::string& folder) {
    return SampleFolder(folder_ + "/" + folder, Inputs({"x", "y"})).Names();
  };
  EXPECT_EQ(names("npy"),
            (std::vector<std::string>{folder_ + "/npy/S2.NPY", folder_ + "/npy/s1.npy"}));
  EXPECT_EQ(names("inputs"), std::vector<std::string>{folder_ + "/inputs"});
  EXPECT_EQ(names("sets"), (std::vector<std::string>{folder_ + "/sets/test_data_set_0",
                                                     folder_ + "/sets/test_data_set_10"}));
}

TEST_F(Samples, ATensorsNameCountsBeforeItsFilesNumber) {
  EXPECT_EQ(Read("named", {"x", "y"}), (Values{{{"x", 1}, {"y", 10}}}));
}

TEST_F(Samples, LinksAreFollowed) {
  fs::create_directory(folder_ + "/linked");
  fs::create_symlink("../sets/test_data_set_0", folder_ + "/linked/test_data_set_5");
  EXPECT_EQ(Read("linked", {"x", "y"}).size(), 1u);
}

TEST_F(Samples, WhatIsAmbiguousIsRefused) {
  EXPECT_EQ(MessageOf("twice", {"x", "y"}),
            "'DIR/twice/input_0.pb' and 'DIR/twice/input_00.pb' are both for input 'x'. Leave one "
            "of them out.");
  EXPECT_EQ(MessageOf("claimed", {"x", "y"}),
            "'DIR/claimed/input_0.pb' and 'DIR/claimed/input_1.pb' are both for input 'y'. Leave "
            "one of them out.");
  EXPECT_EQ(MessageOf("beyond", {"x", "y"}),
            "'DIR/beyond/input_7.pb' is for input number 7, counted from 0, but the model has 2 "
            "inputs: 'x', 'y'. Leave it out, or name its tensor after an input.");
  EXPECT_EQ(MessageOf("nameless", {"x", "y"}),
            "'DIR/nameless/a.pb' holds a tensor without the name of an input, but the model has 2 "
            "inputs: 'x', 'y'. Use .npz files with these names.");
  EXPECT_EQ(MessageOf("npy", {}),
            "'DIR/npy/S2.NPY' holds a tensor without the name of an input, but the model has no "
            "inputs. Use .npz files with these names.");
  constexpr const char* kNext =
      " Give one .npz per sample, one .npy or .pb per sample (models with one input), or "
      "test_data_set_*/input_N.pb.";
  EXPECT_EQ(
      MessageOf("mixed", {"x"}),
      std::string("'DIR/mixed' holds several kinds of samples, such as 'b.npz' and 'a.npy'.") +
          kNext);
  EXPECT_EQ(MessageOf("mixed_pb", {"x"}),
            std::string("'DIR/mixed_pb' holds several kinds of samples, such as 'a.pb' and "
                        "'input_0.pb'.") +
                kNext);
  EXPECT_EQ(MessageOf("empty", {"x"}), std::string("'DIR/empty' holds no samples.") + kNext);
  EXPECT_EQ(MessageOf("none", {"x"}),
            "'DIR/none' cannot be read: No such file or directory. Check the path.");
}

TEST_F(Samples, WhatOnlyThePackageReadsIsNamed) {
  fs::create_directory(folder_ + "/pictures");
  std::ofstream(folder_ + "/pictures/a.JPG") << "not read";
  EXPECT_EQ(MessageOf("pictures", {"x"}),
            "'DIR/pictures' holds no arrays, but such files as 'a.JPG'. The native program reads "
            "arrays only (.npz, .npy, .pb); 'npx quantab' reads pictures, sounds, texts and tables "
            "as well.");
}

TEST(SamplesOrder, IsThatOfBothPrograms) {
  const std::vector<std::string> names = Fixture("order");
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t j = 0; j < names.size(); ++j) {
      EXPECT_EQ(NaturalLess(names[i], names[j]), i < j) << names[i] << " " << names[j];
    }
  }
}

}  // namespace
}  // namespace quantab
