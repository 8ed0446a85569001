#include "core/cli/npz.h"

#include <gtest/gtest.h>

#include "tests/core/cli/fixtures.h"

namespace quantab {
namespace {

TEST(Npz, ReadsWhatNumpyAndZipfileWrote) {
  const nlohmann::ordered_json cases = Fixture("npz");
  for (const auto& [name, expected] : cases.items()) {
    SCOPED_TRACE(name);
    const TensorMap tensors = ReadNpz(FromBase64(expected["file"]));
    EXPECT_EQ(tensors.size(), expected["tensors"].size());
    for (const auto& [key, tensor] : expected["tensors"].items()) {
      ASSERT_TRUE(tensors.contains(key)) << key;
      ExpectTensor(tensors.at(key), tensor);
    }
  }
}

TEST(Npz, EveryTruncationIsRefused) {
  const nlohmann::ordered_json cases = Fixture("npz");
  for (const auto& [name, expected] : cases.items()) {
    const std::vector<std::byte> whole = FromBase64(expected["file"]);
    // A cut within the comment leaves all that is needed.
    if (name == "with a comment") continue;
    for (size_t size = 0; size < whole.size(); size += 7) {
      EXPECT_THROW(ReadNpz({whole.data(), size}), Error) << name << " " << size;
    }
  }
}

}  // namespace
}  // namespace quantab
