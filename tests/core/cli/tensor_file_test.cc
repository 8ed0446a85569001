#include "core/cli/tensor_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/cli/pb.h"
#include "tests/core/cli/fixtures.h"

namespace quantab {
namespace {

TEST(TensorProtos, AreReadAsOnnxWroteThem) {
  const nlohmann::ordered_json cases = Fixture("pb");
  for (const auto& [name, expected] : cases.items()) {
    SCOPED_TRACE(name);
    const auto [key, tensor] = ReadTensorProto(FromBase64(expected["file"]));
    EXPECT_EQ(key, expected["name"].get<std::string>());
    ExpectTensor(tensor, expected);
  }
}

TEST(TensorFiles, RefusalsAreSaidWithTheFilesName) {
  const std::string folder = testing::TempDir() + "quantab_tensor_files";
  std::filesystem::create_directory(folder);
  const nlohmann::ordered_json refused = Fixture("refused");
  for (const auto& [extension, cases] : refused.items()) {
    const std::string path = folder + "/refused" + extension;
    for (const auto& [name, expected] : cases.items()) {
      const std::vector<std::byte> bytes = FromBase64(expected["file"]);
      std::ofstream(path, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
      try {
        ReadTensors(path);
        ADD_FAILURE() << extension << ": " << name << " was read";
      } catch (const Error& e) {
        EXPECT_EQ(e.message(), "'" + path + "': " + expected["message"].get<std::string>()) << name;
        EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument) << name;
        EXPECT_EQ(e.place().file, path) << name;
      }
    }
  }
  std::filesystem::remove_all(folder);
}

TEST(TensorFiles, GoByTheirExtensionInAnyCase) {
  EXPECT_EQ(FormatOf("a/X.NPZ"), TensorFormat::kNpz);
  EXPECT_EQ(FormatOf("x.npy"), TensorFormat::kNpy);
  EXPECT_EQ(FormatOf("input_0.Pb"), TensorFormat::kPb);
  EXPECT_EQ(FormatOf("x.npy.txt"), TensorFormat::kNone);
  EXPECT_EQ(FormatOf("npz"), TensorFormat::kNone);
}

}  // namespace
}  // namespace quantab
